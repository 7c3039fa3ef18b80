import { expect } from 'chai';
import type { TestFailure } from '../../src/policy/policy-test.js';
import { draft, nativeMap, type Draft } from './draft.js';
import { CLOSED, files, run, test } from './policy-tests.js';

const outcomes = async (policies: readonly Draft[], changes: Draft): Promise<readonly TestFailure[]> => {
  const read = { policies: files(...policies), tests: files(test(changes)) };
  return (await run(await nativeMap(), read)).failures;
};

/** One line a failure: record, what was expected, what came out and why. */
const told = async (policies: readonly Draft[], changes: Draft): Promise<readonly string[]> =>
  (await outcomes(policies, changes)).map(
    ({ path, record, expected, got, why }) =>
      `${[path, record].filter((part) => part !== '').join(': ')}: ${expected} → ${got}: ${why}`,
  );

describe('a policy test', () => {
  it('what is listed happens, and what is not listed is kept', async () => {
    expect(await told([draft()], {})).to.deep.equal([]);
    expect(await told([draft()], { expect: {} })).to.deep.equal([
      'ticket/paid: keep → delete: resolved has been due since 2026-05-01T10:00:00.000000Z',
    ]);
  });

  it('a failure says why: the conditions that do not match, the day it is due, the event that is missing', async () => {
    const fixtures = {
      'ticket/open': { ...CLOSED, status: 'open' },
      'ticket/young': { ...CLOSED, closedAt: '2023-05-01T10:00:00.000001Z' },
      'ticket/unsettled': { status: 'resolved' },
      'recording/1': {},
    };
    const all = Object.fromEntries(Object.keys(fixtures).map((name) => [name, 'delete']));
    expect(await told([draft()], { fixtures, expect: all })).to.deep.equal([
      'ticket/open: delete → keep: resolved does not match: status must be resolved (it is open)',
      'ticket/young: delete → keep: resolved is due only at 2026-05-01T10:00:00.000001Z',
      'ticket/unsettled: delete → keep: resolved counts from an event that has not happened',
      'recording/1: delete → keep: no disposal rule is about records of this kind',
    ]);
  });

  it('by whom, when and what protects are checked where they are given', async () => {
    const duty = draft({
      ...{ id: 'duty', ground: 'statute', cite: 'HGB 257', then: { action: 'keep' } },
      keep: { for: 'P6Y', from: 'closedAt', timeZone: 'Europe/Berlin' },
    });
    const right = {
      ...{ outcome: 'keep', by: 'resolved', protectedBy: 'duty' },
      due: '2026-05-01T12:00:00+02:00',
    };
    const asked = (changes: Draft): Draft => ({ expect: { 'ticket/paid': { ...right, ...changes } } });
    expect(await told([draft(), duty], asked({}))).to.deep.equal([]);
    const until = 'duty keeps it until 2029-05-01T10:00:00.000000Z';
    const due = '2026-05-01T10:00:00.000000Z';
    expect(await told([draft(), duty], asked({ by: 'duty' }))).to.deep.equal([
      `ticket/paid: keep, by duty, due ${due}, protected by duty → keep, by resolved, due ${due}, protected by duty: ${until}`,
    ]);
    expect(await told([draft(), duty], asked({ due: '2026-05-01T12:00:01+02:00' }))).to.have.length(1);
    expect(await told([draft(), duty], asked({ protectedBy: 'resolved' }))).to.have.length(1);
    expect(await told([draft(), duty], {})).to.deep.equal([`ticket/paid: delete → keep: ${until}`]);
  });

  it('two rules that match a record are a conflict from the day the first is due, until one overrides the other', async () => {
    const other = draft({ id: 'sooner', keep: { for: 'P1Y', from: 'closedAt', timeZone: 'UTC' } });
    const at = (now: string): Draft => ({ now, expect: { 'ticket/paid': 'conflict' } });
    expect(await told([draft(), other], at('2024-05-01T10:00:00Z'))).to.deep.equal([]);
    expect(await told([draft(), other], at('2024-05-01T09:59:59Z'))).to.have.length(1);
    expect(await told([draft(), other], {})).to.deep.equal([
      'ticket/paid: delete → conflict: resolved and sooner both match it; one must name the other in "overrides"',
    ]);
    const wins = { ...draft(), overrides: ['sooner'] };
    const early = {
      now: '2025-05-01T10:00:00Z',
      expect: { 'ticket/paid': { outcome: 'keep', by: 'resolved' } },
    };
    expect(await told([wins, other], early)).to.deep.equal([]);
    expect(await told([wins, other], {})).to.deep.equal([]);
  });

  it('only the policies that a test names are in force in it', async () => {
    const other = draft({ id: 'sooner' });
    expect(await told([draft(), other], { policies: ['resolved'] })).to.deep.equal([]);
  });

  it('one file asks at several instants', async () => {
    const { now, expect: expected, ...rest } = test();
    const cases = [
      { title: 'too early', now: '2026-05-01T09:59:59Z', expect: {} },
      { now, expect: expected },
      { title: 'wrong', now, expect: {} },
    ];
    const read = { policies: files(draft()), tests: files({ ...rest, cases }) };
    const { failures, checked } = await run(await nativeMap(), read);
    expect(checked).to.equal(3);
    expect(failures.map(({ path }) => path)).to.deep.equal(['cases[2] (wrong)']);
  });

  it('a test that no policy has a say in is a failure, for each policy that it names', async () => {
    const open = { fixtures: { 'ticket/open': { status: 'open' } }, expect: {} };
    const [failure] = await outcomes([draft()], open);
    expect(failure).to.include({ record: '', expected: 'a record that a policy matches', got: 'none' });
    const other = draft({
      ...{ id: 'recordings', record: 'recording' },
      when: { fact: 'startedAt', operator: 'present' },
    });
    const keep = { for: 'P1Y', from: 'startedAt', timeZone: 'UTC' };
    const named = { policies: ['resolved', 'recordings'] };
    expect(
      (await outcomes([draft(), { ...other, keep }], named)).map(({ expected }) => expected),
    ).to.deep.equal(['a record that recordings matches']);
    expect(await outcomes([draft(), { ...other, keep }], {})).to.deep.equal([]);
  });

  it('policies that no test has a record for are named', async () => {
    const other = draft({ id: 'unseen', when: { fact: 'status', operator: 'equal', value: 'closed' } });
    const read = { policies: files(draft(), other), tests: files(test()) };
    expect((await run(await nativeMap(), read)).untested).to.deep.equal(['unseen']);
  });
});
