import { LetheError } from '../core/errors.js';
import { literal, raw, sql } from '../db/sql.js';
import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import type { Closure, ForeignKey } from '../datamap/closure.js';
import type { MapTable } from '../datamap/graph.js';
import { isGuarded } from '../datamap/foreign-keys.js';
import { keyAsText, sameKey } from '../datamap/key-sql.js';
import { recordName } from '../datamap/record-ref.js';
import { hasEncryption } from '../encryption/data-key-store.js';
import { destroyEnded } from '../encryption/destroy-keys.js';
import { appendEntry } from '../ledger/append.js';
import { journaled, type Intend } from '../ledger/journaled.js';
import { isCyclic, lockRoots, recheck, whyUnfit, whyUnlocked } from './check-roots.js';
import {
  claimChunk,
  recordChunk,
  type BatchOutcome,
  type ChunkException,
  type Wanted,
} from './chunk-store.js';
import { actStatements, emptyWorkTables, expandClosure, type ActStatement } from './closure-sql.js';
import { endingStatements, keysEndedBy, leavesTexts } from './ending-keys.js';
import { OWN_ALONE, PASS_GATE } from './gate.js';
import { holdPlan } from './plan-store.js';
import type { Run } from './prepared-run.js';
import { readProtections } from './protections.js';
import { markSharedKeys } from './shared-keys.js';
import { findStopped, markUnlocked } from './stopped.js';
import { BATCH_SETTINGS, CAUSE, createWorkTables } from './work-tables.js';

/**
 * One batch, one transaction (DESIGN invariants 3 and 4): gate, lock, re-check in a new snapshot, delete, ledger entry,
 * progress; all of it commits together or none.
 */
export async function runBatch(db: Database, run: Run, wanted: Wanted): Promise<BatchOutcome> {
  const { outcome, keysEnded } = await takeBatch(db, run, wanted);
  if (keysEnded > 0) await destroyNow(db, run);
  return outcome;
}

interface TakenBatch {
  readonly outcome: BatchOutcome;
  readonly keysEnded: number;
}

function takeBatch(db: Database, run: Run, wanted: Wanted): Promise<TakenBatch> {
  return journaled(
    run.vault,
    (work) => throughDoor(db, work),
    async (tx, intend): Promise<TakenBatch> => {
      await tx.script(beginBatch(run, wanted));
      await holdPlan(tx, run.plan.id);
      await run.requireInForce(tx);
      const chunk = await claimChunk(tx, run.plan.id, run.closure.root, wanted);
      if (!chunk) return { outcome: { kind: 'none' }, keysEnded: 0 };
      const locked = await lockRoots(tx, run, chunk.keys);
      const [own, missing] = parted(chunk.keys, locked);
      const fit = await recheck(tx, run, own);
      const exceptions = [
        ...(await whyUnlocked(tx, run, missing)),
        ...(await whyUnfit(tx, run, parted(own, fit)[1])),
        ...(await setStoppedApart(tx, run, locked)),
      ];
      const taken = parted(
        fit,
        exceptions.map(({ key }) => key),
      )[1];
      const done = taken.length > 0 ? await act(tx, run, chunk.no) : NOTHING_DONE;
      const { deleted, keysEnded } = done;
      await recordChunk(tx, run.plan.id, chunk, { taken: taken.length, deleted, exceptions });
      if (taken.length > 0) await recordBatch(tx, intend, run, { ...done, chunk: chunk.no, taken });
      const busy = exceptions.filter(({ outcome }) => outcome === 'busy').length;
      const rows = Object.values(deleted).reduce((sum, number) => sum + number, 0);
      return { outcome: { kind: 'batch', chunk: chunk.no, taken: taken.length, rows, busy }, keysEnded };
    },
  );
}

/** After the commit. Where the vault is away the run finds out at the next batch, or at its end. */
async function destroyNow(db: Database, { keys, plan, actor, clock }: Run): Promise<void> {
  try {
    await destroyEnded({ db, clock, keys, actor }, plan.id);
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
  }
}

/** The keys that are among `others`, and those that are not, in their order. */
function parted(keys: readonly string[], others: readonly string[]): readonly [string[], string[]] {
  const known = new Set(others);
  return [keys.filter((key) => known.has(key)), keys.filter((key) => !known.has(key))];
}

/** The first message of a batch: a child row that an agent has open must not stop the run for long. */
const beginBatch = ({ work, closure, foreignKeys }: Run, { part }: Wanted): string =>
  [
    BATCH_SETTINGS,
    PASS_GATE,
    ...(closure.edges.some((edge) => edge.lastParent && isGuarded(edge, foreignKeys)) ? [OWN_ALONE] : []),
    `set local lock_timeout = '${part ? '500ms' : '2s'}'`,
    createWorkTables(work, closure),
  ].join(';\n');

/** Works out the closure, and takes out every root that a protection or a foreign lock on any of its rows stops. */
export async function setStoppedApart(
  tx: Tx,
  run: Run,
  locked: readonly string[],
): Promise<readonly ChunkException[]> {
  const { work, closure, graph, plan, clock } = run;
  const { root } = closure;
  const protections = await readProtections(tx, graph, { asOf: plan.as_of, now: clock.now() });
  await fillClosure(tx, run);
  const busy = isCyclic(closure) && (await markUnlocked(tx, work, closure, locked));
  const shared = await markSharedKeys(tx, work, run.loose);
  if (!(await findStopped(tx, run, protections, busy || shared))) return [];
  const { rows } = await tx.query<Row & { key: string; cause: string }>(sql`
    select distinct ${raw(keyAsText(root, 'roots'))} as key, hits.${raw(CAUSE)} as cause
    from ${raw(work.roots(root))} roots join ${raw(work.hits(root))} hits on ${raw(sameKey(root, 'roots', 'hits'))}`);
  await tx.script(
    `delete from ${work.roots(root)} roots using ${work.hits(root)} hits where ${sameKey(root, 'roots', 'hits')};\n${emptyWorkTables(work, closure)}`,
  );
  await fillClosure(tx, run);
  return rows.map(({ key, cause }) =>
    cause === 'busy' ? { key, outcome: 'busy', cause: '' } : { key, outcome: 'protected', cause },
  );
}

const fillClosure = (tx: Tx, { work, closure }: Run): Promise<void> =>
  expandClosure(tx, work, closure, {
    first: [`insert into ${work.gone(closure.root)} table ${work.roots(closure.root)}`],
  });

/** What a batch did. */
interface Act {
  /** Rows, by table of the map. */
  readonly deleted: Readonly<Record<string, number>>;
  readonly keysEnded: number;
  /** Texts of records that went, under the keys of others that stay. */
  readonly textsKept: number;
}

const NOTHING_DONE: Act = { deleted: {}, keysEnded: 0, textsKept: 0 };

/** Ends the keys of what goes, then deletes, children first, in one message. */
async function act(tx: Tx, run: Run, chunk: number): Promise<Act> {
  const { work, closure, foreignKeys, plan, clock } = run;
  // not before the roots are locked: until then the first encryption may give them keys, and entries in the blind index
  const endsKeys = await hasEncryption(tx);
  const ending = endsKeys ? endingStatements(run, { plan: plan.id, at: clock.now() }) : [];
  const statements: readonly ActStatement[] = [
    ...[...ending, ...sweptParents(run, plan.id, chunk)].map((text) => ({ sql: text, deletes: null })),
    ...actStatements(work, closure, foreignKeys),
  ];
  const counts = await tx.script(statements.map((statement) => statement.sql).join(';\n'));
  const deleted: Record<string, number> = {};
  let textsKept = 0;
  statements.forEach(({ deletes, clears }, index) => {
    const count = counts[index] ?? 0;
    if (deletes) deleted[deletes.id] = (deleted[deletes.id] ?? 0) + count;
    if (endsKeys && clears && leavesTexts(run, clears)) textsKept += count;
  });
  return { deleted, textsKept, keysEnded: keysEndedBy(ending, counts) };
}

/** Remembers deleted parents whose late children no foreign key would refuse, until the sweep. */
function sweptParents({ work, closure, foreignKeys }: Run, planId: string, chunk: number): readonly string[] {
  return unguardedParents(closure, foreignKeys).map(
    (table) =>
      `insert into lethe.swept_parent (plan_id, chunk, table_id, row_values)
       select ${literal(planId)}, ${chunk}, ${literal(table.id)}, to_jsonb(gone) from ${work.gone(table)} gone`,
  );
}

/** Parents with an edge that the server does not guard by a foreign key. */
export function unguardedParents(closure: Closure, foreignKeys: readonly ForeignKey[]): readonly MapTable[] {
  const open = closure.edges.filter((edge) => !isGuarded(edge, foreignKeys));
  return closure.inner.filter((table) => open.some(({ parent }) => parent === table));
}

/** The ledger entry, and the vault's word of what goes; both before the commit. */
async function recordBatch(
  tx: Tx,
  intend: Intend,
  { plan, actor, clock, closure }: Run,
  { chunk, taken, deleted, textsKept }: Act & { readonly chunk: number; readonly taken: readonly string[] },
): Promise<void> {
  const at = clock.now();
  const id = await appendEntry(tx, {
    kind: 'retention.batch',
    at,
    actor,
    about: { plan: plan.id, policy: plan.policy, chunk, ...(textsKept > 0 ? { textsKept } : {}) },
    counts: deleted,
    digests: { plan: plan.digest, map: plan.map_digest },
    names: taken.map((key) => recordName(closure.root, key)),
  });
  const { id: planId, policy, map_digest: map, record } = plan;
  await intend({ kind: 'disposal', id, at, actor, plan: planId, policy, chunk, map, record, keys: taken });
}
