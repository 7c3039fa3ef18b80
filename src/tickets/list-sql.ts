import { guardedRows, type GuardedRows } from '../access/guarded-rows.js';
import type { Candidates } from '../access/decide-access.js';
import { isAlwaysShown } from '../access/fields.js';
import { STAMP } from '../access/policy-cache.js';
import { AGENT } from '../access/slots.js';
import { empty, join, raw, sql, type Sql } from '../db/sql.js';
import { askedFor, type Asked } from './ask.js';
import type { ListPlace } from './list-cursor.js';
import type { ListOrder, TicketFilter, TicketSort } from './list-inputs.js';

/** The ticket's columns that rows are told apart or ordered by. */
const FILTERED: Readonly<Record<keyof TicketFilter, string>> = {
  status: 'status',
  priority: 'priority',
  category: 'category',
  channel: 'channel',
  assigned: 'agent_id',
  createdAfter: 'created_at',
  createdBefore: 'created_at',
  updatedAfter: 'updated_at',
  updatedBefore: 'updated_at',
};

const SORTED: Readonly<Record<string, string>> = {
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  number: 'number',
};

const sortColumn = (sort: TicketSort): string => SORTED[sort.replace('-', '')] ?? 'created_at';

/**
 * Columns the order tells rows apart by that are not shown in full on every row who asks may list: a filter or an order by them
 * would tell what their mask hides.
 */
export function hiddenColumns(candidates: Candidates, { filter, sort }: ListOrder): readonly string[] {
  const asked = Object.keys(filter).filter((name) => filter[name as keyof TicketFilter] !== undefined);
  const columns = [...asked.map((name) => FILTERED[name as keyof TicketFilter]), sortColumn(sort), 'id'];
  return [...new Set(columns)].filter((id) => {
    const column = candidates.table.columns.get(id);
    return !column || !isAlwaysShown(candidates, column);
  });
}

const listed = (value: string | readonly string[]): readonly string[] =>
  typeof value === 'string' ? [value] : value;

/** One predicate for each filter that is set. */
function filterSql(filter: TicketFilter): readonly Sql[] {
  const { assigned, createdAfter, createdBefore, updatedAfter, updatedBefore } = filter;
  const among = (column: string, value?: string | readonly string[]): readonly Sql[] =>
    value === undefined ? [] : [sql`this.${raw(column)} = any(${listed(value)}::text[])`];
  const when = (predicate: Sql, value: unknown): readonly Sql[] => (value === undefined ? [] : [predicate]);
  return [
    ...among('status', filter.status),
    ...among('priority', filter.priority),
    ...among('category', filter.category),
    ...among('channel', filter.channel),
    ...when(sql`this.agent_id = ${AGENT}::bigint`, assigned === 'me' ? assigned : undefined),
    ...when(sql`this.agent_id is null`, assigned === 'none' ? assigned : undefined),
    ...when(sql`this.created_at > ${createdAfter}::timestamptz`, createdAfter),
    ...when(sql`this.created_at < ${createdBefore}::timestamptz`, createdBefore),
    ...when(sql`this.updated_at > ${updatedAfter}::timestamptz`, updatedAfter),
    ...when(sql`this.updated_at < ${updatedBefore}::timestamptz`, updatedBefore),
  ];
}

/** How tickets are listed for these candidates, whatever the filter: compiled once. */
export const listRows = (asked: Asked, candidates: Candidates): GuardedRows =>
  guardedRows(candidates, askedFor(asked));

/**
 * One page, the condition of the policies in its WHERE, and with `count` how many tickets there are that may be listed:
 *
 *     select 0 as place, turn, id::text, sorted, shown from (select this.*, … from desk.tickets this
 *       where (this.status in ('open') or …) and not exists (quarantine) and this.status = any($1) order by … limit 51) …
 *     union all select 1, …, to_json(count) union all select 2, …, to_json(stamp)
 */
export function listStatement(rows: GuardedRows, order: ListOrder, after: ListPlace | null): Sql {
  const { filter, sort, limit, count } = order;
  const [column, down] = [raw(`this.${sortColumn(sort)}`), sort.startsWith('-')];
  const type = raw(sortColumn(sort) === 'number' ? 'text' : 'timestamptz');
  const where = join([rows.condition, ...filterSql(filter)], ' and ');
  const past = after
    ? sql`and (${column}, this.id) ${raw(down ? '<' : '>')} (${after.value}::${type}, ${after.key}::bigint)`
    : empty;
  const direction = raw(down ? 'desc' : 'asc');
  return sql`
    select * from (
      select 0 as place, row_number() over (order by ${column} ${direction}, this.id ${direction}) as turn,
        this.id::text as id, ${column}::text as sorted, ${rows.values} as shown
      from (select * from desk.tickets this where ${where} ${past}
        order by ${column} ${direction}, this.id ${direction} limit ${limit + 1}) this ${rows.lateral}) page
    union all select 1, null, null, null, ${count ? sql`to_json((select count(*) from desk.tickets this where ${where}))` : raw('null')}
    union all select 2, null, null, null, to_json(${STAMP})
    order by place, turn`;
}
