import { nameKey, type Actor } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { fromMicros, toMicros, type Instant } from '../core/instant.js';
import type { Database, Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyText, parseRecord } from '../datamap/record-ref.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { AccessPolicy } from '../policy/access-policy.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { AccessLog } from './access-log.js';
import type { Call } from './call.js';
import { legalGround } from './legal-ground.js';
import { givenWords } from './moments.js';

export interface GlassOrder {
  /** `message/5`; or `message`: every record of that kind. */
  readonly record: string;
  readonly reason: string;
  /** `PT30M`: at most four hours. */
  readonly for: string;
}

export interface GlassContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  readonly log: AccessLog;
  /** In force now. */
  readonly policies: PoliciesByKind;
}

export interface GlassBroken {
  readonly id: string;
  readonly until: Instant;
}

const MINUTE = 60_000_000n;
const MOST_MINUTES = 240;

/**
 * Lets who asks see what an access policy with `breakGlass` permits their role, for a few hours. Every access by it is recorded,
 * with the grant as its reason, and somebody else reviews it afterwards. Whether there is such a record is not looked at.
 * @throws LetheError `input_invalid`, `glass_refused` (recorded as a denial)
 */
export async function breakGlass(context: GlassContext, call: Call, order: GlassOrder): Promise<GlassBroken> {
  const { db, graph, clock, log, policies } = context;
  const named = namedRecord(graph, order.record);
  const reason = givenWords('reason', order.reason, 'say why it cannot wait');
  const [at, minutes] = [clock.now(), minutesOf(order.for)];
  const policy = breakable(policies, call, named.record);
  const decided = { actor: call.actor.id, deed: 'read', purpose: call.purpose, ...named } as const;
  if (!policy) {
    await log.append([{ ...decided, decision: 'deny', policies: [], reason: 'glass_refused' }]);
    throw new LetheError('glass_refused', { record: named.record });
  }
  const until = fromMicros(toMicros(at) + BigInt(minutes) * MINUTE);
  const id = newId('glass');
  await db.transaction(async (tx) => {
    await tx.query(sql`
      insert into lethe.break_glass (id, actor, record, key, purpose, reason, policy, granted_at, until)
      values (${id}, ${call.actor.id}, ${named.record}, ${named.key}, ${call.purpose}, ${reason}, ${policy.digest},
        ${at}::timestamptz, ${until}::timestamptz)`);
    await appendEntry(tx, {
      kind: 'access.glass-broken',
      at,
      actor: await actorId(tx, call.actor.id),
      about: { glass: id, record: named.record, purpose: call.purpose, policy: policy.id, until },
      digests: { policy: policy.digest },
      ...(named.key === null ? {} : { names: [`${named.record}/${named.key}`] }),
    });
  });
  return { id, until };
}

interface Named {
  readonly record: string;
  readonly key: string | null;
}

function namedRecord(graph: MapGraph, text: string): Named {
  if (graph.records.has(text)) return { record: text, key: null };
  const { table, key } = parseRecord(graph, text);
  return { record: table.concept ?? table.id, key: keyText(key) };
}

function minutesOf(text: string): number {
  const [, hours, minutes] = /^PT(?:(\d{1,2})H)?(?:(\d{1,3})M)?$/.exec(text) ?? [];
  const total = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  if (total < 1 || total > MOST_MINUTES)
    throw new LetheError('input_invalid', { what: 'for', reason: 'write it as PT30M; at most PT4H' });
  return total;
}

/** A purpose that no activity has is nobody's, also in an emergency. */
function breakable(policies: PoliciesByKind, { actor, purpose }: Call, record: string): AccessPolicy | null {
  if (legalGround(policies, purpose, record) === null) return null;
  const found = policies.access.filter(
    ({ entry }) =>
      entry.breakGlass === true &&
      entry.record === record &&
      entry.purposes.includes(purpose) &&
      entry.roles.some((role) => actor.roles.includes(role)),
  );
  return found.sort((a, b) => (a.id < b.id ? -1 : 1))[0] ?? null;
}

interface GlassRow extends Row {
  readonly id: string;
  readonly actor: string;
  readonly reviewed_at: Instant | null;
}

/**
 * Somebody else than who broke it looked at what was done. One that was still good ends by it.
 * @param finding free text: kept beside the grant, in no ledger entry
 * @throws LetheError `grant_unknown`, `grant_own`, `grant_reviewed`, `input_invalid`
 */
export async function reviewBreakGlass(
  { db, clock }: Pick<GlassContext, 'db' | 'clock'>,
  id: string,
  finding: string,
  actor: Actor,
): Promise<{ readonly id: string }> {
  const found = givenWords('finding', finding, 'say what the review found');
  return db.transaction(async (tx) => {
    const [by, at] = [await actorId(tx, actor.name), clock.now()];
    const grant = await lockGrant(tx, id);
    if (grant.reviewed_at !== null) throw new LetheError('grant_reviewed', { grant: id });
    if (nameKey(grant.actor) === nameKey(actor.name)) throw new LetheError('grant_own', { grant: id });
    await tx.query(sql`
      update lethe.break_glass set reviewed_by = ${by}, reviewed_at = ${at}::timestamptz, finding = ${found},
        ended_at = case when until > ${at}::timestamptz then ${at}::timestamptz else ended_at end
      where id = ${id}`);
    await appendEntry(tx, { kind: 'access.glass-reviewed', at, actor: by, about: { glass: id } });
    return { id };
  });
}

async function lockGrant(tx: Tx, id: string): Promise<GlassRow> {
  const { rows } = await tx.query<GlassRow>(sql`
    select id, actor, reviewed_at from lethe.break_glass where id = ${id} for no key update`);
  if (!rows[0]) throw new LetheError('grant_unknown', { grant: id });
  return rows[0];
}

/** A grant that waits for its review; who broke the glass is told in a case alone. */
export interface BrokenGlass {
  readonly id: string;
  /** `message/5`, `message` */
  readonly record: string;
  readonly purpose: string;
  readonly reason: string;
  readonly grantedAt: Instant;
  readonly until: Instant;
  /** Accesses that are on record by it. */
  readonly accesses: number;
}

/** Oldest first. */
export async function unreviewedGlass(db: Queryable): Promise<readonly BrokenGlass[]> {
  const { rows } = await db.query<
    Row & Omit<BrokenGlass, 'accesses'> & { key: string | null; granted_at: Instant; accesses: string }
  >(sql`
    select g.id, g.record, g.key, g.purpose, g.reason, g.granted_at, g.until,
      (select count(*) from lethe.access_log l
        where l.actor = g.actor and l.at >= g.granted_at and l.at <= g.until and l.reason = g.id) as accesses
    from lethe.break_glass g where g.reviewed_at is null order by g.granted_at, g.id`);
  return rows.map(({ id, record, key, purpose, reason, granted_at, until, accesses }) => ({
    id,
    record: key === null ? record : `${record}/${key}`,
    purpose,
    reason,
    grantedAt: granted_at,
    until,
    accesses: Number(accesses),
  }));
}
