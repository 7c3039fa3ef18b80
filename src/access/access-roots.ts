import type { Clock } from '../core/clock.js';
import { fromMicros, toMicros, type Instant } from '../core/instant.js';
import type { Database, Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { merkleRoot } from '../ledger/merkle.js';
import { leafOf, rootColumns, type RootRow } from './access-root-rows.js';

/*
 * Rows get their place from a sequence when they are inserted and are seen when their transaction commits, so a row may appear
 * behind others that are under a root already. A root therefore names the places it is over, and the places up to there where
 * it saw nothing: later roots look there again, until every transaction that could have written one has ended.
 */

export interface RootContext {
  readonly db: Database;
  readonly clock: Clock;
}

export interface SealedAccess {
  readonly roots: number;
  readonly entries: number;
}

/** One at a time ("LETH", then 31); ends with the transaction. */
const ROOTING = 0x4c455448_31n.toString();

/** Rows under one root: what a verifier must hold at once. */
const ROOT_ROWS = 10_000;
/** Between roots that nobody asked for: longer, and rows could be changed unseen for longer; shorter, and the ledger fills up. */
const PAUSE = 15n * 60_000_000n;
/** A place is drawn an instant before its transaction shows in a snapshot; this is far more than that. */
const GRACE = 60n * 60_000_000n;

/** Who the ledger names for what runs by itself. */
const SYSTEM = 'lethe';

/** Puts every committed row that is under no root under one, in the ledger. */
export async function sealAccessLog(context: RootContext, rows = ROOT_ROWS): Promise<SealedAccess> {
  let sealed: SealedAccess = { roots: 0, entries: 0 };
  for (;;) {
    const entries = await context.db.transaction((tx) => makeRoot(tx, context.clock, rows));
    if (entries === 0) return sealed;
    sealed = { roots: sealed.roots + 1, entries: sealed.entries + entries };
  }
}

/** The same where the last root is old enough: what workers and the sealing of the ledger do. */
export async function sealAccessLogInTime(context: RootContext): Promise<SealedAccess> {
  const due = micros(context.clock.now(), -PAUSE);
  const { rows } = await context.db.query<{ recent: boolean }>(sql`
    select exists (select from lethe.access_root where made_at > ${due}::timestamptz) as recent`);
  return rows[0]?.recent === true ? { roots: 0, entries: 0 } : sealAccessLog(context);
}

const micros = (instant: Instant, more: bigint): Instant => fromMicros(toMicros(instant) + more);

/** How far the roots have come. */
interface Reach extends Row {
  /** bigint as text: the last place looked at. */
  readonly up_to: string;
  /** Places to look at again, and those where nothing can appear any more. */
  readonly gaps: string;
  readonly settled: string;
}

async function makeRoot(tx: Tx, clock: Clock, limit: number): Promise<number> {
  await tx.query(sql`select pg_advisory_xact_lock(${ROOTING}::bigint)`);
  const now = clock.now();
  // asked before the rows are: a transaction that has ended by then is seen by the next statement
  const reach = await reachOf(tx, micros(now, -GRACE));
  const rows = await rowsWithoutRoot(tx, limit);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return 0;
  const instants = rows.map(({ at }) => at).sort();
  const entry = await appendEntry(tx, {
    kind: 'access.root',
    at: now,
    actor: await actorId(tx, SYSTEM),
    about: { first: first.place, last: last.place, from: instants[0] ?? '', to: instants.at(-1) ?? '' },
    counts: { entries: rows.length },
    digests: { root: merkleRoot(rows.map(leafOf)) },
  });
  await insertRoot(tx, { entry, now, reach, places: rows.map(({ place }) => place) });
  return rows.length;
}

async function reachOf(tx: Tx, before: Instant): Promise<Reach> {
  const { rows } = await tx.query<Reach>(sql`
    select coalesce(last.up_to, 0) as up_to, coalesce(last.gaps, '{}')::text as gaps, coalesce((
        select gaps from lethe.access_root
        where made_at <= ${before}::timestamptz and horizon <= pg_snapshot_xmin(pg_current_snapshot())
        order by number desc limit 1), '{}')::text as settled
    from (select) one left join (select up_to, gaps from lethe.access_root order by number desc limit 1) last on true`);
  return rows[0] ?? { up_to: '0', gaps: '{}', settled: '{}' };
}

/** By place; behind the last place looked at, and in the gaps before it. */
async function rowsWithoutRoot(tx: Queryable, limit: number): Promise<readonly RootRow[]> {
  const { rows } = await tx.query<RootRow>(sql`
    with last as (select up_to, gaps from lethe.access_root order by number desc limit 1)
    select ${rootColumns('l')} from lethe.access_log l where l.place > coalesce((select up_to from last), 0)
    union all
    select ${rootColumns('l')} from (select unnest(gaps) as places from last) gap
      join lethe.access_log l on l.place >= lower(gap.places) and l.place < upper(gap.places)
    order by place limit ${limit}::int`);
  return rows;
}

interface NewRoot {
  readonly entry: string;
  readonly now: Instant;
  readonly reach: Reach;
  readonly places: readonly string[];
}

/** The horizon is that of a later snapshot than the one that found the gaps: nothing that could fill one lies beyond it. */
async function insertRoot(tx: Tx, { entry, now, reach, places }: NewRoot): Promise<void> {
  const upTo = BigInt(places.at(-1) ?? 0) > BigInt(reach.up_to) ? (places.at(-1) ?? '0') : reach.up_to;
  await tx.query(sql`
    insert into lethe.access_root (entry_id, members, up_to, gaps, horizon, rows, made_at)
    select ${entry}, own.places, ${upTo}::bigint,
      ${reach.gaps}::int8multirange + int8multirange(int8range(${reach.up_to}::bigint, ${upTo}::bigint, '(]'))
        - own.places - ${reach.settled}::int8multirange,
      pg_snapshot_xmax(pg_current_snapshot()), ${places.length}::int, ${now}::timestamptz
    from (select range_agg(int8range(place, place, '[]')) as places from unnest(${places}::bigint[]) place) own`);
}
