import type { Actor } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import type { Database, Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';

/** Why employees' reading may be recorded: the works agreement by its id, or why there is none to make one with. */
export type AgreementOrder = { readonly agreement: string } | { readonly noWorksCouncil: string };

/** What is in force. Who recorded it the ledger says. */
export interface Agreement {
  readonly id: string;
  /** Null: there is no works council, for this reason. */
  readonly agreement: string | null;
  readonly noWorksCouncil: string | null;
  readonly recordedAt: Instant;
}

interface AgreementContext {
  readonly db: Database;
  readonly clock: Clock;
}

/**
 * Records it; one that was in force before ends. From then on every process records what employees look at.
 * @throws LetheError `input_invalid` (nothing is said)
 */
export async function agree(
  { db, clock }: AgreementContext,
  order: AgreementOrder,
  actor: Actor,
): Promise<{ readonly id: string }> {
  const { agreement, noWorksCouncil } = said(order);
  return db.transaction(async (tx) => {
    const [by, at] = [await actorId(tx, actor.name), clock.now()];
    await endAgreement(tx, by, at);
    const id = newId('agreement');
    await tx.query(sql`
      insert into lethe.access_agreement (id, agreement, no_works_council, recorded_by, recorded_at)
      values (${id}, ${agreement}, ${noWorksCouncil}, ${by}, ${at}::timestamptz)`);
    const basis = agreement === null ? 'no-works-council' : 'agreement';
    await appendEntry(tx, { kind: 'access.agreed', at, actor: by, about: { agreement: id, basis } });
    return { id };
  });
}

function said(order: AgreementOrder): {
  readonly agreement: string | null;
  readonly noWorksCouncil: string | null;
} {
  const [what, text] =
    'agreement' in order ? ['agreement', order.agreement] : ['no works council', order.noWorksCouncil];
  if (text.trim() === '')
    throw new LetheError('input_invalid', {
      what,
      reason: 'name the agreement, or say why there is no works council',
    });
  return 'agreement' in order
    ? { agreement: text.trim(), noWorksCouncil: null }
    : { agreement: null, noWorksCouncil: text.trim() };
}

/**
 * Ends it: from the next statement of any process on, what employees look at is not recorded any more.
 * @throws LetheError `agreement_missing`
 */
export async function withdrawAgreement(
  { db, clock }: AgreementContext,
  actor: Actor,
): Promise<{ readonly id: string }> {
  return db.transaction(async (tx) => {
    const [by, at] = [await actorId(tx, actor.name), clock.now()];
    const id = await endAgreement(tx, by, at);
    if (id === null) throw new LetheError('agreement_missing');
    await appendEntry(tx, { kind: 'access.disagreed', at, actor: by, about: { agreement: id } });
    return { id };
  });
}

/** One at a time: two that are recorded at once follow each other. Writers of the log do not wait for this lock. */
async function endAgreement(tx: Tx, by: string, at: Instant): Promise<string | null> {
  await tx.query(sql`lock table lethe.access_agreement in share row exclusive mode`);
  const { rows } = await tx.query<{ id: string }>(sql`
    update lethe.access_agreement set withdrawn_by = ${by}, withdrawn_at = ${at}::timestamptz
    where withdrawn_at is null returning id`);
  return rows[0]?.id ?? null;
}

/** Null: what employees look at is not recorded. */
export async function agreementInForce(db: Queryable): Promise<Agreement | null> {
  const { rows } = await db.query<
    Row & { id: string; agreement: string | null; no_works_council: string | null; recorded_at: Instant }
  >(sql`
    select id, agreement, no_works_council, recorded_at from lethe.access_agreement where withdrawn_at is null`);
  const [row] = rows;
  if (!row) return null;
  const { id, agreement, no_works_council: noWorksCouncil, recorded_at: recordedAt } = row;
  return { id, agreement, noWorksCouncil, recordedAt };
}
