import type { ActorName } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Database, Tx } from '../db/database.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { journaled } from '../ledger/journaled.js';
import type { Purpose } from '../policy/purposes.js';
import type { Vault } from '../vault/vault.js';
import type { Scope } from './scopes.js';
import { hashOf, isSecret, newSecret } from './secret.js';
import { checkOrder, type TokenOrder } from './token-order.js';
import { allTokens, endToken, findGoodToken, insertToken, markUsed, type GoodToken } from './token-store.js';

export interface TokenContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  readonly vault: Vault | null;
}

/** A new token. The secret is nowhere else: who loses it makes another. */
export interface MadeToken {
  readonly id: string;
  /** `lethe_…`, for `Authorization: Bearer lethe_…` */
  readonly secret: string;
  readonly actor: string;
  readonly expiresAt: Instant;
}

/** @throws LetheError `input_invalid` */
export async function createToken(
  { db, graph, clock }: TokenContext,
  order: TokenOrder,
  by: ActorName,
): Promise<MadeToken> {
  const now = clock.now();
  const checked = checkOrder(graph, order, now);
  const [id, secret] = [newId('token'), newSecret()];
  await db.transaction(async (tx) => {
    const createdBy = await actorId(tx, by.name);
    await insertToken(tx, { ...checked, id, hash: hashOf(secret), createdAt: now, createdBy });
    await record(tx, 'token.created', { id, at: now, by: createdBy, holder: checked.actor });
  });
  return { id, secret, actor: checked.actor, expiresAt: checked.expiresAt };
}

/**
 * From the next call on, in every process, the token is good for nothing; in a database that is restored, once it is replayed.
 * @throws LetheError `token_unknown` (also one that is revoked already), `vault_unreadable`
 */
export async function revokeToken(
  { db, clock, vault }: TokenContext,
  id: string,
  by: ActorName,
): Promise<{ readonly id: string }> {
  const open = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.transaction(work);
  await journaled(vault, open, async (tx, intend) => {
    const [at, actor] = [clock.now(), await actorId(tx, by.name)];
    const holder = await endToken(tx, id, actor, at);
    if (holder === null) throw new LetheError('token_unknown', { token: id });
    const entry = await record(tx, 'token.revoked', { id, at, by: actor, holder });
    await intend({ kind: 'token.revoked', id: entry, at, actor, token: id });
  });
  return { id };
}

interface Deed {
  readonly id: string;
  readonly at: Instant;
  readonly by: string;
  readonly holder: string;
}

const record = (tx: Tx, kind: string, { id, at, by, holder }: Deed): Promise<string> =>
  appendEntry(tx, { kind, at, actor: by, about: { token: id }, names: [holder] });

/** A token for showing: everything but the secret, which nobody has. */
export interface TokenSummary {
  readonly id: string;
  readonly actor: string;
  readonly roles: readonly string[];
  readonly purposes: readonly Purpose[];
  readonly scopes: readonly Scope[];
  readonly state: 'good' | 'expired' | 'revoked';
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  /** `2026-11-21`, in UTC; null: never. */
  readonly lastUsedOn: string | null;
}

/** Every token, oldest first. */
export async function listTokens({ db, clock }: TokenContext): Promise<readonly TokenSummary[]> {
  const now = clock.now();
  return (await allTokens(db)).map((row) => ({
    id: row.id,
    actor: row.actor,
    roles: row.roles,
    purposes: row.purposes,
    scopes: row.scopes,
    state: row.revoked_at !== null ? 'revoked' : row.expires_at > now ? 'good' : 'expired',
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedOn: row.last_used_on,
  }));
}

/**
 * Who calls with this secret.
 * @throws LetheError `token_invalid`, the same for a token that is unknown, expired or revoked
 */
export async function tokenOf({ db, clock }: TokenContext, secret: string): Promise<GoodToken> {
  const now = clock.now();
  const found = isSecret(secret) ? await findGoodToken(db, hashOf(secret), now) : null;
  if (found === null) throw new LetheError('token_invalid');
  const today = now.slice(0, 10);
  if (found.last_used_on !== today) await markUsed(db, found.id, today);
  return found;
}
