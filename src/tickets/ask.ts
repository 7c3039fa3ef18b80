import type { AccessEntry } from '../access/access-log.js';
import type { AskedFor } from '../access/access-sql.js';
import type { Call } from '../access/call.js';
import { checkCall } from '../access/check-call.js';
import { candidates, type Candidates, type Denial } from '../access/decide-access.js';
import { accessDenied, consideredIn, type Decision } from '../access/decision.js';
import { compiledOnce, policyCache, STAMP, type InForce } from '../access/policy-cache.js';
import { callSlots, filled, Slot, type SlotValues } from '../access/slots.js';
import type { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row } from '../db/database.js';
import { sql, type Sql } from '../db/sql.js';
import type { AccessDeed } from '../policy/access-schema.js';
import { asksForTime } from '../policy/condition.js';
import { isConsent } from '../policy/legal-bases.js';
import type { TicketContext } from './ticket-context.js';

/** One guarded call on its way: what ruled when it was asked, and how its statement is filled. */
export interface Asked {
  readonly context: TicketContext;
  readonly call: Call;
  readonly inForce: InForce;
  readonly now: Instant;
}

/** What a guarded statement answers, with the stamp of what ruled when it ran. */
export interface Answer<T> {
  readonly stamp: string;
  readonly result: T;
}

const MOST_TRIES = 20;

/**
 * Asks by the policies this process knows, and once more if the statement saw that others rule by now: so a change of policy,
 * wherever it was made, is in force in the next call, without a round trip of its own.
 */
export async function asking<T>(
  context: TicketContext,
  call: Call,
  ask: (asked: Asked) => Promise<Answer<T>>,
  on?: Queryable,
): Promise<T> {
  checkCall(call);
  const cache = policyCache(context);
  let inForce = await cache.current(on);
  for (let tries = 1; ; tries += 1) {
    const { stamp, result } = await ask({ context, call, inForce, now: context.clock.now() });
    if (stamp === inForce.stamp) return result;
    if (tries >= MOST_TRIES) throw new Error('the policies in force change faster than they can be read');
    inForce = await cache.reload(on);
  }
}

/** Who may do this with records of that name, as ruled now. */
export const candidatesFor = (
  { call, inForce, now }: Asked,
  deed: AccessDeed,
  record: string,
): Candidates | Denial => candidates(inForce.policies, call, deed, record, now);

export const askedFor = ({ context, call, now }: Asked): AskedFor => ({
  purpose: call.purpose,
  now,
  consentHolds: context.consentHolds,
});

/**
 * Compiles a statement once for these policies, roles and purpose; anew for every call where its text depends on the instant
 * (`olderThan`, the validity of a consent).
 */
export function compiledFor<T>(asked: Asked, what: string, compile: () => T): T {
  const { call, inForce } = asked;
  const key = `${what} ${call.purpose} ${[...call.actor.roles].sort().join()}`;
  const timed = compiledOnce(inForce, `timed ${call.purpose}`, () => dependsOnTime(inForce, call));
  return timed ? compile() : compiledOnce(inForce, key, compile);
}

function dependsOnTime({ policies }: InForce, { purpose }: Call): boolean {
  const meant = policies.access.filter(({ entry }) => entry.purposes.includes(purpose));
  const aims = policies.activity.flatMap(({ entry }) =>
    entry.purposes.filter((aim) => aim.purpose === purpose),
  );
  return (
    meant.some(({ condition }) => condition !== null && asksForTime(condition)) ||
    aims.some(
      ({ basis, specialGround }) =>
        isConsent(basis) || (specialGround !== undefined && isConsent(specialGround)),
    )
  );
}

/** Predicate: what the statement was compiled from still rules. Evaluated once, not for every row. */
export const RULING = sql`${STAMP} = ${new Slot('stamp')}`;

/** The statement for this call. */
export const filledFor = (statement: Sql, { call, inForce, now }: Asked, values: SlotValues): Sql =>
  filled(statement, { ...callSlots(call, now), stamp: inForce.stamp, ...values });

/**
 * What ruled when a statement with RULING in its WHERE found these rows. Without a row it is asked for: it only ever counts up, so
 * what it is now it was when there was no row.
 */
export const stampOf = async ({ context, inForce }: Asked, rows: readonly unknown[]): Promise<string> =>
  rows.length > 0 ? inForce.stamp : stampNow(context.db);

/** What rules now: what a refusal asks for that looks at no record. */
export async function stampNow(on: Queryable): Promise<string> {
  const { rows } = await on.query<Row & { stamp: string }>(sql`select ${STAMP} as stamp`);
  return rows[0]?.stamp ?? '';
}

/** What was asked about, as the log keeps it. */
export interface Subject {
  readonly deed: AccessDeed;
  readonly record: string;
  readonly key: string | null;
}

export const entryOf = (
  { actor, purpose }: Call,
  { deed, record, key }: Subject,
  decision: Decision['decision'],
  policies: readonly string[],
  reason: string | null,
): AccessEntry => ({ actor: actor.id, deed, purpose, record, key, decision, policies, reason });

/** A refusal that is recorded, and only then known: the error to throw. */
export async function refused(
  { context, call }: Pick<Asked, 'context' | 'call'>,
  subject: Subject,
  ref: string,
  asked: Candidates | Denial,
  reason = asked.kind === 'denial' ? asked.reason : 'not_permitted',
): Promise<LetheError> {
  await context.log.append([entryOf(call, subject, 'deny', [], reason)]);
  return accessDenied(call, { deed: subject.deed, ref, reason, considered: consideredIn(asked) });
}
