import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { MapTable } from './graph.js';

/**
 * Tables of which nothing keeps the map's key to one row: partitioned ones whose unique indexes hold the column they are made by
 * as well, parents of inheritance, foreign tables, and those that lost their index since the doctor looked.
 */
export async function looseKeys(db: Queryable, tables: readonly MapTable[]): Promise<readonly MapTable[]> {
  const keyed = tables.filter(({ key }) => key.length > 0);
  const { rows } = await db.query<
    Row & { schema: string; name: string; keys: readonly (readonly string[])[] }
  >(sql`
    select n.nspname as schema, c.relname as name,
      (select coalesce(jsonb_agg((
         select jsonb_agg(a.attname) from pg_attribute a
         where a.attrelid = c.oid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1]))), '[]')
       from pg_index i
       where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
         and (c.relkind = 'p' or not exists (select from pg_inherits h where h.inhparent = c.oid))) as keys
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where (n.nspname, c.relname) in (
      select schema, name from unnest(${keyed.map(({ schema }) => schema)}::text[], ${keyed.map(({ name }) => name)}::text[]) t(schema, name))`);
  return keyed.filter((table) => {
    const found = rows.find(({ schema, name }) => schema === table.schema && name === table.name);
    const names = table.key.map(({ name }) => name);
    return !found?.keys.some((unique) => unique.every((column) => names.includes(column)));
  });
}
