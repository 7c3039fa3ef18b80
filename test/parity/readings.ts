import { cutoffOf } from '../../src/core/cutoff.js';
import type { Instant } from '../../src/core/instant.js';
import type { MapTable } from '../../src/datamap/graph.js';
import type { Database, Row } from '../../src/db/database.js';
import { raw, sql } from '../../src/db/sql.js';
import { bindTime, type TimelessCondition } from '../../src/policy/condition.js';
import type { ConditionEntry } from '../../src/policy/condition-schema.js';
import { factValue } from '../../src/policy/fact-sql.js';
import { decide, type FactValue, type FactValues } from '../../src/policy/predicate.js';
import { readCondition } from '../../src/policy/read-condition.js';
import { whereOf } from '../../src/policy/where.js';

/** A condition as it stands in a policy, and when and where it is asked. */
export interface Question {
  readonly entry: ConditionEntry;
  readonly timeZone: string;
  readonly asOf: Instant;
}

/** The condition of a question, ready for both readings. Throws with every finding when it is not a valid one. */
export function conditionOf(table: MapTable, { entry, timeZone, asOf }: Question): TimelessCondition {
  const problems: string[] = [];
  const report = (path: string, message: string): void => void problems.push(`${path}: ${message}`);
  const condition = readCondition({ table, timeZone, report }, entry, 'when');
  if (condition === null || problems.length > 0)
    throw new Error(`${JSON.stringify(entry)}: ${problems.join('; ')}`);
  return bindTime(condition, (period, zone) =>
    cutoffOf({ asOf, period, timeZone: zone, periodStarts: 'event' }),
  );
}

/** The facts of every row as src/retention/why.ts reads them, by key. */
export async function factsOfRows(db: Database, table: MapTable): Promise<ReadonlyMap<number, FactValues>> {
  const facts = [...table.facts.values()].map((fact) => `${factValue(fact)} as ${JSON.stringify(fact.name)}`);
  const { rows } = await db.query<Row & { readonly key: number }>(
    sql`select this.id as key, ${raw(facts.join(', '))} from ${raw(table.sql)} this order by this.id`,
  );
  return new Map(rows.map(({ key, ...values }) => [key, values as Record<string, FactValue>]));
}

const CONDITIONS_IN_ONE_SELECT = 100;

/** Keys of the rows each condition selects in SQL. A condition that fails in SQL fails the test. */
export async function selected(
  db: Database,
  table: MapTable,
  conditions: readonly TimelessCondition[],
): Promise<readonly ReadonlySet<number>[]> {
  const found: ReadonlySet<number>[] = [];
  for (let first = 0; first < conditions.length; first += CONDITIONS_IN_ONE_SELECT) {
    const some = conditions.slice(first, first + CONDITIONS_IN_ONE_SELECT);
    // one scan for many conditions; what WHERE does with null, coalesce does here
    const columns = some.map((condition) => `coalesce((${whereOf(condition)}), false)`);
    const { rows } = await db.query<Row & { readonly key: number; readonly matches: readonly boolean[] }>(
      sql`select this.id as key, array[${raw(columns.join(', '))}] as matches from ${raw(table.sql)} this`,
    );
    found.push(
      ...some.map((_, index) => new Set(rows.filter(({ matches }) => matches[index]).map(({ key }) => key))),
    );
  }
  return found;
}

/** Keys of the rows the condition is true of in process. */
export async function decided(
  condition: TimelessCondition,
  facts: ReadonlyMap<number, FactValues>,
): Promise<ReadonlySet<number>> {
  const keys = new Set<number>();
  for (const [key, values] of facts) if (await decide(condition, values)) keys.add(key);
  return keys;
}
