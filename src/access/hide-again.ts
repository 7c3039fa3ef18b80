import type { Tx } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyAmong } from '../datamap/key-sql.js';
import { keepActor } from '../ledger/actor-directory.js';
import type {
  QuarantinePlacedAct,
  QuarantineReleasedAct,
  SensitiveFlaggedAct,
  SensitiveLiftedAct,
} from '../vault/act.js';
import type { NamedRecord } from './sensitive-store.js';

/**
 * Hides a record again that a restored database shows. False when it is hidden there, or the record is not: another one will
 * have its key one day, and must not be hidden for it.
 */
export async function quarantineAgain(tx: Tx, graph: MapGraph, act: QuarantinePlacedAct): Promise<boolean> {
  if (await isGone(tx, graph, act)) return false;
  await keepActor(tx, act.actor);
  const { count } = await tx.query(sql`
    insert into lethe.quarantine (id, record, key, kind, quarantined_by, quarantined_at)
    values (${act.quarantine}, ${act.record}, ${act.key}, ${act.found}, ${act.actor}, ${act.at}::timestamptz)
    on conflict do nothing`);
  return count > 0;
}

/** Only the quarantine it was about: what hides the record for another reason goes on. False when it has ended. */
export async function releaseAgain(tx: Tx, act: QuarantineReleasedAct): Promise<boolean> {
  await keepActor(tx, act.actor);
  const { count } = await tx.query(sql`
    update lethe.quarantine set released_by = ${act.actor}, released_at = ${act.at}::timestamptz
    where id = ${act.quarantine} and released_at is null`);
  return count > 0;
}

/** As quarantineAgain. */
export async function flagAgain(tx: Tx, graph: MapGraph, act: SensitiveFlaggedAct): Promise<boolean> {
  if (await isGone(tx, graph, act)) return false;
  await keepActor(tx, act.actor);
  const { count } = await tx.query(sql`
    insert into lethe.sensitive (id, record, key, flagged_by, flagged_at)
    values (${act.flag}, ${act.record}, ${act.key}, ${act.actor}, ${act.at}::timestamptz)
    on conflict do nothing`);
  return count > 0;
}

/** As releaseAgain. */
export async function liftFlagAgain(tx: Tx, act: SensitiveLiftedAct): Promise<boolean> {
  await keepActor(tx, act.actor);
  const { count } = await tx.query(sql`
    update lethe.sensitive set lifted_by = ${act.actor}, lifted_at = ${act.at}::timestamptz
    where id = ${act.flag} and lifted_at is null`);
  return count > 0;
}

/** Of a record that the map does not know nobody can say that it is gone; hiding it harms nothing. */
async function isGone(tx: Tx, graph: MapGraph, { record, key }: NamedRecord): Promise<boolean> {
  const table = graph.records.get(record);
  if (!table) return false;
  const { count } = await tx.query(sql`
    select 1 from ${raw(table.sql)} this where ${keyAmong(table, 'this', [key])}`);
  return count === 0;
}
