import { identifier, literal } from '../db/sql.js';
import type { Tx } from '../db/database.js';
import { belongsTo, joined } from '../datamap/edge-sql.js';
import { deleteOrder, type Closure, type Component, type ForeignKey } from '../datamap/closure.js';
import { isGuarded } from '../datamap/foreign-keys.js';
import type { ClearEdge, DeleteEdge, MapTable } from '../datamap/graph.js';
import { sameKey } from '../datamap/key-sql.js';
import { COUNT_ALONE } from './gate.js';
import { workSelect, type WorkTables } from './work-tables.js';

/** How the `gone` tables are filled. */
export interface Expansion {
  /** Statements that go along in the first message. */
  readonly first?: readonly string[];
  /** Gathers statistics on what was filled in: worth it above some thousand roots. */
  readonly analyze?: boolean;
}

/** Fills the `gone` tables from the roots in the root table's: groups in order, parents first, cycles until nothing is added. */
export async function expandClosure(
  tx: Tx,
  work: WorkTables,
  closure: Closure,
  { first = [], analyze = false }: Expansion = {},
): Promise<void> {
  let pending = [...first];
  for (const component of closure.components) {
    pending.push(...additions(work, closure, component, component.incoming));
    if (component.inside.length > 0) {
      await runAll(tx, pending);
      pending = [];
      await repeatInside(tx, work, closure, component);
    }
    if (analyze) pending.push(...component.tables.map((table) => `analyze ${work.gone(table)}`));
  }
  await runAll(tx, pending);
}

/** Only the root table's own group: which rows of the root table go along with the roots. */
export async function expandRoots(tx: Tx, work: WorkTables, closure: Closure): Promise<void> {
  const component = closure.components.find(({ tables }) => tables.includes(closure.root));
  if (component && component.inside.length > 0) await repeatInside(tx, work, closure, component);
}

/** Empties what expandRoots filled: the root table's `gone`, and those of the other tables of its cycle. */
export const emptyRoots = (work: WorkTables, { root, components }: Closure): string =>
  (components.find(({ tables }) => tables.includes(root))?.tables ?? [root])
    .map((table) => `delete from ${work.gone(table)}`)
    .join(';\n');

async function repeatInside(tx: Tx, work: WorkTables, closure: Closure, component: Component): Promise<void> {
  const statements = additions(work, closure, component, component.inside);
  let added: number;
  do added = sum(await tx.script(statements.join(';\n')));
  while (added > 0);
}

async function runAll(tx: Tx, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await tx.script(statements.join(';\n'));
}

/** One INSERT for each table that `edges` reach; UNION drops repeats, EXCEPT what is there already. */
function additions(
  work: WorkTables,
  closure: Closure,
  component: Component,
  edges: readonly DeleteEdge[],
): readonly string[] {
  return component.tables.flatMap((table) => {
    const selects = edges
      .filter(({ child }) => child === table)
      .map((edge) => childRows(work, closure, edge));
    if (selects.length === 0) return [];
    const rows = `(${selects.join(' union ')})`;
    const known = component.inside.length > 0 ? ` except table ${work.gone(table)}` : '';
    return [`insert into ${work.gone(table)} ${rows}${known}`];
  });
}

/** The rows of an edge's child that go because their parents do. */
function childRows(work: WorkTables, closure: Closure, edge: DeleteEdge): string {
  const { child, parent } = edge;
  const rows = `select ${workSelect(work, child, 'child')} from ${child.sql} child where ${belongsTo(edge, work.gone(parent))}`;
  return edge.lastParent ? rows + noOwnerStays(work, closure, child) : rows;
}

/** A child with several owners goes only when none of them stays: over all its owning edges, also those of other parents. */
function noOwnerStays(work: WorkTables, closure: Closure, child: MapTable): string {
  return closure.owners
    .filter((edge) => edge.child === child)
    .map((edge) => {
      const { parent } = edge;
      const going = `select from ${work.gone(parent)} going where ${sameKey(parent, 'going', 'parent')}`;
      const stays = closure.inner.includes(parent) ? ` and not exists (${going})` : '';
      return ` and not exists (select from ${parent.sql} parent where ${joined(edge).condition}${stays})`;
    })
    .join('');
}

/** One statement of the act, and the table whose rows it removes, if it removes any. */
export interface ActStatement {
  readonly sql: string;
  readonly deletes: MapTable | null;
  /** The edge whose references it clears. */
  readonly clears?: ClearEdge | undefined;
}

/** The act in its parts, in their order. */
export interface ActSteps {
  /** Notes what derived data will have to be brought in step, and clears references: while everything stands. */
  readonly before: readonly string[];
  /** Children first. */
  readonly deletes: readonly { readonly table: MapTable; readonly statements: readonly string[] }[];
  /** Brings derived data in step. */
  readonly after: readonly string[];
  /** Foreign keys that still refuse when the references are cleared. */
  readonly standing: readonly ForeignKey[];
}

/** The act itself: collect, clear, delete children first, then bring derived data in step. */
export function actStatements(
  work: WorkTables,
  closure: Closure,
  foreignKeys: readonly ForeignKey[],
): readonly ActStatement[] {
  const { before, deletes, after } = actSteps(work, closure, foreignKeys);
  const silent = (sql: string): ActStatement => ({ sql, deletes: null });
  const collects = closure.derived.length;
  return [
    ...before.map((sql, index) => ({ ...silent(sql), clears: closure.clears[index - collects] })),
    ...deletes.flatMap(({ table, statements }) => statements.map((sql) => ({ sql, deletes: table }))),
    ...after.map(silent),
  ];
}

/** The same, taken apart. */
export function actSteps(work: WorkTables, closure: Closure, foreignKeys: readonly ForeignKey[]): ActSteps {
  const collects = closure.derived.map(
    (entry) =>
      `insert into ${work.collected(entry)} with gone as (table ${work.gone(entry.when)}) ${entry.collect}`,
  );
  // before the deletes: a foreign key would refuse these while the reference stands
  const clears = closure.clears.map((edge) => clearStatement(work, edge));
  const standing = foreignKeys.filter((key) => !closure.clears.some((edge) => isGuarded(edge, [key])));
  const runs = closure.derived.map(
    (entry) => `with collected as (table ${work.collected(entry)}) ${entry.run}`,
  );
  return {
    before: [...collects, ...clears],
    deletes: deleteOrder(closure, standing).map((table) => ({
      table,
      statements: goingRows(work, closure, table).map(
        (going) => `delete from ${table.sql} child where ${going}`,
      ),
    })),
    after: runs.length > 0 ? [COUNT_ALONE, ...runs] : [],
    standing,
  };
}

function clearStatement(work: WorkTables, edge: ClearEdge): string {
  const set = edge.set
    .map(({ column, value }) => `${identifier(column)} = ${value === null ? 'null' : literal(value)}`)
    .join(', ');
  return `update ${edge.child.sql} child set ${set} where ${belongsTo(edge, work.gone(edge.parent))}`;
}

/** Predicates over `child`, one a statement: the rows of a table that go. An OR over several would read the whole table. */
export function goingRows(work: WorkTables, closure: Closure, table: MapTable): readonly string[] {
  if (closure.inner.includes(table)) return [isGone(work, table)];
  return leafEdges(closure, table).map((edge) => belongsTo(edge, work.gone(edge.parent)));
}

/**
 * Predicate over `child`: the row is among those that go. A key's index is searched for an array in one sweep, which is a
 * sixth faster than a join; not for edges: where a child's column has no index, the array is searched for every row.
 */
function isGone(work: WorkTables, table: MapTable): string {
  const columns = (alias: string): string => table.key.map(({ sql: name }) => `${alias}.${name}`).join(', ');
  const going = `select ${columns('gone')} from ${work.gone(table)} gone`;
  return table.key.length === 1
    ? `${columns('child')} = any (array(${going}))`
    : `(${columns('child')}) in (${going})`;
}

/** How many rows of each table the closure in the `gone` tables would take. */
export function countStatements(
  work: WorkTables,
  closure: Closure,
): readonly { table: MapTable; sql: string }[] {
  return closure.tables.map((table) => {
    if (closure.inner.includes(table))
      return { table, sql: `select count(*) as rows from ${work.gone(table)}` };
    const [only, ...others] = leafEdges(closure, table).map((edge) =>
      belongsTo(edge, work.gone(edge.parent)),
    );
    const where = [only, ...others].join(' or ');
    return { table, sql: `select count(*) as rows from ${table.sql} child where ${where}` };
  });
}

/** Empties the work tables within a transaction, to begin the batch again with fewer roots. */
export const emptyWorkTables = (work: WorkTables, { inner }: Closure): string =>
  inner.flatMap((table) => [`truncate ${work.gone(table)}`, `truncate ${work.hits(table)}`]).join(';\n');

export const leafEdges = ({ edges }: Closure, table: MapTable): readonly DeleteEdge[] =>
  edges.filter(({ child }) => child === table);

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
