import { LetheError } from '../core/errors.js';
import { SHARED_KEY } from '../disposal/shared-keys.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';

/** Records that a plan did not take, by reason. No record is named. */
export interface Kept {
  /** When it was found: while planning, or while the run went on. */
  readonly found: 'plan' | 'run';
  readonly why: 'protected' | 'conflict' | 'overridden' | 'changed' | 'gone';
  /** The protection or the rule; null where the record itself is the reason. */
  readonly by: string | null;
  /** Of a protection: its kind, its ground, the policy and the statute of a duty to keep. `key`: none, but a key of several rows. */
  readonly kind: string | null;
  readonly ground: string | null;
  readonly policy: string | null;
  readonly cite: string | null;
  readonly records: number;
}

/** Counts by cause; a record that two protections cover counts under both. */
export async function keptOf(db: Queryable, planId: string): Promise<readonly Kept[]> {
  const { rows } = await db.query<Omit<Kept, 'records'> & Row & { records: string }>(sql`
    select case e.found_by when 'plan' then 'plan' else 'run' end as found, e.outcome as why, nullif(e.cause, '') as by,
      case when p.id is null and e.outcome = 'protected' and e.cause = ${SHARED_KEY} then 'key' else p.kind end as kind, p.ground, v.name as policy, case p.kind when 'floor' then p.authority end as cite,
      count(distinct e.key) as records
    from lethe.exception e
    left join lethe.protection p on p.id = e.cause and e.outcome = 'protected'
    left join lethe.version v on v.digest = p.version
    where e.plan_id = ${planId}
    group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3`);
  return rows.map((row) => ({ ...row, records: Number(row.records) }));
}

/** What the run's own tables say: roots deleted, roots met and not taken, rows by table. */
export interface RunCounts {
  readonly taken: number;
  readonly keptAtPlan: number;
  readonly keptInRun: number;
  readonly open: number;
  readonly deleted: Readonly<Record<string, number>>;
}

export async function runCounts(db: Queryable, planId: string): Promise<RunCounts> {
  const { rows } = await db.query<Row & { taken: string; open: string; plan: string; run: string }>(sql`
    select coalesce(sum(taken), 0)::bigint as taken, count(*) filter (where state <> 'done') as open,
      (select count(distinct key) from lethe.exception where plan_id = ${planId} and found_by = 'plan') as plan,
      (select count(distinct key) from lethe.exception where plan_id = ${planId} and found_by = 'apply') as run
    from lethe.chunk where plan_id = ${planId}`);
  const { rows: tables } = await db.query<Row & { name: string; rows: string }>(sql`
    select name, sum(value::bigint)::bigint as rows
    from lethe.chunk, jsonb_each_text(deleted) entry(name, value) where plan_id = ${planId} group by name`);
  const [row] = rows;
  return {
    taken: Number(row?.taken),
    open: Number(row?.open),
    keptAtPlan: Number(row?.plan),
    keptInRun: Number(row?.run),
    deleted: Object.fromEntries(tables.map(({ name, rows: count }) => [name, Number(count)])),
  };
}

/** Keys of a plan's records that were destroyed, by use. */
export async function destroyedCounts(
  db: Queryable,
  planId: string,
): Promise<Readonly<Partial<Record<'subject' | 'ticket', number>>>> {
  const { rows } = await db.query<Row & { use: 'subject' | 'ticket'; keys: string }>(sql`
    select use, count(*) as keys from lethe.data_key
    where plan_id = ${planId} and destroyed_at is not null group by use`);
  return Object.fromEntries(rows.map(({ use, keys }) => [use, Number(keys)]));
}

/** A text that the plan rests on: who brought it in, and when. */
export interface StoredVersion extends Row {
  readonly name: string;
  readonly content: string;
  readonly stored_at: string;
  readonly stored_by: string;
}

/** @throws LetheError `certificate_contradicted` when the text is not there any more */
export async function versionOf(db: Queryable, plan: string, digest: string): Promise<StoredVersion> {
  const { rows } = await db.query<StoredVersion>(sql`
    select name, content, stored_at, stored_by from lethe.version where digest = ${digest}`);
  const [version] = rows;
  if (!version)
    throw new LetheError('certificate_contradicted', { plan, what: `version ${digest} is not stored` });
  return version;
}

/** The database as its users call it: no address, no user, and nothing that an upgrade changes. */
export async function databaseOf(db: Queryable): Promise<string> {
  const { rows } = await db.query<Row & { name: string }>(sql`select current_database() as name`);
  return rows[0]?.name ?? '';
}
