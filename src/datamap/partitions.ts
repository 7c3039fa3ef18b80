import type { Queryable, Row } from '../db/database.js';
import { identifier, sql } from '../db/sql.js';
import type { MapTable } from './graph.js';

/** How the server stores a table in parts. */
export interface Partitioning {
  readonly strategy: 'range' | 'list' | 'hash';
  /** Columns of the partition key; null stands for an expression. */
  readonly columns: readonly (string | null)[];
  /** The current user owns the table, which detaching asks for. */
  readonly isOwned: boolean;
  /** Names of triggers and rules of the table itself that fire for deleted rows. */
  readonly deleteTriggers: readonly string[];
  /** Some unique index of the table covers the map's key: no two partitions hold the same key. */
  readonly isKeyUnique: boolean;
  /** By their bounds as the server prints them. */
  readonly partitions: readonly Partition[];
}

/** A direct partition, as the system catalogue names it. */
export interface Partition {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** Quoted. */
  readonly sql: string;
  readonly kind: 'table' | 'partitioned' | 'foreign table';
  /** It takes what fits nowhere else: rows of any age, and those without a value in the key. */
  readonly isDefault: boolean;
  readonly isOwned: boolean;
  readonly deleteTriggers: readonly string[];
  readonly hidesRows: boolean;
}

interface PartitioningRow extends Row, Omit<Partitioning, 'partitions' | 'isKeyUnique'> {
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly partitions: readonly Omit<Partition, 'sql'>[];
}

/** Reads how a mapped table is partitioned now; null when it is not. */
export async function readPartitioning(db: Queryable, table: MapTable): Promise<Partitioning | null> {
  const { rows } = await db.query<PartitioningRow>(partitioningQuery(table));
  const [row] = rows;
  if (!row) return null;
  const { strategy, columns, isOwned, deleteTriggers, uniqueKeys, partitions } = row;
  const key = table.key.map(({ name }) => name);
  return {
    strategy,
    columns,
    isOwned,
    deleteTriggers,
    isKeyUnique: uniqueKeys.some((unique) => unique.every((column) => key.includes(column))),
    partitions: partitions.map((partition) => ({
      ...partition,
      sql: `${identifier(partition.schema)}.${identifier(partition.name)}`,
    })),
  };
}

const partitioningQuery = ({ schema, name }: MapTable) => sql`
  select case p.partstrat when 'r' then 'range' when 'l' then 'list' else 'hash' end as strategy,
    array(select a.attname::text from unnest(p.partattrs::int2[]) with ordinality k(no, place)
          left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.no and k.no > 0 order by k.place) as columns,
    pg_has_role(c.relowner, 'USAGE') as "isOwned", ${deleteTriggersOf('c')} as "deleteTriggers",
    (select coalesce(jsonb_agg((
       select jsonb_agg(a.attname) from pg_attribute a
       where a.attrelid = c.oid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1]))), '[]')
     from pg_index i
     where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null) as "uniqueKeys",
    (select coalesce(jsonb_agg(jsonb_build_object('oid', r.oid::text, 'schema', n.nspname, 'name', r.relname,
       'kind', case r.relkind when 'r' then 'table' when 'p' then 'partitioned' else 'foreign table' end,
       'isDefault', r.oid = p.partdefid, 'isOwned', pg_has_role(r.relowner, 'USAGE'),
       'deleteTriggers', ${deleteTriggersOf('r')}, 'hidesRows', row_security_active(r.oid) or row_security_active(c.oid))
       order by pg_get_expr(r.relpartbound, r.oid), r.relname), '[]')
     from pg_inherits i join pg_class r on r.oid = i.inhrelid join pg_namespace n on n.oid = r.relnamespace
     where i.inhparent = c.oid and not i.inhdetachpending) as partitions
  from pg_partitioned_table p join pg_class c on c.oid = p.partrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = ${schema} and c.relname = ${name}`;

/** Bit 8 of tgtype: DELETE. Those that keep foreign keys are internal; what they refuse, detaching refuses. */
const deleteTriggersOf = (relation: 'c' | 'r') => {
  const oid = relation === 'c' ? sql`c.oid` : sql`r.oid`;
  return sql`(
    select coalesce(jsonb_agg(name order by name), '[]') from (
      select t.tgname::text as name from pg_trigger t
      where t.tgrelid = ${oid} and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 8 <> 0
      union all
      select w.rulename::text from pg_rewrite w where w.ev_class = ${oid} and w.ev_type = '4') fires)`;
};

/**
 * Why a partition can never be dropped as a whole, however due its rows: they go one by one then. Null: it can.
 * The map's promise is checked here as well as by the doctor, because tables change between two looks at them.
 */
export function whyNeverDropped(
  table: MapTable,
  { strategy, columns, isOwned, deleteTriggers }: Partitioning,
  partition: Partition,
): string | null {
  const triggers = [...deleteTriggers, ...partition.deleteTriggers];
  if (strategy !== 'range' || columns.length !== 1 || columns[0] !== table.partitionedBy)
    return `the table is not partitioned by ranges of ${table.partitionedBy ?? 'a column'}`;
  if (partition.isDefault) return 'it is the default partition';
  if (partition.kind === 'partitioned') return 'it has partitions of its own';
  if (partition.kind === 'foreign table') return 'it is a foreign table';
  if (!isOwned || !partition.isOwned) return 'this user does not own it';
  if (triggers.length > 0) return `dropping it would not fire ${triggers.join(', ')}`;
  if (partition.hidesRows) return 'row level security hides rows of it';
  return null;
}
