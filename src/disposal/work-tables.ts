import { identifier } from '../db/sql.js';
import type { Closure } from '../datamap/closure.js';
import type { DerivedData, MapGraph, MapTable } from '../datamap/graph.js';

/**
 * Temporary tables of a batch, one per inner table: `gone` holds the rows that go (their key and the columns their edges
 * read), `hits` the rows of these that something stops, with the cause. Their names carry the map's digest, they are made
 * at the head of every transaction and emptied by its end: nothing relies on the connection being the same as before.
 */
export interface WorkTables {
  readonly gone: (table: MapTable) => string;
  /** The roots themselves, columns as in `gone`: the root table's `gone` also holds what goes along with them. */
  readonly roots: (root: MapTable) => string;
  readonly hits: (table: MapTable) => string;
  /** A further work table for rows of `table`. */
  readonly named: (table: MapTable, part: string) => string;
  /** What a derived entry's `collect` found; named by its place in the map: closures over one session share the names. */
  readonly collected: (derived: DerivedData) => string;
  /** SQL names of the columns a `gone` table holds. */
  readonly columns: (table: MapTable) => readonly string[];
}

/** Column of `hits`: the protection, or why else a row may not go. */
export const CAUSE = 'lethe_cause';

/** The column when it is made: not text, or every commit would empty a TOAST table and its index as well (0.5 ms). */
export const NO_CAUSE = `''::varchar(100) as ${CAUSE}`;

/**
 * Settings of a transaction that uses work tables: few rows, found by their keys. Compiling such statements costs more than
 * running them, and as a page is mostly in memory looking keys up is cheaper than reading a table.
 */
export const BATCH_SETTINGS =
  'set local jit = off; set local client_min_messages = warning; set local random_page_cost = 1.1';

/** Names and columns of the work tables of a map: the same for every closure over it. */
export function workTables(graph: MapGraph): WorkTables {
  const ids = [...graph.tables.keys()];
  const name = (part: string): string => identifier(`lethe_${graph.digest.slice(0, 10)}_${part}`);
  return {
    gone: (table) => name(`gone${ids.indexOf(table.id)}`),
    roots: (root) => name(`roots${ids.indexOf(root.id)}`),
    hits: (table) => name(`hits${ids.indexOf(table.id)}`),
    named: (table, part) => name(`${part}${ids.indexOf(table.id)}`),
    collected: (derived) => name(`collected${graph.derived.indexOf(derived)}`),
    columns: (table) => workColumns(graph, table),
  };
}

function workColumns(graph: MapGraph, table: MapTable): readonly string[] {
  const read = graph.edges
    .filter((edge) => edge.then !== 'keep' && edge.parent === table)
    .flatMap(({ parentColumns }) => parentColumns);
  return [...new Set([...table.key.map(({ name }) => name), ...read])];
}

/** `this."id", this."uri"`: the columns of a work table, read from row `alias`. */
export const workSelect = (work: WorkTables, table: MapTable, alias: string): string =>
  work
    .columns(table)
    .map((column) => `${alias}.${identifier(column)}`)
    .join(', ');

/** The statements that make the work tables of a closure, types taken from the tables themselves. */
export function createWorkTables(work: WorkTables, { root, inner, derived }: Closure): string {
  const roots = create(work.roots(root), `select ${workSelect(work, root, 'this')} from ${root.sql} this`);
  const tables = inner.flatMap((table) => {
    const columns = workSelect(work, table, 'this');
    return [
      create(work.gone(table), `select ${columns} from ${table.sql} this`),
      create(work.hits(table), `select ${columns}, ${NO_CAUSE} from ${table.sql} this`),
    ];
  });
  const collected = derived.map((entry) =>
    create(work.collected(entry), `with gone as (table ${work.gone(entry.when)}) ${entry.collect}`),
  );
  return [roots, ...tables, ...collected].join(';\n');
}

const create = (name: string, select: string): string =>
  `create temporary table if not exists ${name} on commit delete rows as ${select} with no data`;
