import type { ClearEdge, DeleteEdge, DerivedData, MapGraph, MapTable } from './graph.js';

/** A group of tables whose edges lead back to themselves; mostly one table, without a cycle. */
export interface Component {
  readonly tables: readonly MapTable[];
  /** Edges between the group's own tables: followed again until nothing is added. */
  readonly inside: readonly DeleteEdge[];
  /** Edges from tables of earlier groups. */
  readonly incoming: readonly DeleteEdge[];
}

/** Everything that goes with one root table's rows: pure, from the map alone. */
export interface Closure {
  readonly root: MapTable;
  /** All tables that lose rows, children before parents as the edges say. */
  readonly tables: readonly MapTable[];
  /** Tables whose doomed rows must be known by key before anything is deleted. */
  readonly inner: readonly MapTable[];
  /** The inner tables' groups, parents first. */
  readonly components: readonly Component[];
  readonly edges: readonly DeleteEdge[];
  /** Edges of children that go only with their last owner, also from parents outside the closure. */
  readonly owners: readonly DeleteEdge[];
  readonly clears: readonly ClearEdge[];
  readonly derived: readonly DerivedData[];
}

/** Works out the closure of `root`: the delete edges reachable from it, by groups, parents first. */
export function closureOf(graph: MapGraph, root: MapTable): Closure {
  const deletes = graph.edges.filter((edge) => edge.then === 'delete');
  const reachable = reachability(deletes);
  const from = (table: MapTable): ReadonlySet<MapTable> => reachable.get(table) ?? new Set();
  const tables = [root, ...[...from(root)].filter((table) => table !== root)];
  const edges = deletes.filter((edge) => tables.includes(edge.parent));
  const clears = graph.edges.filter(
    (edge) => edge.then === 'clear' && tables.includes(edge.parent),
  ) as ClearEdge[];
  const derived = graph.derived.filter(({ when }) => tables.includes(when));
  const inner = tables.filter((table) => table === root || mustBeKnown(table, edges, clears, derived));
  // without those of its own cycle: a table behind a cycle must come after all of it
  const ancestors = (table: MapTable): number =>
    tables.filter((other) => from(other).has(table) && !from(table).has(other)).length;
  const parentsFirst = (a: MapTable, b: MapTable): number => ancestors(a) - ancestors(b);
  return {
    root,
    tables: tables.toSorted((a, b) => parentsFirst(b, a)),
    inner,
    components: components(inner.toSorted(parentsFirst), edges, from),
    edges,
    owners: deletes.filter(({ lastParent }) => lastParent),
    clears,
    derived,
  };
}

/** A leaf's rows are found through its parents while these still stand; rows reached in other ways must be collected. */
function mustBeKnown(
  table: MapTable,
  edges: readonly DeleteEdge[],
  clears: readonly ClearEdge[],
  derived: readonly DerivedData[],
): boolean {
  return (
    edges.some((edge) => edge.parent === table) ||
    clears.some((edge) => edge.parent === table) ||
    derived.some(({ when }) => when === table) ||
    edges.some((edge) => edge.child === table && (edge.via.length > 0 || edge.lastParent))
  );
}

/** For every table, the tables its rows take along. */
function reachability(edges: readonly DeleteEdge[]): ReadonlyMap<MapTable, ReadonlySet<MapTable>> {
  const reached = new Map<MapTable, Set<MapTable>>();
  const visit = (from: Set<MapTable>, table: MapTable): void => {
    for (const { parent, child } of edges) {
      if (parent !== table || from.has(child)) continue;
      from.add(child);
      visit(from, child);
    }
  };
  for (const { parent } of edges) {
    if (reached.has(parent)) continue;
    const from = new Set<MapTable>();
    visit(from, parent);
    reached.set(parent, from);
  }
  return reached;
}

function components(
  parentsFirst: readonly MapTable[],
  edges: readonly DeleteEdge[],
  from: (table: MapTable) => ReadonlySet<MapTable>,
): readonly Component[] {
  const groups: MapTable[][] = [];
  for (const table of parentsFirst) {
    const group = groups.find(([first]) => first && from(first).has(table) && from(table).has(first));
    if (group) group.push(table);
    else groups.push([table]);
  }
  return groups.map((tables) => {
    const into = edges.filter(({ child }) => tables.includes(child));
    return {
      tables,
      inside: into.filter(({ parent }) => tables.includes(parent)),
      incoming: into.filter(({ parent }) => !tables.includes(parent)),
    };
  });
}

/** A foreign key the server enforces: rows of `child` must go before the rows of `parent` they refer to. */
export interface ForeignKey {
  readonly child: string;
  readonly parent: string;
  readonly childColumns: readonly string[];
  readonly parentColumns: readonly string[];
}

/** The order of the deletes: children first by the edges, but where a foreign key says otherwise it decides. */
export function deleteOrder(closure: Closure, foreignKeys: readonly ForeignKey[]): readonly MapTable[] {
  const order: MapTable[] = [];
  const seen = new Set<MapTable>();
  const visit = (table: MapTable): void => {
    if (seen.has(table)) return;
    seen.add(table);
    for (const other of closure.tables)
      if (foreignKeys.some((key) => key.child === other.sql && key.parent === table.sql)) visit(other);
    order.push(table);
  };
  for (const table of closure.tables) visit(table);
  return order;
}
