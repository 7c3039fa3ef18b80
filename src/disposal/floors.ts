import type { Database } from '../db/database.js';
import { newId } from '../core/ids.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { closeGate } from './gate.js';
import { activeProtections, endProtection, insertProtection } from './protection-store.js';
import { storeVersion } from './version-store.js';

/**
 * Brings the floors in lethe.protection in step with the policies in force: every duty to keep is a protection of the
 * record type that names its policy version; one whose policy is gone or has changed ends.
 */
export async function syncFloors(db: Database, policies: readonly RetentionPolicy[], actor: string): Promise<void> {
  const floors = policies.filter(({ action }) => action === 'keep');
  const active = (await activeProtections(db)).filter(({ kind }) => kind === 'floor');
  const missing = floors.filter(({ digest }) => !active.some(({ version }) => version === digest));
  const stale = active.filter(({ version }) => !floors.some(({ digest }) => digest === version));
  if (missing.length + stale.length === 0) return;
  await db.transaction(async (tx) => {
    await closeGate(tx);
    for (const { id } of stale) await endProtection(tx, id, actor, 'the policy is no longer in force in this version');
    for (const floor of missing) {
      const { digest, id: name, text, table, entry } = floor;
      await storeVersion(tx, { digest, kind: 'retention', name, text }, actor);
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
  });
}
