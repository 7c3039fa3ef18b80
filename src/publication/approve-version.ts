import type { Actor } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Database, Tx } from '../db/database.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { findVersion, standings, type PublishedVersion } from './publication.js';
import { insertPublicationApproval, listPublications, lockPublishing } from './publication-store.js';

/**
 * Approves a version that waits. It comes into force once its cooling time is over and it has all its approvals.
 * @throws LetheError `version_unknown`, `version_settled`, `version_own`, `version_approved`, `role_missing`
 */
export async function approveVersion(
  db: Database,
  version: string,
  actor: Actor,
  now: Instant,
): Promise<PublishedVersion> {
  return db.transaction(async (tx) => {
    await lockPublishing(tx);
    const found = findVersion(standings(await listPublications(tx), now), version);
    const id = await actorId(tx, actor.name);
    requireMayApprove(found, id, actor);
    await approve(tx, found, { id, actor, now });
    return findVersion(standings(await listPublications(tx), now), version);
  });
}

function requireMayApprove(
  { id: version, policy, state, publishedBy, role }: PublishedVersion,
  id: string,
  actor: Actor,
): void {
  const names = { version, policy, actor: actor.name };
  if (state.is !== 'waiting')
    throw new LetheError('version_settled', { ...names, state: IN_WORDS[state.is] });
  if (publishedBy === id) throw new LetheError('version_own', names);
  if (role !== null && !actor.roles.includes(role))
    throw new LetheError('role_missing', {
      deed: 'approve',
      what: `approve ${version}`,
      wanted: role,
      has: actor.roles.join(', ') || 'no role',
    });
}

const IN_WORDS = {
  inForce: 'in force',
  removed: 'a removal that is in force',
  superseded: 'superseded by a newer one',
} as const;

async function approve(
  tx: Tx,
  { id: version, policy, digest }: PublishedVersion,
  { id, actor, now }: { readonly id: string; readonly actor: Actor; readonly now: Instant },
): Promise<void> {
  const { assurance, roles, name } = actor;
  const isFirst = await insertPublicationApproval(tx, {
    publication: version,
    actor: id,
    assurance,
    roles,
    at: now,
  });
  if (!isFirst) throw new LetheError('version_approved', { version, actor: name });
  await appendEntry(tx, {
    kind: 'policy.approved',
    at: now,
    actor: id,
    about: { policy, version, assurance, roles: roles.join(' ') },
    digests: digest === null ? {} : { version: digest },
  });
}
