import { expect } from 'chai';
import type { Problem } from '../../src/core/errors.js';
import { checkPolicies } from '../../src/policy/policy-set.js';
import { readPolicyTests } from '../../src/policy/policy-test.js';
import { draft, nativeMap, type Draft } from './draft.js';
import { CLOSED, files, mapNamed, NOW, test } from './policy-tests.js';

describe('the form of a policy test', () => {
  const findings = async (changes: Draft): Promise<readonly string[]> => {
    const problems: Problem[] = [];
    const graph = await nativeMap();
    const { retention: policies } = checkPolicies(graph, files(draft()), problems);
    const ids = policies.map(({ id }) => id);
    const content = JSON.parse(JSON.stringify(test(changes))) as Draft;
    expect(readPolicyTests(graph, ids, files(content), problems)).to.have.length(problems.length > 0 ? 0 : 1);
    return problems.map(({ path, message }) => `${path}: ${message}`);
  };
  const fact = async (name: string, value: unknown, record = 'ticket'): Promise<string | undefined> => {
    const fixtures = { 'ticket/paid': CLOSED, [`${record}/1`]: { [name]: value } };
    return (await findings({ fixtures }))[0]?.replace(`fixtures["${record}/1"].`, '');
  };

  it('all findings are told at once, with file and path', async () => {
    const wrong = {
      policies: ['resolvd'],
      fixtures: { 'tickets/1': {}, ticket: {}, 'ticket/1': { closed_at: NOW, status: 3 } },
      expect: { 'ticket/2': 'delete' },
      titel: 'x',
    };
    expect(await findings(wrong)).to.have.members([
      ': unknown key "titel" (did you mean "title"?)',
      'policies[0]: no policy "resolvd" (did you mean "resolved"?)',
      'fixtures["tickets/1"]: the data map "native" has no record "tickets" (did you mean "ticket"?)',
      'fixtures["ticket"]: write a record like ticket/77 or ticket/paid',
      'fixtures["ticket/1"].closed_at: unknown fact "closed_at" for record "ticket" (did you mean "closedAt"?)',
      'fixtures["ticket/1"].status: must be text',
    ]);
    expect(await findings({ expect: { 'ticket/piad': 'delete' } })).to.deep.equal([
      'expect["ticket/piad"]: no fixture of this name (did you mean "ticket/paid"?)',
    ]);
  });

  it('a fact has the type of the data map, and what a database would count as missing is left out', async () => {
    expect(await fact('closedAt', '2026-11-21')).to.match(/^closedAt: must be an instant with an offset/);
    expect(await fact('closedAt', '0001-01-01T00:00:00Z')).to.match(/counts as missing; leave the fact out$/);
    expect(await fact('closedAt', [NOW])).to.equal('closedAt: must be one value, not a list');
    expect(await fact('linkedFromOpen', 'false')).to.equal('linkedFromOpen: must be true or false');
    expect(await fact('tags', 'vip')).to.equal('tags: must be a list of values');
    expect(await fact('tags', ['vip', 3])).to.equal('tags[1]: must be text');
    expect(await fact('sizeBytes', 'many', 'attachment')).to.equal('sizeBytes: must be a number');
    for (const [name, value] of [
      ['closedAt', null],
      ['tags', []],
    ] as const)
      expect(await fact(name, value), name).to.equal(undefined);
    expect(await fact('sizeBytes', '9007199254740993', 'attachment')).to.equal(undefined);
  });

  it('a value that the data map calls unset is refused', async () => {
    const graph = await mapNamed('request-tracker-5');
    const problems: Problem[] = [];
    const fixtures = { 'ticket/1': { closedAt: '1970-01-01T01:00:00+01:00' } };
    readPolicyTests(graph, [], files(test({ fixtures, expect: {} })), problems);
    expect(problems.map(({ message }) => message)).to.deep.equal([
      'is a value that the data map calls unset; leave the fact out',
    ]);
  });

  const refused: readonly (readonly [string, Draft, string])[] = [
    ['no fixtures', { fixtures: {}, expect: {} }, 'fixtures: has no record: nothing is tested'],
    ['no instant', { now: undefined }, ': needs "now" and "expect", or "cases" with both in each'],
    ['no expectation', { expect: undefined }, ': needs "now" and "expect", or "cases" with both in each'],
    [
      'cases besides an instant',
      { cases: [{ now: NOW, expect: {} }] },
      ': has "cases" besides "now" and "expect"; put them all into "cases"',
    ],
    ['a day', { now: '2026-11-21' }, 'now: must be an instant such as "2026-11-21T00:00:00Z"'],
    [
      'an unknown outcome',
      { expect: { 'ticket/paid': 'deleted' } },
      'expect.ticket/paid: must be one of delete, keep, conflict (did you mean "delete"?)',
    ],
    [
      'a rule that is none',
      { expect: { 'ticket/paid': { outcome: 'delete', by: 'resolvd' } } },
      'expect["ticket/paid"].by: "resolvd" is none of the policies of this test (did you mean "resolved"?)',
    ],
    [
      'a protection of what goes',
      { expect: { 'ticket/paid': { outcome: 'delete', protectedBy: 'resolved' } } },
      'expect["ticket/paid"].protectedBy: goes with "outcome": "keep" alone',
    ],
    [
      'a due date of a conflict',
      { expect: { 'ticket/paid': { outcome: 'conflict', due: NOW } } },
      'expect["ticket/paid"].due: does not go with a conflict',
    ],
  ];
  for (const [what, changes, finding] of refused)
    it(`refuses ${what}`, async () => {
      expect(await findings(changes)).to.deep.equal([finding]);
    });
});
