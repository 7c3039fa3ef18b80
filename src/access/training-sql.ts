import { sql, type Sql } from '../db/sql.js';
import { ACTOR, NOW } from './slots.js';

/** What a policy asks for. */
export interface WantedTraining {
  readonly content: string;
  readonly version: string;
}

/**
 * Predicate with slots (see `filled`): who asks has had this training, and it holds now. It expires as its last day begins, in
 * UTC.
 */
export const trainingHolds = ({ content, version }: WantedTraining): Sql => sql`
  exists (select from lethe.training training where training.actor = ${ACTOR}
     and training.content = ${content} and training.version = ${version}
     and training.done_on <= (${NOW}::timestamptz at time zone 'UTC')::date
     and training.expires_on > (${NOW}::timestamptz at time zone 'UTC')::date
     and training.revoked_at is null)`;
