import type { Database, Queryable, Tx } from '../db/database.js';
import { newId } from '../core/ids.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { closeGate } from './gate.js';
import {
  activeProtections,
  endProtection,
  insertProtection,
  type ProtectionRow,
} from './protection-store.js';
import { storeVersion } from '../publication/version-store.js';

/** The policies in force as a connection or a transaction sees them now. */
export type PoliciesInForce = (on?: Queryable) => Promise<readonly RetentionPolicy[]>;

/**
 * Brings the floors in lethe.protection in step with the policies in force: every duty to keep is a protection of the
 * record type that names its policy version; one whose policy is gone or has changed ends.
 * @param inForce is asked again behind the gate: who read the policies before another one published a duty to keep must not end it
 */
export async function syncFloors(db: Database, inForce: PoliciesInForce, actor: string): Promise<void> {
  if (isInStep(await inForce(db), await activeProtections(db))) return;
  await db.transaction(async (tx) => {
    await closeGate(tx);
    const { missing, stale } = changes(await inForce(tx), await activeProtections(tx));
    for (const { id } of stale)
      await endProtection(tx, id, actor, 'the policy is no longer in force in this version');
    for (const floor of missing) await placeFloor(tx, floor, actor);
  });
}

function changes(policies: readonly RetentionPolicy[], active: readonly ProtectionRow[]) {
  const floors = policies.filter(({ action }) => action === 'keep');
  const rows = active.filter(({ kind }) => kind === 'floor');
  return {
    missing: floors.filter(({ digest }) => !rows.some(({ version }) => version === digest)),
    stale: rows.filter(({ version }) => !floors.some(({ digest }) => digest === version)),
  };
}

/** Whether the floors in the database are exactly those of the policies in force. */
export function isInStep(policies: readonly RetentionPolicy[], active: readonly ProtectionRow[]): boolean {
  const { missing, stale } = changes(policies, active);
  return missing.length + stale.length === 0;
}

async function placeFloor(
  tx: Tx,
  { digest, id, text, table, entry }: RetentionPolicy,
  actor: string,
): Promise<void> {
  await storeVersion(tx, { digest, kind: 'retention', name: id, text }, actor);
  await insertProtection(tx, {
    id: newId('floor'),
    kind: 'floor',
    record: table.concept ?? table.id,
    version: digest,
    ground: entry.ground,
    authority: entry.cite ?? '',
    placedBy: actor,
  });
}
