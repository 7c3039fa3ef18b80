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
  /** Inside the read of one ticket, which has been looked at: whether that is flagged sensitive. Its parts need not ask again. */
  readonly ticketIsSensitive?: Sql;
  /** The rows were selected by the condition of the policies: some candidate matches each, and none is in quarantine. */
  readonly isPermitted?: boolean;
}

/**
 * Predicate over `this`, the row of the candidates' record: one of these policies matches it. Null means no, as everywhere.
 *
 *     (this.status in ('open') or this.agent_id = $1::bigint) and not exists (select from lethe.sensitive …)
 */
export function anyMatchesSql(candidates: Candidates, of: readonly Candidate[], asked: AskedFor): Sql {
  const any = (some: readonly Candidate[]): Sql =>
    join(
      some.map((one) => sql`(${meetsSql(candidates, one, asked)})`),
      ' or ',
    );
  const [special, ordinary] = [of.filter((one) => one.special), of.filter((one) => !one.special)];
  const parts = [
    ...(special.length > 0 ? [any(special)] : []),
    ...(ordinary.length > 0
      ? [sql`((${any(ordinary)}) and not ${sensitiveSql(candidates.record, asked)})`]
      : []),
  ];
  return parts.length === 0 ? raw('false') : sql`(${join(parts, ' or ')})`;
}

/** Predicate over `this`: the policy's own conditions are met, whether or not the row is flagged sensitive. */
export function meetsSql(candidates: Candidates, candidate: Candidate, asked: AskedFor): Sql {
  const { record, table } = candidates;
  const { policy, condition, needsConsent } = candidate;
  const owners = ownersOf(record);
  const parts = [
    ...(table.record === 'true' ? [] : [raw(table.record)]),
    ...(condition ? [raw(`(${whereOf(condition)})`)] : []),
    ...(policy.entry.assigned ? [owners.assigned] : []),
    ...(policy.entry.subject ? [owners.own] : []),
    ...(policy.entry.training ? [trainingHolds(policy.entry.training)] : []),
    ...(policy.entry.breakGlass ? [glassSql(owners.within)] : []),
    ...(needsConsent ? [consentSql(owners.customerKey, asked)] : []),
  ];
  return parts.length === 0 ? raw('true') : join(parts, ' and ');
}

/** Predicate over `this`: the row, or what it is part of, carries special categories in its text. */
export function sensitiveSql(record: string, { ticketIsSensitive }: AskedFor): Sql {
  const own = anyOf(around(record, ticketIsSensitive), isSensitive);
  return ticketIsSensitive && record !== 'ticket' && record !== 'customer'
    ? sql`(${own} or ${ticketIsSensitive})`
    : own;
}

/** Predicate over `this`: nobody sees the row, whatever a policy says. */
export const quarantinedSql = (record: string, { ticketIsSensitive }: AskedFor): Sql =>
  anyOf(around(record, ticketIsSensitive), isQuarantined);

/** Where a flag may stand: on the row, and on what it is part of but for a ticket that has been looked at. */
function around(record: string, ticketIsSensitive: Sql | undefined): Owners['within'] {
  const { within } = ownersOf(record);
  return ticketIsSensitive && record !== 'ticket' ? within.filter(([part]) => part !== 'ticket') : within;
}

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
