import { z } from 'zod';
import { LetheError } from '../core/errors.js';
import { parseInstant, type Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import { findSubject } from '../datamap/subject-store.js';
import type { Purpose } from '../policy/purposes.js';
import { personField, purposeField, readInput } from './consent-orders.js';
import { isHolding, stateAt, type ConsentState } from './consent-state.js';
import { eventsOf, lastEvent, type ConsentEvent } from './consent-store.js';
import { personExists, readPerson, unknownPerson, type Person } from './person.js';
import type { ConsentContext } from './record-consent.js';

export interface ConsentQuestion {
  readonly record: string;
  readonly purpose: Purpose;
  /** RFC 3339, to the microsecond; absent: now. */
  readonly asOf?: string | undefined;
}

export interface ConsentAnswer {
  readonly record: string;
  readonly purpose: Purpose;
  readonly asOf: Instant;
  /** May processing rest on it? */
  readonly holds: boolean;
  /** `dpv:ConsentUnknown` where nothing was recorded until then. */
  readonly state: ConsentState;
  /** Since when; of one that expired, when it did. */
  readonly since: Instant | null;
  readonly validUntil: Instant | null;
  readonly policy: string | null;
  readonly wording: string | null;
}

const question = z.strictObject({
  record: personField,
  purpose: purposeField,
  asOf: z.string().max(64, 'must be an instant such as 2026-11-21T00:00:00Z').optional(),
});

interface ReadQuestion extends Omit<ConsentQuestion, 'asOf'> {
  readonly asOf?: Instant;
}

/** @throws LetheError `input_invalid` */
export function readQuestion(input: unknown): ReadQuestion {
  const { asOf, ...same } = readInput<ConsentQuestion>(question, input);
  if (asOf === undefined) return same;
  const at = parseInstant(asOf);
  if (at !== null) return { ...same, asOf: at };
  throw new LetheError('input_invalid', {
    what: 'asOf',
    reason: 'write an instant such as 2026-11-21T00:00:00Z',
  });
}

/**
 * Does the person consent to the purpose, or did they? Now goes by what has committed, as the guarded storage does; an instant in
 * the past by what had been recorded until then.
 * @throws LetheError `input_invalid`, `record_unknown` for a person of whom neither the ticket system nor Lethe knows
 */
export async function checkConsent(
  { db, graph, clock }: Pick<ConsentContext, 'db' | 'graph' | 'clock'>,
  input: unknown,
): Promise<ConsentAnswer> {
  const { record, purpose, asOf } = readQuestion(input);
  const person = readPerson(graph, record);
  const subject = await findSubject(db, person.concept, person.key);
  const last = subject === null ? null : await lastEvent(db, subject, purpose, asOf);
  if (last === null) await requireKnown(db, person);
  return answerOf(person.name, purpose, last, asOf ?? clock.now());
}

async function requireKnown(db: Queryable, person: Person): Promise<void> {
  const subject = await findSubject(db, person.concept, person.key);
  if (subject === null && !(await personExists(db, person))) throw unknownPerson(person);
}

function answerOf(record: string, purpose: Purpose, last: ConsentEvent | null, asOf: Instant): ConsentAnswer {
  if (last === null) {
    const nothing = { since: null, validUntil: null, policy: null, wording: null };
    return { record, purpose, asOf, holds: false, state: 'dpv:ConsentUnknown', ...nothing };
  }
  const state = stateAt(last, asOf);
  const { validUntil, policy, wording } = last;
  const since = state === last.state ? last.at : validUntil;
  return { record, purpose, asOf, holds: isHolding(state), state, since, validUntil, policy, wording };
}

/** One consent with its events, oldest first. */
export interface ShownConsent {
  readonly id: string;
  readonly purpose: Purpose;
  /** Now. */
  readonly state: ConsentState;
  readonly validUntil: Instant | null;
  readonly events: readonly ConsentEvent[];
}

/**
 * Every consent of the person, oldest first, with what was recorded of it.
 * @throws LetheError `input_invalid`, `record_unknown`
 */
export async function showConsents(
  { db, graph, clock }: Pick<ConsentContext, 'db' | 'graph' | 'clock'>,
  record: string,
): Promise<readonly ShownConsent[]> {
  const person = readPerson(graph, readInput(personField, record));
  const now = clock.now();
  const subject = await findSubject(db, person.concept, person.key);
  const events = subject === null ? [] : await eventsOf(db, subject);
  if (events.length === 0) await requireKnown(db, person);
  return [...new Set(events.map(({ consent }) => consent))].map((id) =>
    shownConsent(
      id,
      events.filter(({ consent }) => consent === id),
      now,
    ),
  );
}

function shownConsent(id: string, events: readonly ConsentEvent[], now: Instant): ShownConsent {
  const last = events.at(-1);
  if (!last) throw new TypeError('a consent has events');
  const { purpose, validUntil } = last;
  return { id, purpose, state: stateAt(last, now), validUntil, events };
}
