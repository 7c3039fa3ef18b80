import type { Instant } from '../core/instant.js';
import { literal } from '../db/sql.js';
import type { Purpose } from '../policy/purposes.js';
import { HOLDING } from './consent-state.js';

/** Whose consent, as SQL expressions over the row at hand: `'customer'` and `this.customer_id::text`. */
export interface SubjectSql {
  /** The person's record name. */
  readonly recordSql: string;
  /** Its key as text. */
  readonly keySql: string;
}

/**
 * Predicate: does the person consent to the purpose now? The newest event counts, whatever clock wrote it, so that what one
 * process has committed holds in the next statement of every other; only how long a giving is good goes by `now`. Whoever nothing
 * is recorded of does not consent, nor does a row that names nobody.
 *
 *     exists (select from lethe.subject_record …, lateral (… order by e.number desc limit 1) last
 *       where last.state in ('dpv:ConsentGiven', 'dpv:RenewedConsentGiven') and last.valid_until > '2026-…'::timestamptz)
 */
export function consentHolds(purpose: Purpose, { recordSql, keySql }: SubjectSql, now: Instant): string {
  return `exists (select from lethe.subject_record consent_subject, lateral (
    select e.state, e.valid_until from lethe.consent c join lethe.consent_event e on e.consent_id = c.id
    where c.subject_id = consent_subject.subject_id and c.purpose = ${literal(purpose)}
    order by e.number desc limit 1) consent_last
  where consent_subject.record = (${recordSql}) and consent_subject.key = (${keySql})
    and consent_last.state in (${HOLDING.map(literal).join(', ')}) and consent_last.valid_until > ${literal(now)}::timestamptz)`;
}
