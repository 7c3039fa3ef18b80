import type { Tx } from '../db/database.js';
import { literal } from '../db/sql.js';
import type { MapTable } from '../datamap/graph.js';
import { sameKey } from '../datamap/key-sql.js';
import { CAUSE, workSelect, type WorkTables } from './work-tables.js';

/** The cause of what stays because rows have its key that do not go. */
export const SHARED_KEY = 'shared-key';

/**
 * Rows go by their key. Where a table has several of one key (two partitions can), and not all of them go, none may: the others
 * would go as well, and what hangs on them. Marks such rows in `hits`; returns whether there are any.
 * @param loose the tables where that can be (see looseKeys)
 */
export async function markSharedKeys(tx: Tx, work: WorkTables, loose: readonly MapTable[]): Promise<boolean> {
  if (loose.length === 0) return false;
  const marked = await tx.script(loose.map((table) => markStatement(work, table)).join(';\n'));
  return marked.some((count) => count > 0);
}

function markStatement(work: WorkTables, table: MapTable): string {
  const gone = work.gone(table);
  const key = (alias: string): string => table.key.map(({ sql }) => `${alias}.${sql}`).join(', ');
  // unlike in the act a join, as the server sees fit: planning asks for very many keys
  const several = `select ${key('child')}, count(*) as lethe_rows from ${table.sql} child
    where (${key('child')}) in (select ${key('gone')} from ${gone} gone) group by ${key('child')} having count(*) > 1`;
  const going = `select count(*) from ${gone} other where ${sameKey(table, 'other', 'several')}`;
  return `insert into ${work.hits(table)} select ${workSelect(work, table, 'gone')}, ${literal(SHARED_KEY)} as ${CAUSE}
    from ${gone} gone join (${several}) several on ${sameKey(table, 'gone', 'several')}
    where several.lethe_rows > (${going})`;
}
