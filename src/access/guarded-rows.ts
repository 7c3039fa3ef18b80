import { instantText } from '../db/values.js';
import { join, raw, sql, type Sql } from '../db/sql.js';
import type { MapColumn } from '../datamap/graph.js';
import {
  anyMatchesSql,
  brokenGlassSql,
  meetsSql,
  quarantinedSql,
  sensitiveSql,
  type AskedFor,
} from './access-sql.js';
import type { Candidate, Candidates } from './decide-access.js';
import { decisionFor, type Decision } from './decision.js';
import { showingOf } from './fields.js';
import { masked } from './masks.js';

/** A record as it may be shown. */
export interface Shown {
  /** `message/5`; `customer` alone where its key is personal data that is not shown. */
  readonly record: string;
  /** Values by column: bigint, numeric and instants as text. What may not be shown is not there. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly decision: Decision;
}
export type FieldValue = string | number | boolean | null;

/** How rows of one record are selected and shown to whoever the candidates are of. */
export interface GuardedRows {
  readonly candidates: Candidates;
  /** `cross join lateral (…) flag cross join lateral (…) may`: one boolean a candidate, evaluated once a row. */
  readonly lateral: Sql;
  /** Beside the lateral, for WHERE: nobody sees the row. */
  readonly hidden: Sql;
  /** Some candidate matches: `may.c0 or may.c1`. */
  readonly permitted: Sql;
  /** The same as a condition of its own, for WHERE, where an index may serve. */
  readonly condition: Sql;
  /** `json_build_array(…)`: the break-glass grant, the booleans, then the columns. */
  readonly values: Sql;
  /** The same without the columns: enough for the decision. */
  readonly verdict: Sql;
  /** Some candidate shows some personal data. */
  readonly showsPersonalData: boolean;
  /** What may be shown of a row with these values; null: nothing, no candidate matches. */
  shown(key: string, values: readonly unknown[]): Shown | null;
}

/**
 * Compiles what a set of candidates may see of a record's rows. A column that none of them shows is not selected, and one that
 * only some show is null beside the rows these do not match: it never leaves the database for nobody.
 */
export function guardedRows(candidates: Candidates, asked: AskedFor): GuardedRows {
  const { of, record, table } = candidates;
  const all = [...table.columns.values()].filter(({ type }) => type !== 'bytes');
  const selected = all.filter((column) => showers(of, column).length > 0);
  const flags = of.map((_, index) => raw(`may.c${index}`));
  const columns = selected.map((column) => columnSql(of, column));
  const verdict = [brokenGlassSql(candidates), ...flags];
  const first = verdict.length;
  const decisions = new Map<string, Decision>();
  return {
    candidates,
    lateral: lateralOf(candidates, asked),
    hidden: raw('flag.q'),
    permitted: flags.length === 0 ? raw('false') : sql`(${join(flags, ' or ')})`,
    condition: sql`${anyMatchesSql(candidates, of, asked)} and not ${quarantinedSql(record, asked)}`,
    values: sql`json_build_array(${join([...verdict, ...columns])})`,
    verdict: sql`json_build_array(${join(verdict)})`,
    showsPersonalData: selected.some(({ category }) => category !== null),
    shown: (key, values) => {
      const matching = of.filter((_, index) => values[index + 1] === true);
      if (matching.length === 0) return null;
      const bits = values.slice(1, first).join();
      const known = decisions.get(bits) ?? decisionFor(candidates, matching, all);
      decisions.set(bits, known);
      const byGlass = matching.every(({ policy }) => policy.entry.breakGlass);
      const decision = byGlass ? { ...known, reason: String(values[0]) } : known;
      const name = isNamed(candidates, decision) ? `${record}/${key}` : record;
      return { record: name, fields: fieldsOf(selected, values.slice(first), decision), decision };
    },
  };
}

/** A key that is nobody's data names the record to whoever may see it; another, to whom it is shown. */
function isNamed({ table }: Candidates, { fields }: Decision): boolean {
  const key = table.columns.get(table.key[0]?.name ?? '');
  return key === undefined || key.category === null || fields[key.id] === 'shown';
}

/** "offset 0" keeps the planner from copying the conditions to every place they are used. */
function lateralOf(candidates: Candidates, asked: AskedFor): Sql {
  const { of, record } = candidates;
  const flag = sql`cross join lateral (
    select ${sensitiveSql(record, asked)} as s, ${quarantinedSql(record, asked)} as q offset 0) flag`;
  const named = of.map((one, index) => {
    const meets = meetsSql(candidates, one, asked);
    return sql`(${meets}${raw(one.special ? '' : ' and not flag.s')}) as ${raw(`c${index}`)}`;
  });
  return named.length === 0 ? flag : sql`${flag} cross join lateral (select ${join(named)} offset 0) may`;
}

/** Which candidates need the column's value: `hidden` needs none. */
const showers = (of: readonly Candidate[], column: MapColumn): readonly number[] =>
  of.flatMap((candidate, index) => {
    const showing = showingOf(candidate, column);
    return showing === null || showing === 'hidden' ? [] : [index];
  });

function columnSql(of: readonly Candidate[], column: MapColumn): Sql {
  const value = ['int', 'boolean'].includes(column.type) ? `this.${column.sql}` : `this.${column.sql}::text`;
  const by = showers(of, column).map((index) => `may.c${index}`);
  return raw(`case when ${by.join(' or ')} then ${value} end`);
}

function fieldsOf(
  columns: readonly MapColumn[],
  values: readonly unknown[],
  { fields }: Decision,
): Shown['fields'] {
  const shown: Record<string, FieldValue> = {};
  for (const [id, showing] of Object.entries(fields)) if (showing === 'hidden') shown[id] = null;
  for (const [index, column] of columns.entries()) {
    const showing = fields[column.id];
    if (showing === undefined) continue;
    const value = valueOf(column, values[index] ?? null);
    shown[column.id] = showing === 'shown' ? value : masked(value, showing);
  }
  return shown;
}

function valueOf({ type }: MapColumn, value: unknown): FieldValue {
  if (typeof value !== 'string') return value as FieldValue;
  return type === 'timestamptz' ? instantText(value) : value;
}
