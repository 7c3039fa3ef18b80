import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';

/**
 * Seconds the furthest replica is behind in replaying, 0 when none is connected or all have caught up; null when this user may
 * not see it. A replica that is not connected is not seen by anybody here.
 */
export async function replicationLag(db: Queryable): Promise<number | null> {
  const { rows } = await db.query<Row & { blind: boolean; seconds: number }>(sql`
    select coalesce(bool_or(state is null), false) as blind,
      coalesce(max(extract(epoch from replay_lag)), 0)::float8 as seconds
    from pg_stat_replication`);
  const [found] = rows;
  return !found || found.blind ? null : found.seconds;
}

/**
 * Sessions of this database that wait for a lock on rows or tables, as everybody may see it; advisory locks are Lethe's own,
 * or a host's business.
 */
export async function lockWaits(db: Queryable): Promise<number> {
  const { rows } = await db.query<Row & { sessions: string }>(sql`
    select count(distinct l.pid) as sessions
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where not l.granted and l.locktype <> 'advisory' and a.datname = current_database()`);
  return Number(rows[0]?.sessions ?? 0);
}
