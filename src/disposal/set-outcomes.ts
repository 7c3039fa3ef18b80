import type { Tx } from '../db/database.js';
import { literal } from '../db/sql.js';
import { closureOf, type Closure } from '../datamap/closure.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { sameKey } from '../datamap/key-sql.js';
import { looseKeys } from '../datamap/loose-keys.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { bindRule, matchesSql, takesSql, thenOrNow, type BoundRule } from '../policy/rule-sql.js';
import { emptyWorkTables, expandClosure } from './closure-sql.js';
import { needsClosure, rivalRules } from './plan.js';
import { floorRows, readProtections, type Moment, type ProtectedRows } from './protections.js';
import { markSharedKeys } from './shared-keys.js';
import { findStopped } from './stopped.js';
import { CAUSE, createWorkTables, workSelect, workTables, type WorkTables } from './work-tables.js';

/** The policies in force, and what they would be with the drafts. */
export type SetName = 'inForce' | 'draft';

/** A set of policies asked about the live records, in one transaction. */
export interface AskedSet {
  readonly graph: MapGraph;
  readonly name: SetName;
  readonly policies: readonly RetentionPolicy[];
  readonly moment: Moment;
}

/** Columns of the table of outcomes besides the record's key. */
const COLUMNS = 'lethe_set, lethe_rule, lethe_outcome, lethe_cause';

/** Holds, for each record of `table` that some rule of a set is about and due: taken, or why not. */
export const outcomesTable = (work: WorkTables, table: MapTable): string => work.named(table, 'outcomes');

/** Key columns of row `alias`. */
export const keyOf = (table: MapTable, alias: string): string =>
  table.key.map(({ sql }) => `${alias}.${sql}`).join(', ');

/** Makes the table of outcomes, empty. */
export async function createOutcomes(tx: Tx, graph: MapGraph, table: MapTable): Promise<void> {
  const name = outcomesTable(workTables(graph), table);
  const columns = COLUMNS.split(', ').map((column) => `''::text as ${column}`);
  await tx.script(
    `create temporary table if not exists ${name} on commit delete rows as
       select ${[keyOf(table, 'this'), ...columns].join(', ')} from ${table.sql} this with no data`,
  );
}

/**
 * What stops disposals under a set of policies. Its floors need not be placed in lethe.protection, and those that are placed
 * but not in the set do not count; a floor is named by its policy.
 */
export async function protectionsOf(
  tx: Tx,
  { graph, policies, moment }: AskedSet,
): Promise<readonly ProtectedRows[]> {
  const floors = policies.filter(({ action }) => action === 'keep');
  return [
    ...(await readProtections(tx, graph, moment, ({ kind }) => kind !== 'floor')),
    ...floors.map((floor) => ({ ...floorRows(floor, moment), cause: literal(floor.id) })),
  ];
}

/** What the steps share. */
interface Asking {
  readonly asked: AskedSet;
  readonly rule: BoundRule;
  readonly closure: Closure;
  readonly work: WorkTables;
  readonly protections: readonly ProtectedRows[];
}

/** Works out what the set's disposal rules over one table would do, as plans of them would, and notes it. */
export async function noteOutcomes(tx: Tx, asked: AskedSet, table: MapTable): Promise<void> {
  const { graph, policies, moment } = asked;
  // nothing is destroyed, so derived data is of no interest
  const closure: Closure = { ...closureOf(graph, table), derived: [] };
  const work = workTables(graph);
  const protections = await protectionsOf(tx, asked);
  await tx.script(createWorkTables(work, closure));
  for (const policy of policies.filter((other) => other.action === 'delete' && other.table === table)) {
    const asking = { asked, rule: bindRule(policy, moment.asOf), closure, work, protections };
    await selectRoots(tx, asking);
    await noteConflicts(tx, asking);
    await noteProtected(tx, asking);
    await tx.script(
      `${note(asking, 'taken', "''", `${work.roots(table)} this`)};\n${emptied(asking)};\ntruncate ${work.roots(table)}`,
    );
  }
}

const emptied = ({ work, closure }: Asking): string => emptyWorkTables(work, closure);

async function selectRoots(tx: Tx, { rule, work, closure: { root } }: Asking): Promise<void> {
  const roots = work.roots(root);
  await tx.script(
    `insert into ${roots} select ${workSelect(work, root, 'this')} from ${root.sql} this where ${takesSql(rule)};\nanalyze ${roots}`,
  );
}

async function noteConflicts(tx: Tx, asking: Asking): Promise<void> {
  const { asked, rule, closure } = asking;
  const { root } = closure;
  const notes = rivalRules(rule.policy, asked.policies).map(({ rival, outcome }) => {
    const both = `${takesSql(rule)} and ${thenOrNow(rival, asked.moment, matchesSql)}`;
    return note(asking, outcome, literal(rival.id), `${root.sql} this where ${both}`);
  });
  if (notes.length > 0) await tx.script([...notes, removeNoted(asking)].join(';\n'));
}

async function noteProtected(tx: Tx, asking: Asking): Promise<void> {
  const { asked, work, closure, protections } = asking;
  const { root } = closure;
  const gone = work.gone(root);
  await tx.script(`insert into ${gone} table ${work.roots(root)};\nanalyze ${gone}`);
  const loose = await looseKeys(tx, closure.inner);
  if (needsClosure(closure, protections, loose)) await expandClosure(tx, work, closure, { analyze: true });
  const shared = await markSharedKeys(tx, work, loose);
  if (!(await findStopped(tx, { graph: asked.graph, work, closure }, protections, shared))) return;
  const hits = `${work.roots(root)} this join ${work.hits(root)} hits on ${sameKey(root, 'this', 'hits')}`;
  await tx.script(`${note(asking, 'protected', `hits.${CAUSE}`, hits, 'distinct')};\n${removeNoted(asking)}`);
}

const note = (
  { asked, rule, work, closure: { root } }: Asking,
  outcome: string,
  cause: string,
  from: string,
  distinct = '',
): string =>
  `insert into ${outcomesTable(work, root)} select ${distinct} ${keyOf(root, 'this')}, ${[asked.name, rule.policy.id, outcome].map(literal).join(', ')}, ${cause} from ${from}`;

const removeNoted = ({ asked, rule, work, closure: { root } }: Asking): string =>
  `delete from ${work.roots(root)} roots using ${outcomesTable(work, root)} noted
   where noted.lethe_set = ${literal(asked.name)} and noted.lethe_rule = ${literal(rule.policy.id)} and ${sameKey(root, 'roots', 'noted')}`;
