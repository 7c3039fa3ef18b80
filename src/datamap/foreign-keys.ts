import type { Queryable, Row } from '../db/database.js';
import { identifier, sql } from '../db/sql.js';
import type { ForeignKey } from './closure.js';
import type { MapEdge } from './graph.js';

interface ForeignKeyRow extends Row {
  readonly child_schema: string;
  readonly child: string;
  readonly parent_schema: string;
  readonly parent: string;
  readonly child_columns: readonly string[];
  readonly parent_columns: readonly string[];
}

/** The foreign keys the server enforces now, tables as quoted names. */
export async function readForeignKeys(db: Queryable): Promise<readonly ForeignKey[]> {
  const { rows } = await db.query<ForeignKeyRow>(sql`
    select cn.nspname as child_schema, c.relname as child, pn.nspname as parent_schema, p.relname as parent,
      array(select a.attname::text from unnest(k.conkey) with ordinality u(no, place)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.no order by u.place) as child_columns,
      array(select a.attname::text from unnest(k.confkey) with ordinality u(no, place)
            join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.no order by u.place) as parent_columns
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_namespace cn on cn.oid = c.relnamespace
    join pg_class p on p.oid = k.confrelid
    join pg_namespace pn on pn.oid = p.relnamespace
    where k.contype = 'f' and k.convalidated`);
  return rows.map((row) => ({
    child: `${identifier(row.child_schema)}.${identifier(row.child)}`,
    parent: `${identifier(row.parent_schema)}.${identifier(row.parent)}`,
    childColumns: row.child_columns,
    parentColumns: row.parent_columns,
  }));
}

/** Whether the server itself refuses a late child of this edge: then nothing has to be swept afterwards. */
export function isGuarded(edge: MapEdge, foreignKeys: readonly ForeignKey[]): boolean {
  if (edge.via.length > 0) return false;
  const matches = edge.on.map(({ childColumn, parentSql }) => `${childColumn}=${parentSql}`).sort();
  return foreignKeys.some(
    (key) =>
      key.child === edge.child.sql &&
      key.parent === edge.parent.sql &&
      key.childColumns
        .map((column, index) => `${column}=parent.${identifier(key.parentColumns[index] ?? '')}`)
        .sort()
        .join() === matches.join(),
  );
}
