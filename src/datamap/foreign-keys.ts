import type { Queryable, Row } from '../db/database.js';
import { identifier, sql } from '../db/sql.js';
import type { ForeignKey } from './closure.js';
import type { MapEdge } from './graph.js';

/** What the server does with the referring rows when the row they refer to is deleted. */
export type OnDelete = 'refuse' | 'cascade' | 'set null' | 'set default';

export interface ServerForeignKey extends ForeignKey {
  readonly name: string;
  readonly onDelete: OnDelete;
}

interface ForeignKeyRow extends Row {
  readonly name: string;
  readonly on_delete: OnDelete;
  readonly child_schema: string;
  readonly child: string;
  readonly parent_schema: string;
  readonly parent: string;
  readonly child_columns: readonly string[];
  readonly parent_columns: readonly string[];
}

/**
 * The foreign keys the server enforces now, tables as quoted names. One that is NOT VALID still refuses deletes and new
 * rows, so it counts; one that is NOT ENFORCED (from PostgreSQL 18 on) does neither.
 */
export async function readForeignKeys(db: Queryable): Promise<readonly ServerForeignKey[]> {
  const { rows } = await db.query<ForeignKeyRow>(sql`
    select k.conname::text as name, cn.nspname as child_schema, c.relname as child, pn.nspname as parent_schema,
      p.relname as parent,
      case k.confdeltype when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' else 'refuse' end as on_delete,
      array(select a.attname::text from unnest(k.conkey) with ordinality u(no, place)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.no order by u.place) as child_columns,
      array(select a.attname::text from unnest(k.confkey) with ordinality u(no, place)
            join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.no order by u.place) as parent_columns
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_namespace cn on cn.oid = c.relnamespace
    join pg_class p on p.oid = k.confrelid
    join pg_namespace pn on pn.oid = p.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and to_jsonb(k) ->> 'conenforced' is distinct from 'false'`);
  return rows.map((row) => ({
    name: row.name,
    onDelete: row.on_delete,
    child: `${identifier(row.child_schema)}.${identifier(row.child)}`,
    parent: `${identifier(row.parent_schema)}.${identifier(row.parent)}`,
    childColumns: row.child_columns,
    parentColumns: row.parent_columns,
  }));
}

/** Whether the server itself refuses a late child of this edge: then nothing has to be swept afterwards. */
export function isGuarded(edge: MapEdge, foreignKeys: readonly ForeignKey[]): boolean {
  return foreignKeys.some((key) => isOnEdge(key, edge));
}

/** Whether the edge goes against the foreign key: its parent holds the reference to its child. */
export const isAgainstEdge = (key: ForeignKey, edge: MapEdge): boolean =>
  isOnEdge(
    {
      child: key.parent,
      parent: key.child,
      childColumns: key.parentColumns,
      parentColumns: key.childColumns,
    },
    edge,
  );

/** Whether the foreign key joins the same columns of the same tables as the edge. */
export function isOnEdge(key: ForeignKey, edge: MapEdge): boolean {
  if (edge.via.length > 0 || key.child !== edge.child.sql || key.parent !== edge.parent.sql) return false;
  const matches = edge.on.map(({ childColumn, parentSql }) => `${childColumn}=${parentSql}`).sort();
  const columns = key.childColumns.map(
    (column, index) => `${column}=parent.${identifier(key.parentColumns[index] ?? '')}`,
  );
  return columns.sort().join() === matches.join();
}
