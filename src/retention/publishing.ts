import type { Actor } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Queryable } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import { syncFloors } from '../disposal/floors.js';
import { closeGate } from '../disposal/gate.js';
import { actorId } from '../ledger/actor-directory.js';
import { approveVersion } from '../publication/approve-version.js';
import { policiesInForce } from '../publication/policies-in-force.js';
import type { PublishedVersion } from '../publication/publication.js';
import { publishDrafts, type Publishing, type PublishRequest } from '../publication/publish.js';
import type { Vault } from '../vault/vault.js';

export interface PublishingContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** How long a version waits that may take more: an ISO 8601 period; absent: a week. */
  readonly cooling?: string;
  readonly vault: Vault | null;
}

/**
 * Publishes drafts; see publishDrafts. What rules at once also stops runs that are going on: when this returns, none of their
 * batches goes by the version before.
 */
export async function publishPolicies(
  context: PublishingContext,
  request: PublishRequest,
  actor: Actor,
): Promise<Publishing> {
  const { db, graph, clock, cooling = 'P7D', vault } = context;
  const done = await publishDrafts({ db, graph, now: clock.now(), cooling, vault }, request, actor);
  await bringFloorsInStep(context, actor);
  await db.transaction(closeGate); // batches that began before the versions were there
  return done;
}

/** Approves a version that waits; see approveVersion. */
export async function approvePolicyVersion(
  context: PublishingContext,
  version: string,
  actor: Actor,
): Promise<PublishedVersion> {
  const approved = await approveVersion(context.db, version, actor, context.clock.now());
  await bringFloorsInStep(context, actor);
  return approved;
}

/** While the map cannot read what is in force, nothing is planned or applied, and the floors stay as they are. */
async function bringFloorsInStep({ db, graph, clock }: PublishingContext, actor: Actor): Promise<void> {
  try {
    const inForce = (on: Queryable = db) => policiesInForce(on, graph, clock.now());
    await syncFloors(db, inForce, await actorId(db, actor.name));
  } catch (error) {
    if (!(error instanceof LetheError && error.code === 'version_unreadable')) throw error;
  }
}
