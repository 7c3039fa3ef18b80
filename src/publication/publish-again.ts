import type { Tx } from '../db/database.js';
import type { Assurance, Role } from '../core/actor.js';
import { keepActor } from '../ledger/actor-directory.js';
import type { PolicyKind } from '../policy/policy.js';
import type { PolicyPublishedAct } from '../vault/act.js';
import type { Change } from './publication.js';
import { hasPublication, insertPublication, lockPublishing } from './publication-store.js';
import { storeVersion } from './version-store.js';

/**
 * Stores a version again that a restored database has forgotten, as it was published. Approvals that it was given since are
 * not in the journal: what needs them waits for them again.
 * @returns whether it was missing
 */
export async function publishAgain(tx: Tx, act: PolicyPublishedAct): Promise<boolean> {
  await lockPublishing(tx);
  const { version: id, policy, digest, text, at, actor, because, notBefore, cooling, approvers } = act;
  const kind = (act.of ?? 'retention') as PolicyKind;
  if (await hasPublication(tx, id)) return false;
  await keepActor(tx, actor);
  if (digest !== null && text !== null) await storeVersion(tx, { digest, kind, name: policy, text }, actor);
  await insertPublication(tx, {
    ...{ id, policy, kind, digest, because, notBefore, cooling, approvers },
    publishedAt: at,
    publishedBy: actor,
    change: act.change as Change,
    assurance: act.assurance as Assurance,
    role: act.role as Role | null,
  });
  return true;
}
