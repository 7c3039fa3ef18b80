import type { ActorName } from '../core/actor.js';
import type { Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import { throughDoor } from '../db/disposal-door.js';
import type { ForeignKey } from '../datamap/closure.js';
import { readForeignKeys } from '../datamap/foreign-keys.js';
import { actorId, keepActor } from '../ledger/actor-directory.js';
import { flagAgain, liftFlagAgain, quarantineAgain, releaseAgain } from '../access/hide-again.js';
import { withdrawConsentAgain } from '../consent/consent-again.js';
import { appendEntry } from '../ledger/append.js';
import { resumeChain } from '../ledger/resume.js';
import { standingOf } from '../ledger/standing.js';
import { publishAgain } from '../publication/publish-again.js';
import { revokeAgain } from '../tokens/revoke-again.js';
import type { Act, HoldLiftedAct, HoldPlacedAct } from '../vault/act.js';
import { closeGate } from './gate.js';
import type { HoldContext } from './hold.js';
import type { Vault } from '../vault/vault.js';
import { targetColumns } from './hold-target.js';
import { endProtection, insertProtection } from './protection-store.js';
import { disposeAgain } from './replay-disposal.js';
import { keepSubject } from '../datamap/subject-store.js';
import { askToCorrectAgain } from './correct-again.js';
import { withdrawAgain } from './withdrawal.js';

export interface Replay {
  /** Acts done again. */
  readonly acts: number;
  /** Records that were there again and are gone again; those that a protection keeps. */
  readonly records: number;
  readonly kept: number;
  readonly holdsPlaced: number;
  readonly holdsLifted: number;
  readonly versionsPublished: number;
  readonly plansWithdrawn: number;
  readonly consentsWithdrawn: number;
  readonly tokensRevoked: number;
  /** Corrections of persons' data that are lost, each listed as a task: their values are in no journal. */
  readonly correctionsLost: number;
  /** Records hidden from everybody again, and shown again; flagged sensitive again, and not any more. */
  readonly quarantinesPlaced: number;
  readonly quarantinesReleased: number;
  readonly flagsSet: number;
  readonly flagsLifted: number;
  /** Acts of which nobody knows whether they committed: their process died, and the database is older than that. */
  readonly uncertain: readonly string[];
}

const COUNTED = {
  acts: 0,
  records: 0,
  kept: 0,
  holdsPlaced: 0,
  holdsLifted: 0,
  versionsPublished: 0,
  plansWithdrawn: 0,
  consentsWithdrawn: 0,
  tokensRevoked: 0,
  correctionsLost: 0,
  quarantinesPlaced: 0,
  quarantinesReleased: 0,
  flagsSet: 0,
  flagsLifted: 0,
};
type Counted = keyof typeof COUNTED;
const COUNTS = Object.keys(COUNTED) as readonly Counted[];

/** What replay works with: there is a vault, or nothing to replay. */
export interface ReplayContext extends HoldContext {
  readonly vault: Vault;
}

/**
 * Brings a restored database up to its vault's journal (DESIGN invariant 11): every missing act is done again, in the order
 * it was done, each in one transaction with its own ledger entry; then the chain goes on behind a gap that the next block
 * explains. Killed half-way, it goes on where it stopped.
 * @throws LetheError `replay_incomplete`, `map_mismatch`, `vault_older`, `ledger_broken`
 */
export async function replay(context: ReplayContext, actor: ActorName): Promise<Replay> {
  const { db, vault } = context;
  const standing = await standingOf(db, vault);
  if (standing.is === 'current') return { ...COUNTED, uncertain: [] };
  const by = await actorId(db, actor.name);
  const foreignKeys = await readForeignKeys(db);
  let done = COUNTED;
  for (const { act } of standing.missing) done = sum(done, await redo(context, foreignKeys, act, by));
  const uncertain = (await vault.acts(0)).acts
    .filter(({ state }) => state === 'open')
    .map(({ act }) => act.id);
  await resumeChain(context, by, { ...done, uncertain: uncertain.length });
  return { ...done, uncertain };
}

type Outcome = Partial<Record<Exclude<Counted, 'acts'>, number>>;

function sum(sofar: typeof COUNTED, one: Outcome): typeof COUNTED {
  const added = { acts: 1, ...one };
  return Object.fromEntries(COUNTS.map((name) => [name, sofar[name] + (added[name] ?? 0)])) as typeof COUNTED;
}

/** One act again; its new entry stands for the old one from then on. */
function redo(
  context: ReplayContext,
  foreignKeys: readonly ForeignKey[],
  act: Act,
  by: string,
): Promise<Outcome> {
  const { db, vault, clock } = context;
  return throughDoor(db, async (tx) => {
    const outcome = await redoOn(tx, context, foreignKeys, act);
    const { records = 0, kept = 0 } = outcome;
    const entry = await appendEntry(tx, {
      kind: 'replayed',
      at: clock.now(),
      actor: by,
      about: { act: act.id, kind: act.kind, ...thingOf(act) },
      ...(act.kind === 'disposal' ? { counts: { records, kept } } : {}),
    });
    await vault.move(act.id, entry);
    return outcome;
  });
}

function thingOf(act: Act): Readonly<Record<string, string>> {
  switch (act.kind) {
    case 'disposal':
    case 'plan.withdrawn':
      return { plan: act.plan };
    case 'hold.placed':
    case 'hold.lifted':
      return { hold: act.hold };
    case 'policy.published':
      return { policy: act.policy, version: act.version };
    case 'consent.withdrawn':
      return { consent: act.consent };
    case 'token.revoked':
      return { token: act.token };
    case 'rectified':
      return { rectification: act.rectification, field: act.field };
    case 'quarantine.placed':
    case 'quarantine.released':
      return { quarantine: act.quarantine };
    case 'sensitive.flagged':
    case 'sensitive.lifted':
      return { flag: act.flag };
  }
}

async function redoOn(
  tx: Tx,
  context: ReplayContext,
  foreignKeys: readonly ForeignKey[],
  act: Act,
): Promise<Outcome> {
  switch (act.kind) {
    case 'disposal':
      return disposeAgain(tx, context, foreignKeys, act);
    case 'hold.placed':
      return placeAgain(tx, act);
    case 'hold.lifted':
      return liftAgain(tx, act);
    case 'policy.published':
      return { versionsPublished: (await publishAgain(tx, act)) ? 1 : 0 };
    case 'plan.withdrawn':
      return { plansWithdrawn: (await withdrawAgain(tx, act)) ? 1 : 0 };
    case 'consent.withdrawn':
      return { consentsWithdrawn: (await withdrawConsentAgain(tx, act)) ? 1 : 0 };
    case 'token.revoked':
      return { tokensRevoked: (await revokeAgain(tx, act)) ? 1 : 0 };
    case 'rectified':
      return { correctionsLost: (await askToCorrectAgain(tx, act)) ? 1 : 0 };
    case 'quarantine.placed':
      return { quarantinesPlaced: (await quarantineAgain(tx, context.graph, act)) ? 1 : 0 };
    case 'quarantine.released':
      return { quarantinesReleased: (await releaseAgain(tx, act)) ? 1 : 0 };
    case 'sensitive.flagged':
      return { flagsSet: (await flagAgain(tx, context.graph, act)) ? 1 : 0 };
    case 'sensitive.lifted':
      return { flagsLifted: (await liftFlagAgain(tx, act)) ? 1 : 0 };
  }
}

async function placeAgain(tx: Tx, act: HoldPlacedAct): Promise<Outcome> {
  await closeGate(tx);
  const { count } = await tx.query(sql`select 1 from lethe.protection where id = ${act.hold}`);
  if (count > 0) return {};
  for (const id of [act.actor, act.owner]) await keepActor(tx, id);
  const { scope } = act;
  const subject =
    scope.kind === 'subject'
      ? { subject: await keepSubject(tx, scope.subject, scope.record, scope.key) }
      : {};
  await insertProtection(tx, {
    id: act.hold,
    kind: 'hold',
    ...targetColumns({ ...scope, ...subject }),
    ground: act.ground,
    authority: act.authority,
    owner: act.owner,
    reviewOn: act.reviewOn,
    placedBy: act.actor,
    placedAt: act.at,
  });
  return { holdsPlaced: 1 };
}

async function liftAgain(tx: Tx, act: HoldLiftedAct): Promise<Outcome> {
  await closeGate(tx);
  await keepActor(tx, act.actor);
  const lifted = await endProtection(tx, act.hold, act.actor, 'lifted before the database was restored');
  return { holdsLifted: lifted ? 1 : 0 };
}
