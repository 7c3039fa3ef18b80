import type { Instant } from '../core/instant.js';
import { join, raw, sql, type Sql } from '../db/sql.js';
import type { Purpose } from '../policy/purposes.js';
import { whereOf } from '../policy/where.js';
import { grantSql } from './break-glass-sql.js';
import type { Candidate, Candidates } from './decide-access.js';
import { ownersOf, type Owners } from './owners.js';
import { isQuarantined } from './quarantine-store.js';
import { isSensitive } from './sensitive-store.js';
import { trainingHolds } from './training-sql.js';

/** A person as SQL expressions over the row `this`: `{recordSql: "'customer'", keySql: 'this.customer_id::text'}`. */
export interface SubjectSql {
  readonly recordSql: string;
  readonly keySql: string;
}

/** Predicate over `this`: the person has consented to the purpose, and has not withdrawn it, at that instant. */
export type ConsentHolds = (purpose: Purpose, subject: SubjectSql, now: Instant) => string;

/** What the predicates of one call need besides the policies. */
export interface AskedFor {
  readonly purpose: Purpose;
  readonly now: Instant;
  /** Absent: nobody has consented. */
  readonly consentHolds: ConsentHolds | undefined;
}

/**
 * Predicate over `this`, the row of the candidates' record: this policy matches it. Null means no, as everywhere.
 *
 *     this.status in ('open') and this.agent_id = $1::bigint and not exists (select from lethe.sensitive …)
 */
export function matchesSql(candidates: Candidates, candidate: Candidate, asked: AskedFor): Sql {
  const { record, table } = candidates;
  const { policy, condition, special, needsConsent } = candidate;
  const owners = ownersOf(record);
  const parts = [
    ...(table.record === 'true' ? [] : [raw(table.record)]),
    ...(condition ? [raw(`(${whereOf(condition)})`)] : []),
    ...(policy.entry.assigned ? [owners.assigned] : []),
    ...(policy.entry.subject ? [owners.own] : []),
    ...(policy.entry.training ? [trainingHolds(policy.entry.training)] : []),
    ...(policy.entry.breakGlass ? [glassSql(owners.within)] : []),
    ...(needsConsent ? [consentSql(owners.customerKey, asked)] : []),
    ...(special ? [] : [sql`not ${anyOf(owners.within, isSensitive)}`]),
  ];
  return parts.length === 0 ? raw('true') : join(parts, ' and ');
}

/** Predicate over `this`: nobody sees the row, whatever a policy says. */
export const quarantinedSql = (record: string): Sql => anyOf(ownersOf(record).within, isQuarantined);

/** Of the record itself, or of one it is part of. */
function anyOf(within: Owners['within'], is: (record: string, keySql: string) => string): Sql {
  const places = within.map(([record, key]) => is(record, key));
  return raw(places.length === 0 ? 'false' : `(${places.join(' or ')})`);
}

/** A grant for a ticket opens what is in it. */
const glassSql = (within: Owners['within']): Sql =>
  within.length === 0 ? raw('false') : sql`${grantsSql(within)} is not null`;

const grantsSql = (within: Owners['within']): Sql =>
  sql`coalesce(${join(within.map(([record, keySql]) => grantSql({ record, keySql })))})`;

/** Scalar expression over `this`: the grant by which it may be seen outside the policies of every day; null without one. */
export function brokenGlassSql({ record, of }: Candidates): Sql {
  const { within } = ownersOf(record);
  const asks = within.length > 0 && of.some(({ policy }) => policy.entry.breakGlass);
  return asks ? grantsSql(within) : raw('null');
}

function consentSql(keySql: string, { purpose, now, consentHolds }: AskedFor): Sql {
  return consentHolds ? raw(consentHolds(purpose, { recordSql: "'customer'", keySql }, now)) : raw('false');
}
