import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installFiles } from '../../src/cli/install-files.js';
import type { Problem } from '../../src/core/errors.js';
import { readPolicyFiles } from '../../src/policy/policy-set.js';
import { readTestFiles } from '../../src/policy/policy-test-file.js';
import { policyTestJsonSchema } from '../../src/policy/policy-test-schema.js';
import { nativeMap, type Draft } from './draft.js';
import { mapNamed, NOW, run, test, type Read } from './policy-tests.js';

/** Folders of policies; those for Lethe's own records go with every map. */
const MAPS = ['native', 'request-tracker-5', 'lethe'];

async function shipped(map: string): Promise<Read> {
  const [folder, problems] = [`policies/${map}`, [] as Problem[]];
  const policies = await readPolicyFiles(folder, folder, problems);
  const tests = await readTestFiles(folder, folder, [], problems);
  expect(problems).to.deep.equal([]);
  return { policies, tests };
}

/** Policies that take or keep records are tested with made-up ones. */
const isRule = (content: unknown): boolean => (content as Draft)['kind'] === 'retention';
const rulesOf = (map: string): readonly string[] =>
  readdirSync(`policies/${map}`).filter(
    (file) =>
      /^[^.]+\.json$/.test(file) && isRule(JSON.parse(readFileSync(`policies/${map}/${file}`, 'utf8'))),
  );

describe('the shipped policies', () => {
  for (const map of MAPS) {
    it(`${map}: every rule has a test, and every test is met`, async () => {
      const { failures, untested, files: tested } = await run(await mapNamed(map), await shipped(map));
      expect(failures).to.deep.equal([]);
      expect(untested).to.deep.equal([]);
      const own = rulesOf(map).map((name) => `policies/${map}/${name.replace('.json', '.test.json')}`);
      expect((await shipped(map)).tests.map(({ path }) => path)).to.include.members(own);
      expect(tested).to.equal(own.length);
    });

    for (const name of rulesOf(map))
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
      for (const [name, kind] of [
        ['resolved-tickets', 'retention'],
        ['organisation', 'organisation'],
        ['activity-support', 'activity'],
      ] as const) {
        const text = await readFile(join(folder, `policies/${name}.json`), 'utf8');
        expect(text).to.include(`"$schema": "./${kind}.schema.json"`);
        await readFile(join(folder, `policies/${kind}.schema.json`), 'utf8');
      }
      const problems: Problem[] = [];
      const own = join(folder, 'policies');
      const policies = await readPolicyFiles(own, 'policies', problems);
      const { failures, files: tested } = await run(graph, {
        policies,
        tests: await readTestFiles(own, 'policies', [], problems),
      });
      expect([failures, problems]).to.deep.equal([[], []]);
      expect(tested).to.equal(policies.filter(({ content }) => isRule(content)).length);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** The policy with one condition less, one negated, and a year, month or day more and less. */
function mutants(policy: Draft): readonly Draft[] {
  const keep = policy['keep'] as { readonly for: string };
  const number = Number(/\d+/.exec(keep.for)?.[0]);
  const others = [number - 1, number + 1].filter((other) => other > 0); // a period of nothing is none
  const periods = others.map((other) => ({
    ...policy,
    keep: { ...keep, for: keep.for.replace(/\d+/, String(other)) },
  }));
  const [[group, leaves] = ['all', [] as readonly unknown[]]] = Object.entries(
    (policy['when'] ?? {}) as Readonly<Record<string, readonly unknown[]>>,
  );
  const fewer = (at: number): Draft => {
    const { when, ...always } = policy; // without its only condition a policy is about every record
    const rest = leaves.filter((_, index) => index !== at);
    return rest.length === 0 ? always : { ...policy, when: { ...(when as Draft), [group]: rest } };
  };
  const conditions = leaves.flatMap((_leaf, at) => [
    fewer(at),
    { ...policy, when: { [group]: leaves.map((other, index) => (index === at ? { not: other } : other)) } },
  ]);
  return [...periods, ...conditions];
}
