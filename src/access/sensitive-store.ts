import type { Clock } from '../core/clock.js';
import { newId } from '../core/ids.js';
import type { Tx } from '../db/database.js';
import { literal, sql } from '../db/sql.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { Intend } from '../ledger/journaled.js';

/** A record by its kind and its key as text, as Lethe's tables name it: `{record: 'message', key: '5'}`. */
export interface NamedRecord {
  readonly record: string;
  readonly key: string;
}

/** Predicate over SQL expressions: the record is flagged sensitive. */
export const isSensitive = (record: string, keySql: string): string =>
  `exists (select from lethe.sensitive flag where flag.record = ${literal(record)} and flag.key = ${keySql} and flag.lifted_at is null)`;

/**
 * Flags a record whose free text carries special categories.
 * @param actor a name of the actor directory: for a desk actor its id
 * @returns false when it was flagged already; nothing changes then
 */
export async function flagSensitive(
  tx: Tx,
  clock: Clock,
  { record, key }: NamedRecord,
  actor: string,
  intend: Intend,
): Promise<boolean> {
  const [by, at] = [await actorId(tx, actor), clock.now()];
  const { rows } = await tx.query<{ id: string }>(sql`
    insert into lethe.sensitive (id, record, key, flagged_by, flagged_at)
    values (${newId('flag')}, ${record}, ${key}, ${by}, ${at}::timestamptz)
    on conflict (record, key) where lifted_at is null do nothing returning id`);
  if (!rows[0]) return false;
  const about = { flag: rows[0].id, record };
  const entry = { kind: 'access.flagged', at, actor: by, about, names: [`${record}/${key}`] };
  const proof = { id: await appendEntry(tx, entry), at, actor: by };
  await intend({ kind: 'sensitive.flagged', ...proof, flag: about.flag, record, key });
  return true;
}

/** @returns false when it was not flagged */
export async function liftSensitive(
  tx: Tx,
  clock: Clock,
  { record, key }: NamedRecord,
  actor: string,
  intend: Intend,
): Promise<boolean> {
  const [by, at] = [await actorId(tx, actor), clock.now()];
  const { rows } = await tx.query<{ id: string }>(sql`
    update lethe.sensitive set lifted_by = ${by}, lifted_at = ${at}::timestamptz
    where record = ${record} and key = ${key} and lifted_at is null returning id`);
  if (!rows[0]) return false;
  const about = { flag: rows[0].id, record };
  const entry = { kind: 'access.unflagged', at, actor: by, about, names: [`${record}/${key}`] };
  const proof = { id: await appendEntry(tx, entry), at, actor: by };
  await intend({ kind: 'sensitive.lifted', ...proof, flag: about.flag });
  return true;
}
