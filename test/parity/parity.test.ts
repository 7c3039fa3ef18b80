import { expect } from 'chai';
import fc from 'fast-check';
import { Engine, type TopLevelCondition } from 'json-rules-engine';
import type { MapTable } from '../../src/datamap/graph.js';
import type { Database } from '../../src/db/database.js';
import type { FactValues } from '../../src/policy/predicate.js';
import { whereOf } from '../../src/policy/where.js';
import { bothDatabases } from '../support/database.js';
import { anyQuestion, everyLeaf } from './conditions.js';
import { createHostileTable, hostileTable } from './hostile-table.js';
import { conditionOf, decided, factsOfRows, selected, type Question } from './readings.js';

const SOAK = (process.env['LETHE_SOAK'] ?? '') !== '';
const ROWS = SOAK ? 250 : 60;
const QUESTIONS = SOAK ? 20_000 : 400;
const SEED = SOAK ? Date.now() % 2 ** 31 : 20261121;

interface Answers {
  readonly pairs: number;
  readonly matches: number;
  readonly disagreements: readonly string[];
}

/** Asks every question of every row, in SQL and in process. */
async function askBoth(
  db: Database,
  table: MapTable,
  facts: ReadonlyMap<number, FactValues>,
  questions: readonly Question[],
): Promise<Answers> {
  const conditions = questions.map((question) => conditionOf(table, question));
  const inSql = await selected(db, table, conditions);
  const disagreements: string[] = [];
  let matches = 0;
  for (const [index, condition] of conditions.entries()) {
    const inProcess = await decided(condition, facts);
    const differing = keysInOne(inSql[index] ?? new Set(), inProcess);
    matches += inProcess.size;
    if (differing.length > 0)
      disagreements.push(
        `${JSON.stringify(questions[index]).slice(0, 500)}\n  ${whereOf(condition).slice(0, 800)}\n  rows ${differing.slice(0, 8).join(', ')}`,
      );
  }
  return { pairs: conditions.length * facts.size, matches, disagreements };
}

const keysInOne = (a: ReadonlySet<number>, b: ReadonlySet<number>): readonly number[] =>
  [...new Set([...a, ...b])].filter((key) => a.has(key) !== b.has(key));

/** The shortest questions say most about the cause. */
const told = ({ disagreements }: Answers): string =>
  [...disagreements]
    .sort((a, b) => a.length - b.length)
    .slice(0, 10)
    .join('\n');

const sample = (table: MapTable, facts: ReadonlyMap<number, FactValues>, seed = SEED): readonly Question[] =>
  fc.sample(anyQuestion(table, [...facts.values()]), { seed, numRuns: QUESTIONS });

/** The entry as json-rules-engine alone would understand it. */
async function naively({ entry }: Question, values: FactValues): Promise<boolean> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  engine.addOperator('startsWith', (fact: unknown, value: unknown) => String(fact).startsWith(String(value)));
  const conditions = ('fact' in entry ? { all: [entry] } : entry) as TopLevelCondition;
  engine.addRule({ conditions, event: { type: 'match' } });
  return (await engine.run({ ...values })).events.length > 0;
}

bothDatabases('the two readings of a condition', (open) => {
  it('SQL and decide give the same answer for every row', async function () {
    this.timeout(SOAK ? 0 : 120_000);
    const { db, admin } = await open();
    const table = hostileTable();
    await createHostileTable(admin, ROWS);
    const facts = await factsOfRows(db, table);
    const answers = await askBoth(db, table, facts, sample(table, facts));
    expect(told(answers), `seed ${SEED}`).to.equal('');
    expect(answers.pairs).to.be.greaterThan(20_000);
    expect(answers.matches / answers.pairs, 'share of matches').to.be.within(0.2, 0.8);
  });

  it('each operator alone, and negated, gives the same answer for every fact', async function () {
    this.timeout(SOAK ? 0 : 120_000);
    const { db, admin } = await open();
    const table = hostileTable();
    await createHostileTable(admin, ROWS);
    const facts = await factsOfRows(db, table);
    const all = everyLeaf(table, [...facts.values()]);
    const asOf = sample(table, facts)[0]?.asOf;
    if (asOf === undefined) throw new Error('no question');
    const questions = all.map((entry): Question => ({ entry, timeZone: 'Europe/Berlin', asOf }));
    const some = SOAK ? questions : questions.filter((_, index) => index % 29 === 0);
    const answers = await askBoth(db, table, facts, some);
    console.log(all.length, some.length, answers.pairs, answers.matches);
    expect(told(answers)).to.equal('');
  });
});
