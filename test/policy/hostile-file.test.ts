import { expect } from 'chai';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeProblems, type Problem } from '../../src/core/errors.js';
import { parseJson, readJsonFile } from '../../src/datamap/json-file.js';
import { implies } from '../../src/publication/implied.js';
import { reportOverrides } from '../../src/policy/overrides.js';
import { loadPolicies } from '../../src/policy/policy-set.js';
import { readCondition } from '../../src/policy/read-condition.js';
import { hostileMap } from '../parity/hostile-map.js';
import { refusal } from '../support/small-desk.js';
import { conditionFindings, draft, findings, nativeMap } from './draft.js';

const { table } = hostileMap();
const leaf = (value: string): object => ({ fact: 'words', operator: 'equal', value });
const nested = (group: 'all' | 'any', depth: number, inside: object): object =>
  depth === 0 ? inside : { [group]: [nested(group, depth - 1, inside)] };
const condition = (entry: object) =>
  readCondition(
    { table, timeZone: 'UTC', report: (path, message) => expect.fail(`${path}: ${message}`) },
    entry,
    'when',
  );

/** These must take no time to speak of: whoever publishes holds up everybody else who does. */
describe('a policy file that somebody made to hurt', () => {
  it('conditions nested into each other are compared pair by pair, not way by way', () => {
    const [first, second] = [
      condition(nested('all', 31, leaf('a'))),
      condition(nested('any', 31, leaf('b'))),
    ];
    expect(implies(first, second)).to.equal(false);
    expect(implies(first, condition(nested('any', 31, leaf('a'))))).to.equal(true);
  }).timeout(5_000);

  it('rules that override whole layers of others are followed once each', () => {
    const layers = [...Array(30).keys()];
    const files = layers.flatMap((layer) =>
      [0, 1, 2].map((place) => ({
        path: `${layer}-${place}.json`,
        content: {
          id: `p${layer}-${place}`,
          record: 'ticket',
          then: { action: 'delete' },
          overrides: layer === 29 ? [] : [0, 1, 2].map((below) => `p${layer + 1}-${below}`),
        },
      })),
    );
    const problems: Problem[] = [];
    reportOverrides(files, problems);
    expect(problems).to.deep.equal([]);
    const circle = { ...files.at(-1)?.content, overrides: ['p0-1'] };
    reportOverrides([...files.slice(0, -1), { path: 'last.json', content: circle }], problems);
    expect(describeProblems(problems)).to.include('runs in a circle (p29-2 → p0-1 → ');
  }).timeout(5_000);

  it('a condition has at most a thousand parts, a list at most a hundred thousand values', async () => {
    const parts = (count: number) => ({
      any: Array.from({ length: count }, () => ({ fact: 'status', operator: 'equal', value: 'open' })),
    });
    expect(await conditionFindings(parts(999))).to.deep.equal([]);
    expect(await conditionFindings({ not: parts(999) })).to.have.length(1);
    expect((await conditionFindings(parts(200_000)))[0]).to.include('when: has more than 1000 parts');
    const list = (length: number) => ({ fact: 'status', operator: 'in', value: Array(length).fill('open') });
    expect(await conditionFindings(list(100_000))).to.deep.equal([]);
    expect(await conditionFindings(list(100_001))).to.deep.equal([
      'when.value: lists more than 100000 values; let the data map have a fact for it',
    ]);
  }).timeout(10_000);

  it('long lists are compared as sets', () => {
    const list = (operator: string, prefix: string): object => ({
      fact: 'words',
      operator,
      value: Array.from({ length: 100_000 }, (_, index) => `${prefix}${index}`),
    });
    expect(implies(condition(list('in', 'a')), condition(list('in', 'a')))).to.equal(true);
    expect(implies(condition(list('in', 'a')), condition(list('notIn', 'b')))).to.equal(true);
    expect(implies(condition(list('notIn', 'a')), condition(list('notIn', 'a')))).to.equal(true);
    expect(implies(condition(list('in', 'a')), condition(list('notIn', 'a')))).to.equal(false);
  }).timeout(5_000);

  it('of a thousand syntax findings in one file a hundred are told', () => {
    const problems: Problem[] = [];
    parseJson(`{${Array(100_000).fill('"a":1').join(',\n')}}`, 'a.json', problems);
    expect(problems).to.have.length(100);
    expect(problems.at(-1)?.message).to.equal('and more like this');
  }).timeout(10_000);

  it('a device, a pipe or a folder is no policy file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lethe-hostile-'));
    try {
      await symlink('/dev/zero', join(folder, 'endless.json'));
      const endless = await refusal(loadPolicies(await nativeMap(), folder, 'policies'), 'file_unreadable');
      expect(endless.message).to.equal('cannot read policies/endless.json: not a regular file');
      await refusal(readJsonFile(folder, 'policies', []), 'file_unreadable');
      await rm(join(folder, 'endless.json'));
      await writeFile(join(folder, 'right.json'), JSON.stringify(draft()));
      await symlink(join(folder, 'right.json'), join(folder, 'link.json'));
      await rm(join(folder, 'right.json'));
      await refusal(loadPolicies(await nativeMap(), folder, 'policies'), 'file_unreadable');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('what it says is told without what moves the cursor of who reads it', async () => {
    const tricky = draft({ record: 'ticket\u001b[2K\r\u202eno findings', when: undefined });
    for (const line of await findings(tricky)) expect(line).not.to.match(/[\p{Cc}\u202e]/u);
    expect((await findings(tricky)).join()).to.include('ticket\\u001b[2K\\u000d\\u202eno findings');
  });
});
