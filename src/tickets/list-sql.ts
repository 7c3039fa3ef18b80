import { guardedRows, type GuardedRows } from '../access/guarded-rows.js';
import type { Candidates } from '../access/decide-access.js';
import { isAlwaysShown } from '../access/fields.js';
import { AGENT, Slot, type SlotValues } from '../access/slots.js';
import { empty, join, raw, sql, type Sql } from '../db/sql.js';
import { askedFor, RULING, type Asked } from './ask.js';
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

export const sortColumn = (sort: TicketSort): string => SORTED[sort.replace('-', '')] ?? 'created_at';

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

/** Values of a filter, for the slots of its predicates. */
export const filterValues = (filter: TicketFilter): SlotValues =>
  Object.fromEntries(
    Object.entries(filter).map(([name, value]) => [
      name,
      LISTED.has(name) && typeof value === 'string' ? [value] : value,
    ]),
  );

const LISTED = new Set(['status', 'priority', 'category', 'channel']);

/** One predicate for each filter that is set; the values are slots. */
function filterSql(filter: TicketFilter): readonly Sql[] {
  const { assigned } = filter;
  const set = Object.entries(filter).filter(([name, value]) => value !== undefined && name !== 'assigned');
  const predicates = set.map(([name]) => {
    const [column, slot] = [raw(`this.${FILTERED[name as keyof TicketFilter]}`), new Slot(name)];
    if (LISTED.has(name)) return sql`${column} = any(${slot}::text[])`;
    return name.endsWith('After')
      ? sql`${column} > ${slot}::timestamptz`
      : sql`${column} < ${slot}::timestamptz`;
  });
  return [
    ...predicates,
    ...(assigned === 'me' ? [sql`this.agent_id = ${AGENT}::bigint`] : []),
    ...(assigned === 'none' ? [sql`this.agent_id is null`] : []),
  ];
}

/** What of an order is in the text of its statement: orders of one shape share one. */
export function shapeOf({ filter, sort, after, count }: ListOrder): string {
  const set = Object.keys(filter).filter((name) => filter[name as keyof TicketFilter] !== undefined);
  return [...set.sort(), filter.assigned, sort, after === undefined ? '' : 'after', count].join();
}

/** What is asked of every row beside the condition is asked of those of the page alone. */
export const ofPage = ({ lateral }: GuardedRows, page: Sql, by: Sql): Sql =>
  lateral === empty ? page : sql`from (select * ${page}) this ${lateral} ${by}`;

export interface ListStatement {
  readonly rows: GuardedRows;
  readonly statement: Sql;
}

/**
 * One page, the condition of the policies in its WHERE, and with `count` how many tickets there are that may be listed:
 *
 *     select (select count(*) …) as count, this.id, … from desk.tickets this
 *     where (they rule) and (policies) and not exists (quarantine) and this.status = any($1) order by … limit 51
 */
export function listStatement(asked: Asked, candidates: Candidates, order: ListOrder): ListStatement {
  const rows = guardedRows(candidates, { ...askedFor(asked), isPermitted: true });
  const { filter, sort, count, after } = order;
  const [name, down] = [sortColumn(sort), sort.startsWith('-')];
  const direction = raw(down ? 'desc' : 'asc');
  const where = join([rows.condition, ...filterSql(filter)], ' and ');
  const type = raw(name === 'number' ? 'text' : 'timestamptz');
  const past = sql`and (this.${raw(name)}, this.id) ${raw(down ? '<' : '>')}
    (${new Slot('value')}::${type}, ${new Slot('key')}::bigint)`;
  const all = count ? sql`(select count(*)::int from desk.tickets this where ${where}) as count,` : empty;
  const by = sql`order by this.${raw(name)} ${direction}, this.id ${direction}`;
  const page = sql`from desk.tickets this
    where ${RULING} and ${where} ${after === undefined ? empty : past} ${by} limit ${new Slot('most')}`;
  return { rows, statement: sql`select ${all} this.id, ${rows.columns} ${ofPage(rows, page, by)}` };
}
