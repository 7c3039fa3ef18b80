import type { Actor } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { startOfDayIn } from '../core/instant.js';
import type { Database } from '../db/database.js';
import { sql } from '../db/sql.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { givenActor, givenWords } from './moments.js';

export interface TrainingDone {
  /** `agent/7` */
  readonly actor: string;
  /** As access policies name them. */
  readonly content: string;
  readonly version: string;
  /** `2026-11-21`: days in UTC. It holds from the day it was done, and no more from the day it expires. */
  readonly on: string;
  readonly expires: string;
}

interface TrainingContext {
  readonly db: Database;
  readonly clock: Clock;
}

/** @throws LetheError `input_invalid` */
export async function recordTraining(
  { db, clock }: TrainingContext,
  done: TrainingDone,
  by: Actor,
): Promise<{ readonly id: string }> {
  const at = clock.now();
  const who = givenActor(done.actor);
  const content = givenWords('content', done.content, 'say what the training was about');
  const version = givenWords('version', done.version, 'say which version of it');
  checkDays(done, at.slice(0, 10));
  return db.transaction(async (tx) => {
    const [recordedBy, id] = [await actorId(tx, by.name), newId('training')];
    await tx.query(sql`
      insert into lethe.training (id, actor, content, version, done_on, expires_on, recorded_by, recorded_at)
      values (${id}, ${who}, ${content}, ${version}, ${done.on}::date, ${done.expires}::date, ${recordedBy},
        ${at}::timestamptz)`);
    await appendEntry(tx, {
      kind: 'access.trained',
      at,
      actor: recordedBy,
      about: { training: id, expires: done.expires },
      names: [who],
    });
    return { id };
  });
}

function checkDays({ on, expires }: TrainingDone, today: string): void {
  const invalid = (what: string, reason: string): LetheError =>
    new LetheError('input_invalid', { what, reason });
  for (const [what, day] of [
    ['on', on],
    ['expires', expires],
  ] as const)
    if (startOfDayIn(day, 'UTC') === null) throw invalid(what, 'write it as 2027-01-31');
  if (on > today) throw invalid('on', 'a training counts once it was done');
  if (expires <= on) throw invalid('expires', 'it must hold for a day at least');
}

/**
 * For one that was recorded by mistake: policies that ask for it count it no more.
 * @throws LetheError `training_unknown`
 */
export async function revokeTraining(
  { db, clock }: TrainingContext,
  id: string,
  actor: Actor,
): Promise<{ readonly id: string }> {
  return db.transaction(async (tx) => {
    const [by, at] = [await actorId(tx, actor.name), clock.now()];
    const { count } = await tx.query(sql`
      update lethe.training set revoked_by = ${by}, revoked_at = ${at}::timestamptz
      where id = ${id} and revoked_at is null`);
    if (count === 0) throw new LetheError('training_unknown', { training: id });
    await appendEntry(tx, { kind: 'access.training-revoked', at, actor: by, about: { training: id } });
    return { id };
  });
}
