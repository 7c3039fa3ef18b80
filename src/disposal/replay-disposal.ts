import { fixedClock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Tx } from '../db/database.js';
import { closureOf, type ForeignKey } from '../datamap/closure.js';
import type { MapGraph } from '../datamap/graph.js';
import { looseKeys } from '../datamap/loose-keys.js';
import { hasEncryption } from '../encryption/data-key-store.js';
import type { DisposalAct } from '../vault/act.js';
import { setStoppedApart } from './batch.js';
import type { Run } from './prepared-run.js';
import { endingStatements } from './ending-keys.js';
import { lockRoots, recheck, whyUnlocked } from './check-roots.js';
import { actStatements } from './closure-sql.js';
import { PASS_GATE } from './gate.js';
import type { HoldContext } from './hold.js';
import type { PlanRow } from './plan-store.js';
import { BATCH_SETTINGS, createWorkTables, workTables } from './work-tables.js';

export interface DisposedAgain {
  /** Records of the act that were there, and went. */
  readonly records: number;
  /** Rows deleted, by table of the map. */
  readonly deleted: Readonly<Record<string, number>>;
  /** Records that a protection in force covers, which win here as everywhere. */
  readonly kept: number;
}

/**
 * Deletes again what a batch deleted before the restore: the records that exist, with the same closure. The rule is not asked
 * again, it was when they went; protections are, as of the day they went.
 * @throws LetheError `map_mismatch` (the map does not know the records any more), `replay_incomplete` (in use elsewhere)
 */
export async function disposeAgain(
  tx: Tx,
  context: HoldContext,
  foreignKeys: readonly ForeignKey[],
  act: DisposalAct,
): Promise<DisposedAgain> {
  const run = await runOf(tx, context, foreignKeys, act);
  const { work, closure } = run;
  await tx.script([BATCH_SETTINGS, PASS_GATE, createWorkTables(work, closure)].join(';\n'));
  const locked = await lockRoots(tx, run, act.keys);
  const isLocked = new Set(locked);
  const others = await whyUnlocked(
    tx,
    run,
    act.keys.filter((key) => !isLocked.has(key)),
  );
  const present = await recheck(
    tx,
    run,
    act.keys.filter((key) => isLocked.has(key)),
  );
  if (present.length === 0 && others.every(({ outcome }) => outcome === 'gone'))
    return { records: 0, deleted: {}, kept: 0 };
  const stopped = await setStoppedApart(tx, run, locked);
  const busy = [...others, ...stopped].filter(({ outcome }) => outcome === 'busy').length;
  if (busy > 0) throw new LetheError('replay_incomplete', { busy, plan: act.plan });
  const kept = new Set(stopped.map(({ key }) => key)).size;
  const records = present.length - kept;
  return { records, kept, deleted: records > 0 ? await deleteAll(tx, run, act) : {} };
}

async function runOf(
  tx: Tx,
  { graph, vault }: HoldContext,
  foreignKeys: readonly ForeignKey[],
  act: DisposalAct,
): Promise<Run> {
  const closure = closureOf(graph, tableOf(graph, act));
  const plan = { id: act.plan, policy: act.policy, as_of: act.at } as PlanRow;
  return {
    plan,
    graph,
    closure,
    work: workTables(graph),
    foreignKeys,
    loose: await looseKeys(tx, closure.inner),
    takes: 'true',
    rivals: [],
    requireInForce: () => Promise.resolve(),
    actor: act.actor,
    startedAt: act.at,
    clock: fixedClock(act.at),
    vault,
    keys: null,
  };
}

function tableOf(
  graph: MapGraph,
  { record, plan }: DisposalAct,
): NonNullable<ReturnType<MapGraph['records']['get']>> {
  const table = graph.records.get(record);
  if (!table)
    throw new LetheError('map_mismatch', {
      problems: `the map has no record "${record}", of which ${plan} had deleted some; put back the map that was in force`,
    });
  return table;
}

async function deleteAll(
  tx: Tx,
  run: Run,
  { plan, at }: DisposalAct,
): Promise<Readonly<Record<string, number>>> {
  const { work, closure, foreignKeys } = run;
  const keys = (await hasEncryption(tx)) ? endingStatements(run, { plan, at }) : [];
  const statements = [
    ...keys.map((sql) => ({ sql, deletes: null })),
    ...actStatements(work, closure, foreignKeys),
  ];
  const counts = await tx.script(statements.map(({ sql }) => sql).join(';\n'));
  const deleted: Record<string, number> = {};
  statements.forEach(({ deletes }, index) => {
    if (deletes) deleted[deletes.id] = (deleted[deletes.id] ?? 0) + (counts[index] ?? 0);
  });
  return deleted;
}
