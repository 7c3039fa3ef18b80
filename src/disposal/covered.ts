import type { Tx } from '../db/database.js';
import { joined } from '../datamap/edge-sql.js';
import type { Closure } from '../datamap/closure.js';
import type { DeleteEdge, MapGraph, MapTable } from '../datamap/graph.js';
import { sameKey } from '../datamap/key-sql.js';
import { isWithin } from '../policy/categories.js';
import type { ProtectedRows } from './protections.js';
import { CAUSE, type WorkTables } from './work-tables.js';

/**
 * A protection covers everything that belongs to its record: a held ticket keeps its attachments, also from a rule that
 * is about attachments. Climbs from the roots to the records they belong to, and marks in `hits` the roots whose owners
 * something protects.
 */
export async function markCovered(
  tx: Tx,
  graph: MapGraph,
  work: WorkTables,
  { root }: Closure,
  protections: readonly ProtectedRows[],
): Promise<boolean> {
  const climb = edgesAbove(graph, root);
  const owners = ownersAbove(graph, root);
  const relevant = protections.filter(({ table, covers }) => owners.includes(table) && reaches(covers, root));
  if (relevant.length === 0) return false;
  const names = new Climb(work);
  await tx.script(
    [...[root, ...owners].flatMap((table) => names.create(table)), names.start(root)].join(';\n'),
  );
  await repeat(
    tx,
    climb.map((edge) => names.up(edge)),
  );
  const marked = await tx.script(relevant.map((rows) => names.mark(rows)).join(';\n'));
  if (!marked.some((count) => count > 0)) return false;
  await repeat(
    tx,
    climb.map((edge) => names.down(edge)),
  );
  const [hits = 0] = await tx.script(names.finish(root));
  return hits > 0;
}

/** A floor that names categories keeps only parts that hold data of one of them. */
const reaches = (covers: readonly string[] | undefined, root: MapTable): boolean =>
  covers === undefined ||
  [...root.columns.values()].some(
    ({ category }) => category !== null && covers.some((name) => isWithin(category, name)),
  );

/** The tables whose protection covers the rows of `root`. */
export const ownersAbove = (graph: MapGraph, root: MapTable): readonly MapTable[] => [
  ...new Set(edgesAbove(graph, root).map(({ parent }) => parent)),
];

/** Delete edges on any way from an owner down to the root table. */
function edgesAbove(graph: MapGraph, root: MapTable): readonly DeleteEdge[] {
  const deletes = graph.edges.filter((edge) => edge.then === 'delete');
  const below = new Set<MapTable>([root]);
  for (let size = 0; size !== below.size;) {
    size = below.size;
    for (const { child, parent } of deletes) if (below.has(child)) below.add(parent);
  }
  return deletes.filter(({ child }) => below.has(child));
}

async function repeat(tx: Tx, statements: readonly string[]): Promise<void> {
  let added: readonly number[];
  do added = await tx.script(statements.join(';\n'));
  while (added.some((count) => count > 0));
}

/** The statements of the climb: `owners` holds keys on the way up, `marks` those that are protected, with the cause. */
class Climb {
  constructor(private readonly work: WorkTables) {}

  create(table: MapTable): readonly string[] {
    const columns = key(table, 'this');
    const make = (name: string, select: string): string =>
      `create temporary table if not exists ${name} on commit delete rows as ${select} from ${table.sql} this with no data`;
    return [
      make(this.owners(table), `select ${columns}`),
      make(this.marks(table), `select ${columns}, ''::text as ${CAUSE}`),
      `truncate ${this.owners(table)}, ${this.marks(table)}`,
    ];
  }

  start(root: MapTable): string {
    return `insert into ${this.owners(root)} select ${key(root, 'roots')} from ${this.work.roots(root)} roots`;
  }

  up(edge: DeleteEdge): string {
    const { child, parent } = edge;
    const { links, condition } = joined(edge);
    const reached = `select this.* from ${child.sql} this join ${this.owners(child)} known on ${sameKey(child, 'this', 'known')}`;
    return `insert into ${this.owners(parent)} select ${key(parent, 'parent')} from ${parent.sql} parent, (${reached}) child${links} where ${condition} except table ${this.owners(parent)}`;
  }

  mark({ table, from, where, cause }: ProtectedRows): string {
    const known = `select from ${this.owners(table)} known where ${sameKey(table, 'known', 'this')}`;
    return `insert into ${this.marks(table)} select ${key(table, 'this')}, ${cause} from ${from} where ${where} and exists (${known}) except table ${this.marks(table)}`;
  }

  down(edge: DeleteEdge): string {
    const { child, parent } = edge;
    const { links, condition } = joined(edge);
    const owned = `select this.* from ${child.sql} this join ${this.owners(child)} known on ${sameKey(child, 'this', 'known')}`;
    const owner = `select this.*, marks.${CAUSE} from ${parent.sql} this join ${this.marks(parent)} marks on ${sameKey(parent, 'this', 'marks')}`;
    return `insert into ${this.marks(child)} select ${key(child, 'child')}, parent.${CAUSE} from (${owned}) child, (${owner}) parent${links} where ${condition} except table ${this.marks(child)}`;
  }

  finish(root: MapTable): string {
    return `insert into ${this.work.hits(root)} select roots.*, marks.${CAUSE} from ${this.work.roots(root)} roots join ${this.marks(root)} marks on ${sameKey(root, 'roots', 'marks')} except table ${this.work.hits(root)}`;
  }

  private owners(table: MapTable): string {
    return this.work.named(table, 'owners');
  }

  private marks(table: MapTable): string {
    return this.work.named(table, 'marks');
  }
}

const key = (table: MapTable, alias: string): string =>
  table.key.map(({ sql }) => `${alias}.${sql}`).join(', ');
