import type { Database, Row } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { raw, sql } from '../db/sql.js';
import type { Instant } from '../core/instant.js';
import { closureOf } from '../datamap/closure.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyArray, keyIn } from '../datamap/key-sql.js';
import { keyText, type RecordRef } from '../datamap/record-ref.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { expandClosure } from './closure-sql.js';
import { floorRows, readProtections } from './protections.js';
import { arrayLiteral, findStopped } from './stopped.js';
import { CAUSE, createWorkTables, workSelect, workTables } from './work-tables.js';

interface Asked {
  readonly now: Instant;
  /** Duties to keep that are in force but not placed as protections yet; named by their digest. */
  readonly floors: readonly RetentionPolicy[];
}

/** Ids of the protections that stop the disposal of this record now, on itself or on anything that would go with it. */
export function heldBy(
  db: Database,
  graph: MapGraph,
  { table, key }: RecordRef,
  { now, floors }: Asked,
): Promise<readonly string[]> {
  const closure = closureOf(graph, table);
  const work = workTables(graph);
  const own = keyIn(table, 'this', arrayLiteral([keyText(key)], keyArray(table).type));
  // nothing is destroyed here; the door is needed for the same work tables that a batch uses
  return throughDoor(db, async (tx) => {
    await tx.script(
      `set local jit = off; set local client_min_messages = warning;\n${createWorkTables(work, closure)}`,
    );
    await tx.script(
      `insert into ${work.roots(table)} select ${workSelect(work, table, 'this')} from ${table.sql} this where ${own};\ninsert into ${work.gone(table)} table ${work.roots(table)}`,
    );
    await expandClosure(tx, work, closure);
    const moment = { asOf: now, now };
    const protections = [
      ...(await readProtections(tx, graph, moment)),
      ...floors.map((policy) => floorRows(policy, moment)),
    ];
    if (!(await findStopped(tx, { graph, work, closure }, protections))) return [];
    const { rows } = await tx.query<Row & { cause: string }>(sql`
      select distinct ${raw(CAUSE)} as cause from ${raw(work.hits(table))} this where ${raw(own)} order by 1`);
    return rows.map(({ cause }) => cause);
  });
}
