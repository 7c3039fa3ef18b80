import { sha256 } from '../core/digest.js';
import { LetheError } from '../core/errors.js';
import type { Database, Queryable, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { raw, sql } from '../db/sql.js';
import type { MapTable } from '../datamap/graph.js';
import { keyArray } from '../datamap/key-sql.js';

export type BatchOutcome =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'batch';
      readonly chunk: number;
      /** Roots, and all rows that went with them. */
      readonly taken: number;
      readonly rows: number;
      readonly busy: number;
    };

/** A chunk of a plan, claimed by its row lock until the transaction ends. */
export interface Chunk {
  readonly no: number;
  readonly state: 'open' | 'busy';
  /** Keys still to be dealt with, in their array's order. */
  readonly keys: readonly string[];
}

interface ChunkRow extends Row {
  readonly no: number;
  readonly state: 'open' | 'busy';
  readonly digest: string;
  readonly keys: readonly string[];
}

/** Which chunk to claim: the next that does not rest, or some keys of one. */
export interface Wanted {
  readonly resting: readonly number[];
  readonly part?: { readonly chunk: number; readonly keys: readonly string[] };
}

/**
 * Claims the next wanted chunk of a plan that nobody works on; null when there is none.
 * @throws LetheError `plan_changed` when its keys are not the ones that were planned
 */
export async function claimChunk(
  tx: Tx,
  planId: string,
  root: MapTable,
  { resting, part }: Wanted,
): Promise<Chunk | null> {
  const only = part?.chunk ?? null;
  const { rows } = await tx.query<ChunkRow>(sql`
    select no, state, digest, ${raw(keyArray(root).column)}::text[] as keys
    from lethe.chunk
    where plan_id = ${planId} and state <> 'done' and no <> all (${resting}::int[])
      and (${only}::int is null or no = ${only}::int)
    order by no limit 1
    for update skip locked`);
  const [row] = rows;
  if (!row) return null;
  const { no, state, keys, digest } = row;
  const planned = new Set(keys);
  const busy = state === 'open' ? planned : await busyKeys(tx, planId, no);
  if (sha256(keys.join('\n')) !== digest || [...busy].some((key) => !planned.has(key)))
    throw new LetheError('plan_changed', { plan: planId, what: 'items', policy: '…' });
  return { no, state, keys: (part?.keys ?? keys).filter((key) => busy.has(key)) };
}

async function busyKeys(tx: Tx, planId: string, no: number): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<Row & { key: string }>(sql`
    select key from lethe.exception
    where plan_id = ${planId} and chunk = ${no} and outcome = 'busy' and found_by = 'apply'`);
  return new Set(rows.map(({ key }) => key));
}

export interface ChunkException {
  readonly key: string;
  readonly outcome: 'protected' | 'conflict' | 'overridden' | 'changed' | 'gone' | 'busy';
  readonly cause: string;
}

export interface ChunkResult {
  readonly taken: number;
  /** Rows deleted, by table of the map. */
  readonly deleted: Readonly<Record<string, number>>;
  readonly exceptions: readonly ChunkException[];
}

/** Records what became of a chunk's keys; busy ones stay to be tried again. Runs through the disposal door. */
export async function recordChunk(tx: Tx, planId: string, chunk: Chunk, result: ChunkResult): Promise<void> {
  const { no, state, keys } = chunk;
  const { exceptions, taken, deleted } = result;
  if (state === 'busy')
    await tx.query(sql`
      delete from lethe.exception
      where plan_id = ${planId} and chunk = ${no} and outcome = 'busy' and found_by = 'apply'
        and key = any (${keys}::text[])`);
  if (exceptions.length > 0)
    await tx.query(sql`
      insert into lethe.exception (plan_id, key, found_by, outcome, cause, chunk)
      select ${planId}, key, 'apply', outcome, cause, ${no}::int
      from unnest(${exceptions.map(({ key }) => key)}::text[], ${exceptions.map(({ outcome }) => outcome)}::text[],
                  ${exceptions.map(({ cause }) => cause)}::text[]) found(key, outcome, cause)
      on conflict do nothing`);
  await tx.query(sql`
    update lethe.chunk
    set state = case when exists (select from lethe.exception e where e.plan_id = ${planId} and e.chunk = ${no}::int
                                    and e.outcome = 'busy' and e.found_by = 'apply') then 'busy' else 'done' end,
        taken = taken + ${taken}::int, done_at = now(),
        deleted = (select coalesce(jsonb_object_agg(name, rows), '{}')
                   from (select name, sum(rows::bigint) as rows
                         from (select * from jsonb_each_text(deleted)
                               union all select * from jsonb_each_text(${JSON.stringify(deleted)}::jsonb)) both_parts(name, rows)
                         group by name) summed)
    where plan_id = ${planId} and no = ${no}`);
}

export interface Progress extends Row {
  /** Roots of all chunks, and of the finished ones. */
  readonly items: string;
  readonly done: string;
  /** Roots deleted. */
  readonly taken: string;
  readonly open_chunks: string;
  readonly busy_chunks: string;
  readonly busy: string;
}

/** How far a plan has come. */
export async function progressOf(db: Queryable, planId: string): Promise<Progress> {
  const { rows } = await db.query<Progress>(sql`
    select coalesce(sum(items), 0)::bigint as items,
      coalesce(sum(items) filter (where state = 'done'), 0)::bigint as done,
      coalesce(sum(taken), 0)::bigint as taken,
      count(*) filter (where state = 'open') as open_chunks,
      count(*) filter (where state = 'busy') as busy_chunks,
      (select count(distinct key) from lethe.exception
       where plan_id = ${planId} and outcome = 'busy' and found_by = 'apply') as busy
    from lethe.chunk where plan_id = ${planId}`);
  return rows[0] as Progress;
}

/** Chunks of a plan that are not done, leaving out those in `tired`. */
export async function openChunks(db: Queryable, planId: string, tired: readonly number[]): Promise<number> {
  const { rows } = await db.query<Row & { chunks: string }>(sql`
    select count(*) as chunks from lethe.chunk
    where plan_id = ${planId} and state <> 'done' and no <> all (${tired}::int[])`);
  return Number(rows[0]?.chunks ?? 0);
}

/** The run that deleted this root, and when; null when none did. */
export async function deletedBy(
  db: Queryable,
  root: Pick<MapTable, 'concept' | 'key'>,
  key: string,
): Promise<{ readonly plan_id: string; readonly policy: string; readonly done_at: string } | null> {
  const { rows } = await db.query<Row & { plan_id: string; policy: string; done_at: string }>(sql`
    select c.plan_id, p.policy, c.done_at from lethe.chunk c join lethe.plan p on p.id = c.plan_id
    where p.record = ${root.concept ?? ''} and c.state <> 'open'
      and ${key} = any (c.${raw(keyArray(root).column)}::text[])
      and not exists (select from lethe.exception e
                      where e.plan_id = c.plan_id and e.chunk = c.no and e.key = ${key} and e.found_by = 'apply')
    order by c.done_at desc limit 1`);
  return rows[0] ?? null;
}

/** Runs under way or interrupted that have deleted roots, of one record type or of any. */
export async function unfinishedRuns(
  db: Queryable,
  record: string | null,
): Promise<readonly { readonly plan_id: string; readonly record: string; readonly taken: string }[]> {
  const { rows } = await db.query<Row & { plan_id: string; record: string; taken: string }>(sql`
    select c.plan_id, p.record, sum(c.taken) as taken from lethe.chunk c join lethe.plan p on p.id = c.plan_id
    where (${record}::text is null or p.record = ${record}) and p.state in ('applying', 'incomplete', 'failed')
      and c.taken > 0
    group by c.plan_id, p.record order by c.plan_id`);
  return rows;
}

/** Marks the keys of the next wanted chunk busy, when its batch could not be carried through; returns the chunk. */
export function markBusy(
  db: Database,
  planId: string,
  root: MapTable,
  wanted: Wanted,
  cause: string,
): Promise<Chunk | null> {
  return throughDoor(db, async (tx) => {
    const chunk = await claimChunk(tx, planId, root, wanted);
    if (!chunk) return null;
    const exceptions = chunk.keys.map((key) => ({ key, outcome: 'busy' as const, cause }));
    await recordChunk(tx, planId, chunk, { taken: 0, deleted: {}, exceptions });
    return chunk;
  });
}

/** Why records of a plan are busy: SQLSTATEs, empty where a lock was seen before anything failed. */
export async function busyCauses(db: Queryable, planId: string): Promise<readonly string[]> {
  const { rows } = await db.query<Row & { cause: string }>(sql`
    select distinct cause from lethe.exception
    where plan_id = ${planId} and outcome = 'busy' and found_by = 'apply' order by cause`);
  return rows.map(({ cause }) => cause);
}
