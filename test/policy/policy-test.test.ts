import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installFiles } from '../../src/cli/install-files.js';
import { describeProblems, type Problem } from '../../src/core/errors.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { loadMap } from '../../src/datamap/load.js';
import { checkPolicies, readPolicyFiles } from '../../src/policy/policy-set.js';
import { readTestFiles } from '../../src/policy/policy-test-file.js';
import { policyTestJsonSchema } from '../../src/policy/policy-test-schema.js';
import {
  readPolicyTests,
  testPolicies,
  type TestFailure,
  type TestReport,
} from '../../src/policy/policy-test.js';
import type { PolicyFile } from '../../src/policy/retention-policy.js';
import {
  closeDesks,
  floor,
  officer,
  openDesk,
  rule,
  shown,
  TICKETS,
  ticketTable,
  type Json,
} from '../support/small-desk.js';
import { draft, nativeMap, type Draft } from './draft.js';

/** Folders of policies; those for Lethe's own records go with every map. */
const MAPS = ['native', 'request-tracker-5', 'lethe'];
const mapNamed = (name: string): Promise<MapGraph> =>
  name !== 'request-tracker-5' ? nativeMap() : loadMap(name, { organization: 'example.org' }, '.');

interface Read {
  readonly policies: readonly PolicyFile[];
  readonly tests: readonly PolicyFile[];
}

async function shipped(map: string): Promise<Read> {
  const [folder, problems] = [`policies/${map}`, [] as Problem[]];
  const policies = await readPolicyFiles(folder, folder, problems);
  const tests = await readTestFiles(folder, folder, [], problems);
  expect(problems).to.deep.equal([]);
  return { policies, tests };
}

/** Runs tests against policies; throws with the findings where there are any. */
async function run(graph: MapGraph, { policies: files, tests: testFiles }: Read): Promise<TestReport> {
  const problems: Problem[] = [];
  const { policies } = checkPolicies(graph, files, problems);
  const ids = policies.map(({ id }) => id);
  const tests = readPolicyTests(graph, ids, testFiles, problems);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  return testPolicies(policies, tests);
}

const CLOSED = { status: 'resolved', closedAt: '2023-05-01T10:00:00Z' };
const NOW = '2026-05-01T10:00:00Z';

/** A test with nothing wrong, and the changes a test makes. */
const test = (changes: Draft = {}): Draft => ({
  ...{ kind: 'policy-test', title: 'Resolved tickets go', now: NOW },
  fixtures: { 'ticket/paid': CLOSED },
  expect: { 'ticket/paid': 'delete' },
  ...changes,
});

const files = (...contents: readonly Draft[]): readonly PolicyFile[] =>
  contents.map((content) => ({
    path: `policies/${typeof content['id'] === 'string' ? content['id'] : 'a.test'}.json`,
    content,
  }));

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

describe('the shipped policies', () => {
  for (const map of MAPS) {
    it(`${map}: every policy has a test, and every test is met`, async () => {
      const { failures, untested, files: tested } = await run(await mapNamed(map), await shipped(map));
      expect(failures).to.deep.equal([]);
      expect(untested).to.deep.equal([]);
      const own = (await shipped(map)).policies.map(({ path }) => path.replace('.json', '.test.json'));
      expect((await shipped(map)).tests.map(({ path }) => path)).to.include.members(own);
      expect(tested).to.equal(own.length);
    });

    for (const name of readdirSync(`policies/${map}`).filter((file) => /^[^.]+\.json$/.test(file)))
      it(`${map}/${name}: its test notices a condition that is dropped or negated, and a period that is changed`, async () => {
        const graph = await mapNamed(map);
        const { policies, tests } = await shipped(map);
        const path = `policies/${map}/${name}`;
        const own = tests.filter((file) => file.path === path.replace('.json', '.test.json'));
        const original = JSON.parse(readFileSync(path, 'utf8')) as Draft;
        for (const content of mutants(original)) {
          const changed = policies.map((file) => (file.path === path ? { path, content } : file));
          const { failures } = await run(graph, { policies: changed, tests: own });
          expect(failures, JSON.stringify(content)).not.to.deep.equal([]);
        }
      });

    it(`${map}: the JSON Schema for editors accepts the tests, and refuses a fact that is none`, async () => {
      const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
        policyTestJsonSchema(await mapNamed(map)),
      );
      for (const { content, path } of (await shipped(map)).tests)
        expect(validate(content), `${path} ${JSON.stringify(validate.errors)}`).to.equal(true);
      expect(validate(test({ fixtures: { 'ticket/1': { closed_at: NOW } } }))).to.equal(false);
      expect(validate(test({ fixtures: { 'tickets/1': {} } }))).to.equal(false);
    });
  }

  it('an installation gets the tests beside the policies, and the schema that editors complete them from', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lethe-install-'));
    try {
      const graph = await nativeMap();
      const path = join(folder, 'lethe.json');
      const written = await installFiles({
        folder,
        path,
        map: 'native',
        parameters: {},
        graph,
        database: 'embedded',
      });
      expect(written.some((name) => name.includes('.test.'))).to.equal(false);
      const copied = await readFile(join(folder, 'policies/resolved-tickets.test.json'), 'utf8');
      expect(copied).to.include('"$schema": "./policy-test.schema.json"');
      await readFile(join(folder, 'policies/policy-test.schema.json'), 'utf8');
      const problems: Problem[] = [];
      const own = join(folder, 'policies');
      const policies = await readPolicyFiles(own, 'policies', problems);
      const { failures, files: tested } = await run(graph, {
        policies,
        tests: await readTestFiles(own, 'policies', [], problems),
      });
      expect([failures, problems]).to.deep.equal([[], []]);
      expect(tested).to.equal(policies.length);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** The policy with one condition less, one negated, and a year, month or day more and less. */
function mutants(policy: Draft): readonly Draft[] {
  const keep = policy['keep'] as { readonly for: string };
  const number = Number(/\d+/.exec(keep.for)?.[0]);
  const periods = [number - 1, number + 1].map((other) => ({
    ...policy,
    keep: { ...keep, for: keep.for.replace(/\d+/, String(other)) },
  }));
  const [[group, leaves] = ['all', [] as readonly unknown[]]] = Object.entries(
    (policy['when'] ?? {}) as Readonly<Record<string, readonly unknown[]>>,
  );
  const conditions = leaves.flatMap((leaf, at) => [
    { ...policy, when: { [group]: leaves.filter((_, index) => index !== at) } },
    { ...policy, when: { [group]: leaves.map((other, index) => (index === at ? { not: other } : other)) } },
  ]);
  return [...periods, ...conditions];
}

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

describe('the form of a policy test', () => {
  const findings = async (changes: Draft): Promise<readonly string[]> => {
    const problems: Problem[] = [];
    const graph = await nativeMap();
    const { policies } = checkPolicies(graph, files(draft()), problems);
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

describe('a policy test and a plan', () => {
  afterEach(closeDesks);

  it('agree on every record, whatever the rules, overrides and duties to keep', async () => {
    const { engine, admin, graph } = await openDesk({
      ddl: TICKETS,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const now = '2024-01-01T00:00:00Z';
    const seen = new Set<string>();
    const agree = async (facts: readonly Json[], policies: readonly Json[]): Promise<void> => {
      const rows = facts.map(
        ({ status, closedAt }, id) => `(${id}, '${String(status)}', ${instant(closedAt)})`,
      );
      await admin(`truncate shop.tickets;
        insert into shop.tickets (id, status, closed_at) values ${rows.join(', ')}`);
      const planned = new Map<string, string>();
      for (const { id } of policies.filter(({ then }) => (then as Json)['action'] === 'delete')) {
        const lethe = engine(policies);
        const plan = await lethe.retention.plan(String(id), officer, now);
        for (const item of await shown(lethe, plan.id)) {
          const [record = '', outcome = ''] = item.split(' ');
          if (outcome === 'delete' || outcome === 'conflict') planned.set(record, outcome);
        }
      }
      for (const outcome of planned.values()) seen.add(outcome);
      const fixtures = Object.fromEntries(facts.map((fixture, id) => [`ticket/${id}`, fixture]));
      const content = test({ fixtures, now, expect: Object.fromEntries(planned) });
      const { failures } = await run(graph, { policies: files(...policies), tests: files(content) });
      expect(failures.filter(({ record }) => record !== '')).to.deep.equal([]);
    };
    await fc.assert(fc.asyncProperty(fc.array(ticket, { minLength: 6, maxLength: 12 }), policySet, agree), {
      numRuns: 25,
      seed: 20260917,
    });
    expect([...seen].sort()).to.deep.equal(['conflict', 'delete']);
  });
});

const instant = (value: unknown): string => (typeof value === 'string' ? `timestamptz '${value}'` : 'null');

const status = fc.constantFrom('open', 'closed', 'resolved');
const ticket: fc.Arbitrary<Json> = fc.record(
  {
    status,
    closedAt: fc.constantFrom(
      ...['2021-06-01T00:00:00Z', '2022-12-31T23:59:59.999999Z', '2023-01-01T00:00:00Z'],
      ...['2023-01-01T00:00:00.000001Z', '2014-01-01T00:00:00Z', '2013-06-01T00:00:00Z'],
    ),
  },
  { requiredKeys: ['status'] },
);

const when = fc.option(
  fc.oneof(
    status.map((value) => ({ fact: 'status', operator: 'equal', value })),
    status.map((value) => ({ not: { fact: 'status', operator: 'equal', value } })),
    fc.constant({ fact: 'closedAt', operator: 'newerThan', value: 'P2Y' }),
  ),
  { nil: undefined },
);
const length = fc.constantFrom('P1Y', 'P2Y', 'P10Y');

/** Three disposal rules that may override each other, down the list, and sometimes a duty to keep. */
const policySet: fc.Arbitrary<readonly Json[]> = fc
  .record({
    rules: fc.tuple(...['a', 'b', 'c'].map((id) => fc.record({ id: fc.constant(id), when, length }))),
    overrides: fc.subarray(['a>b', 'a>c', 'b>c']),
    duty: fc.option(fc.record({ when, length })),
  })
  .map(({ rules, overrides, duty }) => [
    ...rules.map(({ id, when: condition, length: period }) => {
      const named = overrides.filter((pair) => pair.startsWith(id)).map((pair) => pair.slice(-1));
      return rule({ id, ...body(condition, period), ...(named.length > 0 ? { overrides: named } : {}) });
    }),
    ...(duty ? [floor(body(duty.when, duty.length))] : []),
  ]);

const body = (condition: unknown, period: string): Json => ({
  keep: { for: period, from: 'closedAt', timeZone: 'UTC' },
  ...(condition === undefined ? {} : { when: condition }),
});
