import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { error, type Finding } from '../datamap/finding.js';
import type { MapGraph } from '../datamap/graph.js';
import { listed } from './listed.js';

type Guarded = Row & { schema: string; table: string; columns: readonly string[] };

/**
 * Columns that the first encryption has put under guard and that the map in use does not protect: another map, or one that was
 * changed since. Whoever reads them by it is shown envelopes.
 */
export async function encryptedUnprotected(db: Queryable, graph: MapGraph): Promise<readonly Finding[]> {
  return (await guardedColumns(db)).flatMap(({ schema, table, columns }) => {
    const mapped = [...graph.tables.values()].find((one) => one.schema === schema && one.name === table);
    const known = new Set((mapped?.protected?.columns ?? []).map(({ name }) => name));
    const open = columns.filter((name) => !known.has(name));
    if (open.length === 0) return [];
    return [
      error(
        'encrypted_unprotected',
        `${schema}.${table}`,
        `${listed(open)} are stored encrypted, and the map does not protect them: whoever reads them is shown ciphertext. Put them into "protected" again`,
      ),
    ];
  });
}

/** By the triggers of the first encryption, and the constraints that are there after it. */
async function guardedColumns(db: Queryable): Promise<readonly Guarded[]> {
  const { rows } = await db.query<Guarded>(sql`
    select n.nspname as schema, t.relname as "table", array_agg(distinct a.attname::text order by a.attname::text) as columns
    from (
      select conrelid as relation, conkey as numbers from pg_catalog.pg_constraint where conname = 'lethe_encrypted'
      union all
      select tgrelid, tgattr::int2[] from pg_catalog.pg_trigger where tgname = 'lethe_refuses_updated'
    ) guard
    join pg_catalog.pg_class t on t.oid = guard.relation
    join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = any(guard.numbers)
    group by n.nspname, t.relname order by 1, 2`);
  return rows;
}
