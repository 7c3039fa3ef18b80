import { expect } from 'chai';
import type { RetentionPolicy } from '../../src/policy/retention-policy.js';
import { mayTakeMore } from '../../src/publication/takes-more.js';
import { draft, nativeMap, type Draft } from '../policy/draft.js';
import { others, policyOf } from './one-policy.js';

const native = await nativeMap();
const nativePolicy = (changes: Draft = {}): RetentionPolicy => policyOf(native, draft(changes));

const keep = (changes: Draft = {}): Draft => ({
  keep: { for: 'P3Y', from: 'closedAt', timeZone: 'Europe/Berlin', ...changes },
});
const status = (...value: readonly string[]): Draft => ({
  when: { fact: 'status', operator: 'in', value },
});
const floor = (changes: Draft = {}): Draft => ({
  then: { action: 'keep' },
  ground: 'statute',
  cite: 'HGB 257',
  ...changes,
});
const approval = (changes: Draft = {}): Draft => ({
  approval: {
    approvers: 2,
    assurance: 'asserted',
    role: 'data-protection-officer',
    validFor: 'P10D',
    ...changes,
  },
});
const schedule = (changes: Draft = {}): Draft => ({
  schedule: { cron: '0 3 * * *', timeZone: 'UTC', ...changes },
});

/** What changes, before, after; and, in the second list, the beginning of what must be said of it. */
const KEEPS: readonly (readonly [string, Draft, Draft])[] = [
  ['nothing', {}, {}],
  ['title, reason and citation', {}, { title: 'Another', reason: 'Another', cite: 'BGB 195' }],
  ['a longer period', keep(), keep({ for: 'P4Y' })],
  ['the same period in other units', keep(), keep({ for: 'P36M' })],
  ['the period starts at the end of the year', keep(), keep({ periodStarts: 'endOfYear' })],
  ['a shorter list', status('resolved', 'closed'), status('closed')],
  ['a condition at all', { when: undefined }, status('closed')],
  [
    'one condition more',
    status('closed'),
    { when: { all: [status('closed')['when'], { fact: 'priority', operator: 'present' }] } },
  ],
  [
    'an older age',
    { when: { fact: 'createdAt', operator: 'olderThan', value: 'P2Y' } },
    { when: { fact: 'createdAt', operator: 'olderThan', value: 'P3Y' } },
  ],
  ['closer oversight', approval({ approvers: 1 }), approval({ validFor: 'P5D' })],
  ['a schedule, whose plans are approved', {}, schedule()],
  [
    'a smaller run without approval',
    schedule({ withoutApproval: { upTo: 9 } }),
    schedule({ withoutApproval: { upTo: 8 } }),
  ],
  ['a longer duty to keep', floor(keep({ for: 'P6Y' })), floor(keep({ for: 'P8Y' }))],
  ['a duty to keep for more records', floor(status('closed')), floor(status('closed', 'resolved'))],
  [
    'a duty to keep for more categories',
    floor({ then: { action: 'keep', covers: ['user.content.private'] } }),
    floor({ then: { action: 'keep', covers: ['user.content'] } }),
  ],
  ['a rule becomes a duty to keep', {}, floor()],
];

const MORE: readonly (readonly [string, Draft, Draft, string])[] = [
  ['a shorter period', keep(), keep({ for: 'P2Y' }), 'keep.for: P3Y → P2Y takes records 1 year earlier'],
  [
    'a period that is sometimes shorter',
    keep({ for: 'P1Y' }),
    keep({ for: 'P365D' }),
    'keep.for: P1Y → P365D',
  ],
  ['another start', keep(), keep({ from: 'createdAt' }), 'keep.from: closedAt → createdAt'],
  ['another time zone', keep(), keep({ timeZone: 'UTC' }), 'keep.timeZone: Europe/Berlin → UTC'],
  [
    'no waiting for the end of the year',
    keep({ periodStarts: 'endOfYear' }),
    keep(),
    'keep.periodStarts: endOfYear → event',
  ],
  ['a longer list', status('closed'), status('closed', 'resolved'), 'when: it may match'],
  ['no condition', status('closed'), { when: undefined }, 'when: it may match'],
  [
    'another record',
    {},
    { record: 'message', when: undefined, keep: { for: 'P3Y', from: 'sentAt', timeZone: 'UTC' } },
    'it becomes a disposal rule for message',
  ],
  ['a duty to keep becomes a rule', floor(), {}, 'the duty to keep ticket records ends'],
  [
    'a shorter duty to keep',
    floor(keep({ for: 'P8Y' })),
    floor(keep({ for: 'P6Y' })),
    'keep.for: P8Y → P6Y ends the duty to keep 2 years earlier',
  ],
  [
    'a duty to keep for fewer records',
    floor(status('closed', 'resolved')),
    floor(status('closed')),
    'when: it may no longer match',
  ],
  [
    'a duty to keep for parts alone',
    floor(),
    floor({ then: { action: 'keep', covers: ['user.content'] } }),
    'then.covers: only',
  ],
  [
    'a duty to keep for fewer categories',
    floor({ then: { action: 'keep', covers: ['user.content'] } }),
    floor({ then: { action: 'keep', covers: ['user.content.private'] } }),
    'then.covers: user.content no longer',
  ],
  ['fewer approvers', approval(), approval({ approvers: 1 }), 'approval.approvers: 2 → 1'],
  ['no role', approval(), approval({ role: undefined }), 'approval.role'],
  [
    'approvals that last longer',
    approval(),
    approval({ validFor: 'P20D' }),
    'approval.validFor: P10D → P20D',
  ],
  [
    'runs without approval',
    schedule(),
    schedule({ withoutApproval: { upTo: 9 } }),
    'schedule.withoutApproval.upTo: none → 9',
  ],
];

describe('whether a new version may take more', () => {
  for (const [what, before, after] of KEEPS)
    it(`not with ${what}`, () => {
      const step = { before: nativePolicy(before), after: nativePolicy(after) };
      expect(mayTakeMore(step, [])).to.deep.equal([]);
    });

  for (const [what, before, after, reason] of MORE)
    it(`with ${what}: ${reason}`, () => {
      const reasons = mayTakeMore({ before: nativePolicy(before), after: nativePolicy(after) }, []);
      expect(reasons.join('\n')).to.include(reason);
    });

  it('with the first version of a disposal rule, and not with that of a duty to keep', () => {
    expect(mayTakeMore({ before: null, after: nativePolicy() }, [])).to.have.length(1);
    expect(mayTakeMore({ before: null, after: nativePolicy(floor()) }, [])).to.deep.equal([]);
  });

  it('with the removal of a duty to keep, and not with that of a disposal rule', () => {
    expect(mayTakeMore({ before: nativePolicy(floor()), after: null }, [])).to.deep.equal([
      'the duty to keep ends',
    ]);
    expect(mayTakeMore({ before: nativePolicy(), after: null }, [])).to.deep.equal([]);
  });

  it('when a rule that stops another one, because both match, lets go of it', () => {
    const before = nativePolicy(status('closed', 'resolved'));
    const after = nativePolicy(status('closed'));
    const rival = nativePolicy({ id: 'rival', ...status('resolved') });
    expect(mayTakeMore({ before, after }, others(rival)).join()).to.include('"rival" may take records');
    expect(mayTakeMore({ before, after: null }, others(rival))).to.have.length(1);
    expect(
      mayTakeMore(
        { before, after: nativePolicy({ ...status('closed', 'resolved'), title: 'x' }) },
        others(rival),
      ),
    ).to.deep.equal([]);
    const apart = nativePolicy({ id: 'rival', ...status('open') });
    expect(mayTakeMore({ before, after: null }, others(apart))).to.deep.equal([]);
    const overriding = nativePolicy({ id: 'rival', overrides: ['resolved'], ...status('resolved') });
    expect(mayTakeMore({ before, after: null }, others(overriding))).to.deep.equal([]);
    const unreadable = [{ id: 'rival', policy: null, isInForce: true }];
    expect(mayTakeMore({ before, after: null }, unreadable)).to.have.length(1);
  });

  it('when a rule overrides one that is in force, and not one that is still to come', () => {
    const step = { before: nativePolicy(), after: nativePolicy({ overrides: ['rival'] }) };
    const rival = nativePolicy({ id: 'rival' });
    expect(mayTakeMore(step, others(rival)).join()).to.include('overrides: it takes what "rival" matches');
    expect(mayTakeMore(step, [{ id: 'rival', policy: rival, isInForce: false }])).to.deep.equal([]);
  });

  it('says no constant of a condition: it may name a person', () => {
    const step = { before: nativePolicy(status('closed')), after: nativePolicy(status('ada@example.org')) };
    expect(mayTakeMore(step, []).join()).not.to.include('ada');
  });
});
