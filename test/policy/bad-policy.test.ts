import { expect } from 'chai';
import { draft, findings, type Draft } from './draft.js';

const keeping = (changes: Draft): Draft =>
  draft({ keep: { for: 'P3Y', from: 'closedAt', timeZone: 'Europe/Berlin', ...changes } });
const floor = (changes: Draft = {}): Draft =>
  draft({ id: 'floor', then: { action: 'keep' }, ground: 'statute', cite: 'HGB 257', ...changes });

/** What is wrong → policy → findings, without the file's name. */
const CASES: readonly (readonly [string, Draft, readonly string[]])[] = [
  ['nothing', draft(), []],
  ['no kind', draft({ kind: undefined }), ['kind: is missing']],
  [
    'an unknown kind',
    draft({ kind: 'retenton' }),
    ['kind: unknown kind of policy "retenton" (did you mean "retention"?)'],
  ],
  [
    'an unknown kind that is near another one',
    draft({ kind: 'acess' }),
    ['kind: unknown kind of policy "acess" (did you mean "access"?)'],
  ],
  [
    'an unknown kind that is near none',
    draft({ kind: 'nonsense' }),
    [
      'kind: unknown kind of policy "nonsense" (known: retention, organisation, activity, access, consent, intake)',
    ],
  ],
  [
    'a kind that is no text',
    draft({ kind: {} }),
    ['kind: must be one of retention, organisation, activity, access, consent, intake'],
  ],
  ['a misspelt key', draft({ overides: [] }), ['unknown key "overides" (did you mean "overrides"?)']],
  [
    'a misspelt key further in',
    keeping({ periodStart: 'event' }),
    ['keep: unknown key "periodStart" (did you mean "periodStarts"?)'],
  ],
  [
    'a misspelt key of an action',
    draft({ then: { action: 'delete', profil: 'x' } }),
    ['then: unknown key "profil" (did you mean "profile"?)'],
  ],
  [
    'a key nobody knows',
    draft({ then: { action: 'delete', hard: true } }),
    ['then: unknown key "hard" (known: action, profile, covers)'],
  ],
  ['a missing reason', draft({ reason: undefined }), ['reason: is missing']],
  ['an empty reason', draft({ reason: '  ' }), ['reason: must not be empty']],
  ['a title that is no text', draft({ title: 7 }), ['title: must be text']],
  [
    'an id with blanks',
    draft({ id: 'Resolved tickets' }),
    ['id: must be lower-case letters, digits and "-", at most 63'],
  ],
  ['no action', draft({ then: {} }), ['then.action: is missing (one of delete, anonymise, keep)']],
  [
    'an unknown action',
    draft({ then: { action: 'remove' } }),
    ['then.action: must be one of delete, anonymise, keep'],
  ],
  [
    'a misspelt action',
    draft({ then: { action: 'delet' } }),
    ['then.action: must be one of delete, anonymise, keep (did you mean "delete"?)'],
  ],
  ['an action that is no object', draft({ then: 'delete' }), ['then: must be an object: {…}']],
  [
    'a wrong start of the period',
    keeping({ periodStarts: 'yearEnd' }),
    ['keep.periodStarts: must be one of event, endOfYear'],
  ],
  ['no period', keeping({ for: undefined }), ['keep.for: is missing']],
  ['no "keep" at all', draft({ keep: undefined }), ['keep: is missing']],
  [
    'a record the map lacks',
    draft({ record: 'tickets' }),
    ['record: the data map "native" has no record "tickets" (did you mean "ticket"?)'],
  ],
  ['a record that is no text', draft({ record: ['ticket'] }), ['record: must be text']],
  [
    'a start event the record lacks',
    keeping({ from: 'closed_at' }),
    ['keep.from: unknown fact "closed_at" for record "ticket" (did you mean "closedAt"?)'],
  ],
  [
    'a start event that is no time',
    keeping({ from: 'status' }),
    ['keep.from: fact "status" is no instant (instants: createdAt, updatedAt, closedAt, reopenedAt)'],
  ],
  [
    'an unknown zone',
    keeping({ timeZone: 'Europe/Berln' }),
    ['keep.timeZone: unknown time zone "Europe/Berln"; use an IANA name such as "Europe/Berlin" or "UTC"'],
  ],
  [
    'an offset for a zone',
    keeping({ timeZone: '+01:00' }),
    ['keep.timeZone: unknown time zone "+01:00"; use an IANA name such as "Europe/Berlin" or "UTC"'],
  ],
  [
    'a cron expression with a wrong hour',
    draft({ schedule: { cron: '0 25 * * *', timeZone: 'UTC' } }),
    [
      'schedule.cron: "0 25 * * *": 25 is no valid hour; the fields are minute, hour, day of the month, month, weekday, as in "0 3 * * *"',
    ],
  ],
  [
    'a cron expression with seconds',
    draft({ schedule: { cron: '0 0 3 * * *', timeZone: 'UTC' } }),
    [
      'schedule.cron: "0 0 3 * * *": write five fields: minute, hour, day of the month, month, weekday, as in "0 3 * * *"; these are 6',
    ],
  ],
  [
    'a schedule of a duty to keep',
    floor({ schedule: { cron: '0 3 * * *', timeZone: 'UTC' } }),
    ['schedule: a duty to keep takes no records; it has no schedule'],
  ],
  [
    'an unknown zone of the schedule',
    draft({ schedule: { cron: '0 3 * * *', timeZone: 'Berlin' } }),
    ['schedule.timeZone: unknown time zone "Berlin"; use an IANA name such as "Europe/Berlin" or "UTC"'],
  ],
  [
    'a negative allowance',
    draft({ schedule: { cron: '0 3 * * *', timeZone: 'UTC', withoutApproval: { upTo: -1 } } }),
    ['schedule.withoutApproval.upTo: must be at least 0'],
  ],
  [
    'no approver',
    draft({ approval: { approvers: 0, assurance: 'asserted' } }),
    ['approval.approvers: must be at least 1'],
  ],
  [
    'half an approver',
    draft({ approval: { approvers: 1.5, assurance: 'asserted' } }),
    ['approval.approvers: must be a whole number'],
  ],
  [
    'an approver of a role that there is not',
    draft({ approval: { approvers: 1, assurance: 'asserted', role: 'boss' } }),
    ['approval.role: must be one of policy-owner, data-protection-officer, operator'],
  ],
  [
    'an approval that is good for hours',
    draft({ approval: { approvers: 1, assurance: 'asserted', validFor: 'PT12H' } }),
    [
      'approval.validFor: "PT12H": a retention period counts calendar units (years, months, weeks, days); write days, not hours',
    ],
  ],
  [
    'an approver who must have logged in',
    draft({ approval: { approvers: 1, assurance: 'authenticated' } }),
    [
      'approval.assurance: "authenticated" needs the HTTP service, which this version of Lethe does not have yet; use "asserted"',
    ],
  ],
  [
    'anonymising',
    draft({ then: { action: 'anonymise', profile: 'tickets' } }),
    [
      'then.action: "anonymise" is not available in this version of Lethe; use "delete", or wait with this policy',
    ],
  ],
  [
    'a duty to keep without a statute',
    floor({ ground: 'claims' }),
    ['ground: a duty to keep needs "ground": "statute"'],
  ],
  [
    'a duty to keep that cites nothing',
    floor({ cite: undefined }),
    ['cite: is missing; a duty to keep names its provision, such as "HGB 257"'],
  ],
  [
    'a duty to keep that overrides',
    floor({ overrides: ['x'] }),
    [
      'overrides: a duty to keep overrides nothing; it protects whatever rules say',
      'overrides[0]: no policy "x"',
    ],
  ],
  [
    'a duty to keep what nobody has',
    floor({ then: { action: 'keep', covers: ['user.contnet'] } }),
    [
      'then.covers[0]: no column of the data map has the category "user.contnet" (did you mean "user.content"?)',
    ],
  ],
  [
    'a duty to keep nothing',
    floor({ then: { action: 'keep', covers: [] } }),
    ['then.covers: is an empty list'],
  ],
];

const PERIODS: readonly (readonly [string, string])[] = [
  ['P0D', 'a period of nothing is no retention period; the shortest is "P1D"'],
  ['-P1Y', 'a retention period has no sign; write for example "P30D"'],
  ['P1.5Y', 'a retention period has no fractions; write whole units, "P1Y6M" for a year and a half'],
  ['PT5H', 'a retention period counts calendar units (years, months, weeks, days); write days, not hours'],
  ['3 years', 'a period starts with a capital P, as in "P3Y", "P1Y6M", "P2W" or "P30D"'],
  ['p3y', 'a period starts with a capital P, as in "P3Y", "P1Y6M", "P2W" or "P30D"'],
  ['P10000Y', 'a retention period is at most 1000 years long'],
  ['P99999999999999999999D', 'a retention period is at most 1000 years long'],
  ['P', 'the period is empty; write for example "P3Y"'],
  ['P1M2Y', 'the units go in the order years, months, weeks, days, each at most once'],
];

describe('a policy with something wrong', () => {
  for (const [what, policy, expected] of CASES)
    it(`${what} ${expected.length === 0 ? 'is no error' : 'is an error that names the place'}`, async () => {
      expect(await findings(policy)).to.deep.equal(expected.map((line) => `policies/a.json: ${line}`));
    });

  for (const [period, why] of PERIODS)
    it(`"${period}" is no period`, async () => {
      expect(await findings(keeping({ for: period }))).to.deep.equal([
        `policies/a.json: keep.for: "${period}": ${why}`,
      ]);
    });

  it('every finding is reported at once, whatever else is wrong', async () => {
    const wrong = {
      kind: 'retention',
      id: 'Wrong',
      record: 'ticket',
      when: { fact: 'state', operator: 'equal', value: 7 },
      keep: { for: 'P0D', from: 'closed_at', timeZone: 'Mars', until: 'now' },
      then: { action: 'keep', covers: ['user.none'] },
      ground: 'purpose',
      approval: { approvers: 1, assurance: 'authenticated' },
    };
    const lines = await findings(wrong);
    expect(lines.map((line) => line.split(': ')[1])).to.have.members([
      ...['id', 'title', 'activity', 'reason', 'keep', 'keep.timeZone', 'keep.for', 'keep.from'],
      ...['when.fact', 'approval.assurance', 'ground', 'cite', 'then.covers[0]'],
    ]);
  });

  for (const content of ['[]', '"retention"', '7', 'null', 'true'])
    it(`${content} is no policy`, async () => {
      expect(await findings(content)).to.deep.equal([
        'policies/a.json: must be one policy: {"kind": "retention", …}',
      ]);
    });
});

describe('policies that do not go together', () => {
  const other = (id: string, changes: Draft = {}): Draft => draft({ id, ...changes });

  it('two files cannot have one id', async () => {
    expect(await findings(draft(), draft())).to.deep.equal([
      'policies/b.json: id: "resolved" is the id of policies/a.json already',
    ]);
  });

  it('a rule overrides one that exists', async () => {
    expect(await findings(draft({ overrides: ['opend'] }), other('opened'))).to.deep.equal([
      'policies/a.json: overrides[0]: no policy "opend" (did you mean "opened"?)',
    ]);
  });

  it('a rule that exists but has findings of its own is not called missing', async () => {
    expect(
      await findings(draft({ overrides: ['opened'] }), other('opened', { reason: undefined })),
    ).to.deep.equal(['policies/b.json: reason: is missing']);
  });

  it('a rule does not override itself', async () => {
    expect(await findings(draft({ overrides: ['resolved'] }))).to.deep.equal([
      'policies/a.json: overrides[0]: a rule cannot override itself',
    ]);
  });

  it('two rules do not override each other', async () => {
    expect(
      await findings(draft({ overrides: ['b'] }), other('b', { overrides: ['resolved'] })),
    ).to.deep.equal([
      'policies/a.json: overrides[0]: "b" overrides this rule as well; one of the two must give way',
      'policies/b.json: overrides[0]: "resolved" overrides this rule as well; one of the two must give way',
    ]);
  });

  it('rules do not override each other in a circle, where none would ever take a record', async () => {
    const circle = [
      other('a', { overrides: ['b'] }),
      other('b', { overrides: ['c'] }),
      other('c', { overrides: ['a'] }),
    ];
    expect(await findings(...circle)).to.deep.equal([
      'policies/a.json: overrides[0]: runs in a circle (a → b → c → a); one of them must give way',
      'policies/b.json: overrides[0]: runs in a circle (b → c → a → b); one of them must give way',
      'policies/c.json: overrides[0]: runs in a circle (c → a → b → c); one of them must give way',
    ]);
  });

  it('rules may override in a chain', async () => {
    const chain = [other('a', { overrides: ['b', 'c'] }), other('b', { overrides: ['c'] }), other('c')];
    expect(await findings(...chain)).to.deep.equal([]);
  });

  it('nothing overrides a duty to keep', async () => {
    expect(await findings(draft({ overrides: ['floor'] }), floor())).to.deep.equal([
      'policies/a.json: overrides[0]: "floor" is a duty to keep; nothing overrides it',
    ]);
  });

  it('a rule overrides only rules about the same record', async () => {
    const about = other('customers', {
      record: 'customer',
      when: undefined,
      keep: { for: 'P3Y', from: 'createdAt', timeZone: 'UTC' },
    });
    expect(await findings(draft({ overrides: ['customers'] }), about)).to.deep.equal([
      'policies/a.json: overrides[0]: "customers" is about another record',
    ]);
  });
});
