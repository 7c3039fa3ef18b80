import type { Tx } from '../db/database.js';
import { keepActor } from '../ledger/actor-directory.js';
import type { ConsentWithdrawnAct } from '../vault/act.js';
import { isHolding, type ConsentState, type Party } from './consent-state.js';
import { insertEvent, lastEvent, lockConsent } from './consent-store.js';

/**
 * Ends a consent again that a restored database has as if it still held; false when nothing there holds. Its giving may be
 * another one than the withdrawal was about: what was given after a withdrawal, and lost, cannot be told from what was given
 * before, so nothing holds until the person says so again.
 */
export async function withdrawConsentAgain(tx: Tx, act: ConsentWithdrawnAct): Promise<boolean> {
  await lockConsent(tx, act.subject, act.purpose);
  const last = await lastEvent(tx, act.subject, act.purpose);
  if (last === null || !isHolding(last.state)) return false;
  await keepActor(tx, act.actor);
  await insertEvent(tx, {
    ...last,
    id: act.event,
    at: act.at > last.at ? act.at : last.at,
    state: act.state as ConsentState,
    validUntil: null,
    by: act.by as Party,
    relation: act.relation,
    verified: act.verified,
    method: null,
    channel: act.channel,
    evidence: null,
    actor: act.actor,
  });
  return true;
}
