import type { Row } from '../db/database.js';
import { instantText } from '../db/values.js';
import { empty, join, raw, sql, type Sql } from '../db/sql.js';
import type { MapColumn } from '../datamap/graph.js';
import type { Value } from '../encryption/encryption.js';
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
import type { ProtectedValues } from './protected-values.js';

/** A record as it may be shown. */
export interface Shown {
  /** `message/5`; `customer` alone where its key is personal data that is not shown. */
  readonly record: string;
  /** Values by column: bigint, numeric and instants as text. What may not be shown is not there. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** In a list, columns that would be shown and cannot be decrypted any more, each with the error's code; absent: none. */
  readonly unreadable?: Readonly<Record<string, string>>;
  readonly decision: Decision;
}
export type FieldValue = string | number | boolean | null;

/** How rows of one record are selected and shown to whoever the candidates are of. */
export interface GuardedRows {
  readonly candidates: Candidates;
  /** `cross join lateral (…) flag cross join lateral (…) may`: what is asked of the row, evaluated once; `empty`: nothing. */
  readonly lateral: Sql;
  /** Beside the lateral, for WHERE: nobody sees the row. */
  readonly hidden: Sql;
  /** Some candidate matches. */
  readonly permitted: Sql;
  /** The same as a condition of its own, for WHERE, where an index may serve. */
  readonly condition: Sql;
  /** The break-glass grant, the booleans, then the columns, as JSON; null: no candidate matches. */
  readonly values: Sql;
  /** The same as columns `v0`, `v1`, … of a row that is permitted: for many rows cheaper than JSON. */
  readonly columns: Sql;
  /** Its values in that order. */
  valuesOf(row: Row): readonly unknown[];
  /** The same without the columns: enough for the decision. */
  readonly verdict: Sql;
  /** Some candidate shows some personal data. */
  readonly showsPersonalData: boolean;
  /**
   * What may be shown of a row with these values; null: nothing, no candidate matches. Protected columns are shown as nothing until
   * `sealed`, which collects them, is decrypted.
   */
  shown(key: string, values: readonly unknown[] | null, sealed?: ProtectedValues): Shown | null;
}

/**
 * Compiles what a set of candidates may see of a record's rows. A column that none of them shows is not selected, and one that
 * only some show is null beside the rows these do not match: it never leaves the database for nobody.
 */
export function guardedRows(candidates: Candidates, asked: AskedFor): GuardedRows {
  const { of, record, table } = candidates;
  const all = [...table.columns.values()].filter(({ type }) => type !== 'bytes');
  const selected = all.filter((column) => showers(of, column).length > 0);
  const { lateral, flags } = lateralOf(candidates, asked);
  const permitted = flags.length === 0 ? raw('false') : raw(`(${flags.join(' or ')})`);
  const verdict = [brokenGlassSql(candidates), ...flags.map(raw)];
  const columns = selected.map((column) => columnSql(of, flags, column, jsonOf(column)));
  const plain = selected.map((column) => columnSql(of, flags, column, `this.${column.sql}`));
  const cells = [...verdict, ...plain].map((value, index) => cellOf(value, index));
  const selectedCells = cells.flatMap(({ selected: cell }) => cell ?? []);
  const views = new Map<string, RowView>();
  return {
    candidates,
    lateral,
    hidden: raw('flag.q'),
    permitted,
    condition: sql`${anyMatchesSql(candidates, of, asked)} and not ${quarantinedSql(record, asked)}`,
    values: sql`case when ${permitted} then json_build_array(${join([...verdict, ...columns])}) end`,
    columns: selectedCells.length === 0 ? raw('true as permitted') : join(selectedCells),
    valuesOf: (row) => cells.map((cell) => cell.read(row)),
    verdict: sql`case when ${permitted} then json_build_array(${join(verdict)}) end`,
    showsPersonalData: selected.some(({ category }) => category !== null),
    shown: (key, values, sealed) => {
      if (values === null) return null;
      const bits = of.length === 1 ? String(values[1]) : values.slice(1, verdict.length).join();
      let view = views.get(bits);
      if (!view) {
        const matching = of.filter((_, index) => values[index + 1] === true);
        view = rowView(candidates, matching, all, selected);
        views.set(bits, view);
      }
      const { decision, isNamed, byGlass } = view;
      const lost: Record<string, string> = {};
      const fields = fieldsOf(view, values.slice(verdict.length), (column, value, show) => {
        sealed?.add(table, column, key, value, show, (code) => {
          lost[column] = code;
          shown.unreadable = lost;
        });
      });
      const shown: { -readonly [Name in keyof Shown]: Shown[Name] } = {
        record: isNamed ? `${record}/${key}` : record,
        fields,
        decision: byGlass ? { ...decision, reason: String(values[0]) } : decision,
      };
      return shown;
    },
  };
}

interface Cell {
  /** Null: it is the same in every row and need not come from the database. */
  readonly selected: Sql | null;
  read(row: Row): unknown;
}

function cellOf(value: Sql, index: number): Cell {
  const { text } = value;
  if (text === 'null' || text === 'true') return { selected: null, read: () => text === 'true' || null };
  const name = `v${index}`;
  return { selected: sql`${value} as ${raw(name)}`, read: (row) => row[name] };
}

/** How rows that the same candidates match are shown: found once. */
interface RowView {
  readonly decision: Decision;
  readonly byGlass: boolean;
  /** A key that is nobody's data names the record to whoever may see it; another, to whom it is shown. */
  readonly isNamed: boolean;
  /** `at`: the column's place among those selected; null: it is shown as nothing. */
  readonly fields: readonly FieldView[];
}
interface FieldView {
  readonly id: string;
  readonly at: number | null;
  readonly show: Show;
  readonly isProtected: boolean;
}
type Show = (value: unknown) => FieldValue;

function rowView(
  candidates: Candidates,
  matching: readonly Candidate[],
  all: readonly MapColumn[],
  selected: readonly MapColumn[],
): RowView {
  const { table } = candidates;
  const decision = decisionFor(candidates, matching, all);
  const key = table.columns.get(table.key[0]?.name ?? '');
  const fields = all.flatMap((column) => {
    const showing = decision.fields[column.id];
    if (showing === undefined) return [];
    const at = showing === 'hidden' ? null : selected.indexOf(column);
    const show: Show =
      showing === 'shown' ? showOf(column) : (value) => masked(showOf(column)(value), showing);
    return [{ id: column.id, at, show, isProtected: column.isProtected }];
  });
  return {
    decision,
    byGlass: matching.every(({ policy }) => policy.entry.breakGlass),
    isNamed: key === undefined || key.category === null || decision.fields[key.id] === 'shown',
    fields,
  };
}

/**
 * What is the same for every column of a row, evaluated once: whether it is flagged, and whether each candidate matches. "offset 0"
 * keeps the planner from copying the conditions to every place they are used; what needs no condition needs no place.
 */
function lateralOf(
  candidates: Candidates,
  asked: AskedFor,
): { readonly lateral: Sql; readonly flags: readonly string[] } {
  const { of, record } = candidates;
  const { isPermitted = false } = asked;
  if (isPermitted && of.length === 1) return { lateral: empty, flags: ['true'] };
  // rows that only ordinary policies permitted are not flagged
  const unflagged = isPermitted && !of.some(({ special }) => special);
  const meets = of.map((one) => meetsSql(candidates, one, asked));
  const flags = meets.map(({ text }, index) => {
    const holds = text === 'true' ? 'true' : `may.c${index}`;
    return of[index]?.special || unflagged ? holds : `(${holds} and not flag.s)`;
  });
  const named = meets.flatMap((meet, index) =>
    meet.text === 'true' ? [] : [sql`(${meet}) as ${raw(`c${index}`)}`],
  );
  const sensitive = of.length === 0 ? raw('null') : sensitiveSql(record, asked);
  const flag = sql`cross join lateral (
    select ${sensitive} as s, ${quarantinedSql(record, asked)} as q offset 0) flag`;
  const may = sql`cross join lateral (select ${named.length === 0 ? empty : join(named)} offset 0) may`;
  const asks = [...(unflagged ? [] : [flag]), ...(named.length === 0 ? [] : [may])];
  return { lateral: asks.length === 0 ? empty : join(asks, ' '), flags };
}

/** Which candidates need the column's value: `hidden` needs none. */
const showers = (of: readonly Candidate[], column: MapColumn): readonly number[] =>
  of.flatMap((candidate, index) => {
    const showing = showingOf(candidate, column);
    return showing === null || showing === 'hidden' ? [] : [index];
  });

/** As JSON carries it whole: a number beyond 2^53 would be another one. */
const jsonOf = ({ type, sql: name }: MapColumn): string =>
  ['int', 'boolean'].includes(type) ? `this.${name}` : `this.${name}::text`;

/** Beside a row that is permitted at all; a column that not every candidate shows asks which of them match. */
function columnSql(
  of: readonly Candidate[],
  flags: readonly string[],
  column: MapColumn,
  value: string,
): Sql {
  const by = showers(of, column);
  if (by.length === of.length) return raw(value);
  return raw(`case when ${by.map((index) => flags[index]).join(' or ')} then ${value} end`);
}

/** Later: hands over what must be decrypted before it can be shown. */
type Seal = (column: string, value: Value, show: (value: Value) => void) => void;

function fieldsOf({ fields }: RowView, values: readonly unknown[], seal: Seal): Shown['fields'] {
  const shown: Record<string, FieldValue> = {};
  for (const { id, at, show, isProtected } of fields) {
    const value = at === null ? null : (values[at] ?? null);
    const isSealed = isProtected && value !== null;
    shown[id] = isSealed || at === null ? null : show(value);
    if (isSealed)
      seal(id, value as Value, (plain) => {
        shown[id] = show(plain);
      });
  }
  return shown;
}

const asIs: Show = (value) => value as FieldValue;
const showOf = ({ type }: MapColumn): Show =>
  type === 'timestamptz' ? (value) => (typeof value === 'string' ? instantText(value) : null) : asIs;
