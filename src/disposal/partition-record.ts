import { sha256 } from '../core/digest.js';
import { LetheError } from '../core/errors.js';
import { literal, raw, sql } from '../db/sql.js';
import type { Row, Tx } from '../db/database.js';
import { keyArray } from '../datamap/key-sql.js';
import { recordName } from '../datamap/record-ref.js';
import { appendEntry } from '../ledger/append.js';
import type { DisposalAct } from '../vault/act.js';
import { unguardedParents } from './batch.js';
import type { PlannedPartition } from './plan-report.js';
import type { Run } from './prepared-run.js';

/** Chunks that share a ledger entry and an act of the journal: 10,000 records. */
const CHUNKS_PER_ENTRY = 25;
/** Deleted parents that one sweep looks after. */
const PARENTS_PER_SWEEP = 10_000;

/** The acts that the vault must know of before the commit. */
export type RecordedActs = readonly DisposalAct[];

/**
 * Records that every item of the chunks is gone: progress, and ledger entries that name the records. The rows of other tables
 * are counted by recordOtherRows.
 * @throws LetheError `plan_changed` when a chunk's keys are not the ones that were planned
 */
export async function recordItems(tx: Tx, run: Run, planned: PlannedPartition): Promise<RecordedActs> {
  const { plan, closure } = run;
  const [first, last] = planned.chunks;
  const acts: DisposalAct[] = [];
  for (let no = first; no <= last; no += CHUNKS_PER_ENTRY)
    acts.push(await recordGroup(tx, run, planned, no, Math.min(last, no + CHUNKS_PER_ENTRY - 1)));
  await tx.query(sql`
    update lethe.chunk
    set state = 'done', taken = items, done_at = now(), deleted = jsonb_build_object(${closure.root.id}::text, items)
    where plan_id = ${plan.id} and no between ${first}::int and ${last}::int`);
  return acts;
}

async function recordGroup(
  tx: Tx,
  run: Run,
  { partition }: PlannedPartition,
  chunk: number,
  last: number,
): Promise<DisposalAct> {
  const { plan, actor, clock, closure } = run;
  const keys = await plannedKeys(tx, run, chunk, last);
  const at = clock.now();
  const id = await appendEntry(tx, {
    ...entryAbout(run, partition, chunk),
    at,
    counts: { [closure.root.id]: keys.length },
    names: keys.map((key) => recordName(closure.root, key)),
  });
  const { id: planId, policy, map_digest: map, record } = plan;
  return { kind: 'disposal', id, at, actor, plan: planId, policy, chunk, map, record, keys };
}

const entryAbout = ({ plan, actor }: Run, partition: string, chunk: number) => ({
  kind: 'retention.batch',
  actor,
  about: { plan: plan.id, policy: plan.policy, chunk, partition },
  digests: { plan: plan.digest, map: plan.map_digest },
});

async function plannedKeys(
  tx: Tx,
  { plan, closure: { root } }: Run,
  first: number,
  last: number,
): Promise<readonly string[]> {
  const { rows } = await tx.query<Row & { keys: readonly string[]; digest: string }>(sql`
    select ${raw(keyArray(root).column)}::text[] as keys, digest from lethe.chunk
    where plan_id = ${plan.id} and no between ${first}::int and ${last}::int order by no`);
  if (rows.some(({ keys, digest }) => sha256(keys.join('\n')) !== digest))
    throw new LetheError('plan_changed', { plan: plan.id, what: 'items', policy: '…' });
  return rows.flatMap(({ keys }) => keys);
}

/** Rows of the other tables that went with the partition, in an entry and a chunk of their own: nobody counts them by record. */
export async function recordOtherRows(
  tx: Tx,
  run: Run,
  { partition, chunks: [first] }: PlannedPartition,
  deleted: Readonly<Record<string, number>>,
): Promise<void> {
  if (Object.keys(deleted).length === 0) return;
  await appendEntry(tx, { ...entryAbout(run, partition, first), at: run.clock.now(), counts: deleted });
  await tx.query(sql`
    update lethe.chunk set deleted = deleted || ${JSON.stringify(deleted)}::jsonb
    where plan_id = ${run.plan.id} and no = ${first}::int`);
}

/** Remembers deleted parents whose late children no foreign key would refuse, in portions for the sweep. */
export function sweptParents(
  { work, closure, foreignKeys, plan }: Run,
  { chunks: [first, last] }: PlannedPartition,
): readonly string[] {
  return unguardedParents(closure, foreignKeys).map(
    (table) =>
      `insert into lethe.swept_parent (plan_id, chunk, table_id, row_values)
       select ${literal(plan.id)}, ${first} + ((row_number() over () - 1) / ${PARENTS_PER_SWEEP} % ${last - first + 1})::int,
         ${literal(table.id)}, to_jsonb(gone)
       from ${work.gone(table)} gone`,
  );
}
