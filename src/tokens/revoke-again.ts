import type { Tx } from '../db/database.js';
import { keepActor } from '../ledger/actor-directory.js';
import type { TokenRevokedAct } from '../vault/act.js';
import { endToken } from './token-store.js';

/** Revokes a token again that a restored database has as good; false: it is not there, or is revoked. */
export async function revokeAgain(tx: Tx, act: TokenRevokedAct): Promise<boolean> {
  await keepActor(tx, act.actor);
  return (await endToken(tx, act.token, act.actor, act.at)) !== null;
}
