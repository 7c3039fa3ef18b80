import type { Clock } from '../core/clock.js';
import { newId } from '../core/ids.js';
import type { Tx } from '../db/database.js';
import { literal, sql } from '../db/sql.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { Intend } from '../ledger/journaled.js';
import type { NamedRecord } from './sensitive-store.js';

/** Predicate over SQL expressions: the record is shown to nobody, whatever a policy says. */
export const isQuarantined = (record: string, keySql: string): string =>
  `exists (select from lethe.quarantine quarantine where quarantine.record = ${literal(record)} and quarantine.key = ${keySql} and quarantine.released_at is null)`;

export interface QuarantineOrder extends NamedRecord {
  /** What should not be there, in a word: `card`, `passport`. Never the thing itself. */
  readonly kind: string;
}

/**
 * Hides a record from every reader, at once, and from those of a backup that is restored later.
 * @param actor a name of the actor directory: for a desk actor its id
 * @returns the id; of the quarantine it is in already, when there is one
 */
export async function quarantine(
  tx: Tx,
  clock: Clock,
  order: QuarantineOrder,
  actor: string,
  intend: Intend,
): Promise<string> {
  const { record, key, kind } = order;
  const [by, at] = [await actorId(tx, actor), clock.now()];
  const { rows } = await tx.query<{ id: string }>(sql`
    insert into lethe.quarantine (id, record, key, kind, quarantined_by, quarantined_at)
    values (${newId('quarantine')}, ${record}, ${key}, ${kind}, ${by}, ${at}::timestamptz)
    on conflict (record, key) where released_at is null do nothing returning id`);
  const id = rows[0]?.id;
  // released by another between the two statements: then it is put there again
  if (id === undefined) return (await quarantineOf(tx, order)) ?? quarantine(tx, clock, order, actor, intend);
  const about = { quarantine: id, record, kind };
  const entry = { kind: 'access.quarantined', at, actor: by, about, names: [`${record}/${key}`] };
  const proof = { id: await appendEntry(tx, entry), at, actor: by };
  await intend({ kind: 'quarantine.placed', ...proof, quarantine: id, record, key, found: kind });
  return id;
}

async function quarantineOf(tx: Tx, { record, key }: NamedRecord): Promise<string | null> {
  const { rows } = await tx.query<{ id: string }>(sql`
    select id from lethe.quarantine where record = ${record} and key = ${key} and released_at is null`);
  return rows[0]?.id ?? null;
}

/**
 * Ends a quarantine that was a mistake: the record is shown again to whom the policies let.
 * @returns false when it was in none
 */
export async function release(
  tx: Tx,
  clock: Clock,
  { record, key }: NamedRecord,
  actor: string,
  intend: Intend,
): Promise<boolean> {
  const [by, at] = [await actorId(tx, actor), clock.now()];
  const { rows } = await tx.query<{ id: string }>(sql`
    update lethe.quarantine set released_by = ${by}, released_at = ${at}::timestamptz
    where record = ${record} and key = ${key} and released_at is null returning id`);
  if (!rows[0]) return false;
  const about = { quarantine: rows[0].id, record };
  const entry = { kind: 'access.released', at, actor: by, about, names: [`${record}/${key}`] };
  const proof = { id: await appendEntry(tx, entry), at, actor: by };
  await intend({ kind: 'quarantine.released', ...proof, quarantine: rows[0].id });
  return true;
}
