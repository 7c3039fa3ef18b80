import { literal, raw, sql } from '../db/sql.js';
import type { Tx } from '../db/database.js';
import { joined } from '../datamap/edge-sql.js';
import type { Closure } from '../datamap/closure.js';
import type { DeleteEdge, MapGraph, MapTable } from '../datamap/graph.js';
import { keyAmong, sameKey } from '../datamap/key-sql.js';
import { leafEdges } from './closure-sql.js';
import { markCovered } from './covered.js';
import type { ProtectedRows } from './protections.js';
import { CAUSE, workSelect, type WorkTables } from './work-tables.js';

/**
 * Finds out what of the closure in the `gone` tables may not go, and carries each finding up the edges to the roots: a
 * protection on any record of the closure protects its root. Fills the `hits` tables; returns whether there are any.
 * `marked`: some are in there already.
 */
export async function findStopped(
  tx: Tx,
  { graph, work, closure }: Disposal,
  protections: readonly ProtectedRows[],
  marked = false,
): Promise<boolean> {
  const covered = await markCovered(tx, graph, work, closure, protections);
  const statements = protectionHits(work, closure, protections);
  const found = statements.length > 0 ? await tx.script(statements.join(';\n')) : [];
  if (!marked && !covered && !found.some((count) => count > 0)) return false;
  const upward = closure.edges
    .filter(({ child }) => closure.inner.includes(child))
    .map((edge) => hitParents(work, edge, hitRows(work, edge.child)));
  while (upward.length > 0) {
    const added = await tx.script(upward.join(';\n'));
    if (!added.some((count) => count > 0)) break;
  }
  return true;
}

/** A closure about to be disposed of, with its work tables. */
export interface Disposal {
  readonly graph: MapGraph;
  readonly work: WorkTables;
  readonly closure: Closure;
}

/** Statements that mark the rows of the closure which protections name. */
function protectionHits(
  work: WorkTables,
  closure: Closure,
  protections: readonly ProtectedRows[],
): readonly string[] {
  return protections.flatMap((rows) => {
    const { table } = rows;
    if (closure.inner.includes(table)) return [hitInner(work, rows)];
    const marked = `select this.*, ${rows.cause} as ${CAUSE} from ${rows.from} where ${rows.where}`;
    return leafEdges(closure, table).map((edge) => hitParents(work, edge, marked));
  });
}

/** OFFSET keeps the planner from evaluating the condition, which may be costly, for rows that do not go. */
function hitInner(work: WorkTables, { table, from, where, cause }: ProtectedRows): string {
  const columns = workSelect(work, table, 'this');
  const same = `select from ${work.gone(table)} gone where ${sameKey(table, 'gone', 'this')}`;
  const going = `select this.*, ${cause} as ${CAUSE} from ${from} where exists (${same}) offset 0`;
  return `insert into ${work.hits(table)} select ${columns}, this.${CAUSE} from (${going}) this where ${where}`;
}

/** Marks the rows of the root table that go along but are not among the locked ones; returns whether there are any. */
export async function markUnlocked(
  tx: Tx,
  work: WorkTables,
  { root }: Closure,
  locked: readonly string[],
): Promise<boolean> {
  const { count } = await tx.query(sql`
    insert into ${raw(work.hits(root))} select ${raw(workSelect(work, root, 'gone'))}, 'busy'
    from ${raw(work.gone(root))} gone where not (${keyAmong(root, 'gone', locked)})`);
  return count > 0;
}

/** The rows of an inner table that are marked already, with all their columns. */
const hitRows = (work: WorkTables, table: MapTable): string =>
  `select this.*, hits.${CAUSE} from ${table.sql} this join ${work.hits(table)} hits on ${sameKey(table, 'this', 'hits')}`;

/** Marks the parents, among the rows that go, of the child rows in `marked`. */
function hitParents(work: WorkTables, edge: DeleteEdge, marked: string): string {
  const { parent } = edge;
  const { links, condition } = joined(edge);
  const columns = workSelect(work, parent, 'parent');
  return `insert into ${work.hits(parent)} select ${columns}, child.${CAUSE} from ${work.gone(parent)} parent, (${marked}) child${links} where ${condition} except table ${work.hits(parent)}`;
}

/** An array of keys as literal, for statements that take no parameters. */
export const arrayLiteral = (keys: readonly string[], type: string): string =>
  keys.length === 0 ? `'{}'::${type}[]` : `array[${keys.map(literal).join(', ')}]::${type}[]`;
