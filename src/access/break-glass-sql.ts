import { raw, sql, type Sql } from '../db/sql.js';
import { ACTOR, NOW, PURPOSE } from './slots.js';

/** Which record a grant must cover. */
export interface GlassQuestion {
  /** `message` */
  readonly record: string;
  /** The record's key as text, as SQL over the row `this`; null: only grants for every record of the kind count (a list). */
  readonly keySql: string | null;
}

/**
 * Scalar expression with slots (see `filled`): the id of a grant by which who asks may see the record now, for this purpose; null
 * without one. A policy with `breakGlass` permits what it says only where this is not null, and the id is the reason in the
 * access log.
 */
export const grantSql = ({ record, keySql }: GlassQuestion): Sql => sql`
  (select glass.id from lethe.break_glass glass
     where glass.actor = ${ACTOR} and glass.record = ${record} and glass.purpose = ${PURPOSE}
     and (glass.key is null${raw(keySql === null ? '' : ` or glass.key = ${keySql}`)})
     and glass.granted_at <= ${NOW}::timestamptz and glass.until > ${NOW}::timestamptz and glass.ended_at is null
     order by glass.granted_at, glass.id limit 1)`;

/** Predicate with slots: there is such a grant. */
export const glassIsBroken = (question: GlassQuestion): Sql => sql`${grantSql(question)} is not null`;
