import { expect } from 'chai';
import fc from 'fast-check';
import { Engine, type TopLevelCondition } from 'json-rules-engine';
import type { MapTable } from '../../src/datamap/graph.js';
import type { Database } from '../../src/db/database.js';
import { decide, type FactValues } from '../../src/policy/predicate.js';
import { whereOf } from '../../src/policy/where.js';
import { at } from '../core/at.js';
import { bothDatabases, type TestDatabase } from '../support/database.js';
import { anyQuestion, leavesOf } from './conditions.js';
import { hostileMap } from './hostile-map.js';
import { createHostileTables, fillHostileTables } from './hostile-table.js';
import { conditionOf, decided, factsOfRows, selected, type Question } from './readings.js';

const SOAK = (process.env['LETHE_SOAK'] ?? '') !== '';
const ROWS = SOAK ? 120 : 40;
const QUESTIONS = SOAK ? 20_000 : 200;
const CONSTANTS = SOAK ? 60 : 1;
const SEED = SOAK ? Date.now() % 2 ** 31 : 20261121;

interface Rows {
  readonly db: Database;
  readonly table: MapTable;
  readonly facts: ReadonlyMap<number, FactValues>;
}

async function hostileRows({ db, admin }: TestDatabase): Promise<Rows> {
  const { table } = hostileMap();
  await createHostileTables(admin);
  await fillHostileTables(admin, ROWS);
  return { db, table, facts: await factsOfRows(db, table) };
}

interface Answer {
  readonly question: Question;
  /** Of the rows, how many match. */
  readonly matches: number;
  /** Null when both readings agree. */
  readonly disagreement: string | null;
}

/** Asks every question of every row, in SQL and in process. */
async function askBoth(
  { db, table, facts }: Rows,
  questions: readonly Question[],
): Promise<readonly Answer[]> {
  const conditions = questions.map((question) => conditionOf(table, question));
  const inSql = await selected(db, table, conditions);
  const answers: Answer[] = [];
  for (const [index, question] of questions.entries()) {
    const [condition, keys] = [conditions[index], inSql[index]];
    if (!condition || !keys) throw new Error('a question was lost');
    const inProcess = await decided(condition, facts);
    const differing = keysInOne(keys, inProcess);
    const text = `${JSON.stringify(question)}\n  ${whereOf(condition)}\n  rows ${differing.join(', ')}`;
    answers.push({ question, matches: keys.size, disagreement: differing.length === 0 ? null : text });
  }
  return answers;
}

const keysInOne = (a: ReadonlySet<number>, b: ReadonlySet<number>): readonly number[] =>
  [...new Set([...a, ...b])].filter((key) => a.has(key) !== b.has(key));

/** The shortest disagreements say most about the cause. */
const disagreements = (answers: readonly Answer[]): string =>
  answers
    .flatMap(({ disagreement }) => disagreement ?? [])
    .sort((a, b) => a.length - b.length)
    .slice(0, 10)
    .map((text) => text.slice(0, 2000))
    .join('\n');

const total = (answers: readonly Answer[]): number => answers.reduce((sum, { matches }) => sum + matches, 0);

const sample = ({ table, facts }: Rows): readonly Question[] =>
  fc.sample(anyQuestion(table, [...facts.values()]), { seed: SEED, numRuns: QUESTIONS });

/** The entry as json-rules-engine alone would understand it. */
async function naively({ entry }: Question, values: FactValues): Promise<boolean> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (const unknown of ['missing', 'present', 'startsWith', 'olderThan', 'newerThan'])
    engine.addOperator(unknown, () => false);
  const conditions = ('fact' in entry ? { all: [entry] } : entry) as TopLevelCondition;
  engine.addRule({ conditions, event: { type: 'match' } });
  return (await engine.run({ ...values })).events.length > 0;
}

/** Has a part that json-rules-engine does not know. */
const isOurs = ({ entry }: Question): boolean =>
  /"operator":"(missing|present|startsWith|olderThan|newerThan)"/.test(JSON.stringify(entry));

bothDatabases('the two readings of a condition', (open) => {
  it('SQL and decide give the same answer for every row', async function () {
    this.timeout(SOAK ? 0 : 180_000);
    const rows = await hostileRows(await open());
    const answers = await askBoth(rows, sample(rows));
    expect(disagreements(answers), `seed ${SEED}`).to.equal('');
    expect(total(answers) / (answers.length * rows.facts.size), 'share of matches').to.be.within(0.2, 0.8);
    const mixed = answers.filter(({ matches }) => matches > 0 && matches < rows.facts.size);
    expect(mixed.length / answers.length, 'conditions that match some rows, not all').to.be.greaterThan(0.5);
  });

  it('each operator, on every fact, shares the rows that have it with its negation', async function () {
    this.timeout(SOAK ? 0 : 180_000);
    const rows = await hostileRows(await open());
    const asOf = at('2026-11-21T00:00:00Z');
    const leaves = leavesOf(rows.table, [...rows.facts.values()], CONSTANTS);
    const questions = leaves.map(({ entry }): Question => ({ entry, timeZone: 'Europe/Berlin', asOf }));
    const answers = await askBoth(rows, questions);
    expect(disagreements(answers)).to.equal('');
    for (const [index, { fact, group }] of leaves.entries()) {
      const asks = /missing|present/.test(group);
      const having = [...rows.facts.values()].filter((values) => asks || values[fact.name] !== null).length;
      const pair = total(answers.slice(index, index + 2));
      if (index % 2 === 0)
        expect(pair, `${JSON.stringify(leaves[index]?.entry)} and its negation`).to.equal(having);
    }
    for (const group of new Set(leaves.map((leaf) => leaf.group))) {
      const own = answers.filter((_, index) => leaves[index]?.group === group);
      expect(total(own), `${group}: matches`).to.be.within(1, own.length * rows.facts.size - 1);
    }
  });

  it('decisions that run at the same time do not disturb each other', async () => {
    const { table, facts } = await hostileRows(await open());
    const [first, second] = [
      { fact: 'whole', operator: 'greaterThan', value: 0 },
      { not: { fact: 'whole', operator: 'greaterThan', value: 0 } },
    ].map((entry) => conditionOf(table, { entry, timeZone: 'UTC', asOf: at('2026-11-21T00:00:00Z') }));
    if (!first || !second) throw new Error('a condition was lost');
    const pairs = await Promise.all(
      [...facts.values()].map((values) => Promise.all([decide(first, values), decide(second, values)])),
    );
    expect(pairs.filter(([a, b]) => a && b)).to.deep.equal([]);
    expect(pairs.filter(([a]) => a)).to.have.length.within(1, facts.size - 1);
    expect(pairs.filter(([, b]) => b)).to.have.length.within(1, facts.size - 1);
  });

  it('json-rules-engine on its own disagrees on these rows, so that a disagreement would be noticed', async () => {
    const rows = await hostileRows(await open());
    const questions = sample(rows)
      .filter((question) => !isOurs(question))
      .slice(0, 100);
    const inSql = await selected(
      rows.db,
      rows.table,
      questions.map((question) => conditionOf(rows.table, question)),
    );
    const wrong = { conditions: 0, tooMuch: 0, tooLittle: 0 };
    for (const [index, question] of questions.entries()) {
      const before = wrong.tooMuch + wrong.tooLittle;
      for (const [key, values] of rows.facts) {
        const [naive, right] = [await naively(question, values), inSql[index]?.has(key) ?? false];
        if (naive && !right) wrong.tooMuch += 1;
        if (!naive && right) wrong.tooLittle += 1;
      }
      if (wrong.tooMuch + wrong.tooLittle > before) wrong.conditions += 1;
    }
    expect(wrong.conditions / questions.length, 'share of conditions read otherwise').to.be.greaterThan(0.4);
    expect(wrong.tooLittle, 'rows missed').to.be.greaterThan(10);
    expect(wrong.tooMuch, 'rows wrongly matched').to.be.greaterThan(wrong.tooLittle);
  });
});
