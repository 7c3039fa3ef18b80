import { randomUUID } from 'node:crypto';
import type { ActorName } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Database, Queryable, Tx } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Encryption } from '../encryption/encryption.js';
import { subjectOf } from '../datamap/subject-store.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { journaled, type Intend } from '../ledger/journaled.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { Vault } from '../vault/vault.js';
import { readOrder, type ConsentOrder } from './consent-orders.js';
import {
  beginsAnew,
  isHolding,
  MAY_BRING,
  nextStates,
  stateAt,
  type ConsentState,
  type Party,
} from './consent-state.js';
import { insertEvent, lastEvent, lockConsent, type ConsentEvent } from './consent-store.js';
import {
  dependsOnAge,
  isByParent,
  termsOf,
  termsOfEnd,
  type Terms,
  type TermsQuestion,
} from './consent-terms.js';
import {
  birthdayOf,
  keepPerson,
  readPerson,
  unknownPerson,
  type KeptPerson,
  type Person,
  type PersonFacts,
} from './person.js';

/** What recording a consent needs to know of the installation. */
export interface ConsentContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  /** Knows of every withdrawal before it commits. */
  readonly vault: Vault | null;
  /** Reads a day of birth. */
  readonly encryption: Encryption;
  /** Of every kind, in force at an instant; now, where none is given. */
  readonly policies: (on?: Queryable, at?: Instant) => Promise<PoliciesByKind>;
}

/** What was recorded. */
export interface RecordedConsent {
  /** Of the event. */
  readonly id: string;
  /** Of the consent it belongs to. */
  readonly consent: string;
  readonly record: string;
  readonly purpose: string;
  readonly state: ConsentState;
  readonly at: Instant;
  readonly validUntil: Instant | null;
}

/**
 * Records one event of a consent: append-only, in the ledger and, where it ends one, in the vault's journal. Whoever records
 * something of the same person and purpose at the same time comes before or after, never between.
 * @throws LetheError `input_invalid`, `record_unknown`, `consent_transition`, `consent_not_asked`, `consent_wording_unknown`,
 *   `consent_employee`, `consent_age`, `consent_party`, and as Encryption.decrypt where a policy asks for an age
 */
export async function recordConsent(
  context: ConsentContext,
  state: ConsentState,
  input: unknown,
  actor: ActorName,
): Promise<RecordedConsent> {
  const order = readOrder(state, input);
  const { vault, db } = context;
  return journaled(
    vault,
    (work) => db.transaction(work),
    (tx, intend) => recordConsentIn(tx, intend, context, { state, order, actor }),
  );
}

/** The same inside a transaction that does more than this. The order has been read. */
export async function recordConsentIn(
  tx: Tx,
  intend: Intend,
  context: Pick<ConsentContext, 'graph' | 'clock' | 'policies' | 'encryption'>,
  { state, order, actor }: Omit<Saying, 'person'>,
): Promise<RecordedConsent> {
  const person = readPerson(context.graph, order.record);
  const event = await nextEvent(tx, context, { state, order, person, actor });
  await insertEvent(tx, event);
  await proveEvent(tx, intend, event, person);
  const { id, consent, purpose, at, validUntil } = event;
  return { id, consent, record: person.name, purpose, state, at, validUntil };
}

interface Saying {
  readonly state: ConsentState;
  readonly order: ConsentOrder;
  readonly person: Person;
  readonly actor: ActorName;
}

const ENDS: readonly ConsentState[] = [
  'dpv:ConsentWithdrawn',
  'dpv:ConsentRevoked',
  'dpv:ConsentExpired',
  'dpv:ConsentInvalidated',
];

async function nextEvent(
  tx: Tx,
  { clock, policies, encryption }: Pick<ConsentContext, 'clock' | 'policies' | 'encryption'>,
  { state, order, person, actor }: Saying,
): Promise<ConsentEvent> {
  // the row stays until the commit: nobody consents who is being erased
  const kept = await keepPerson(tx, person);
  const subject = await subjectOf(tx, person.concept, person.key);
  await lockConsent(tx, subject, order.purpose);
  const last = await lastEvent(tx, subject, order.purpose);
  if (kept === null && (last === null || !ENDS.includes(state))) throw unknownPerson(person);
  // two clocks may differ; the order of the events does not
  const now = clock.now();
  const at = last !== null && last.at > now ? last.at : now;
  requireTransition(last, state, at, { person, order });
  const isAnew = beginsAnew(last, state, at);
  const terms =
    last !== null && ENDS.includes(state)
      ? termsOfEnd(last, order)
      : await termsByPolicy(tx, encryption, kept, {
          policies: await policies(tx, at),
          state,
          order,
          person,
          before: isAnew ? null : last,
          at,
        });
  return {
    ...terms,
    id: randomUUID(),
    consent: isAnew ? randomUUID() : (last?.consent ?? randomUUID()),
    subject,
    purpose: order.purpose,
    at,
    state,
    ...partyOf(state, order),
    evidence: order.evidence ?? null,
    actor: await actorId(tx, actor.name),
  };
}

/** The day of birth is asked for where the terms depend on it: nobody is kept from refusing by a key service that is away. */
async function termsByPolicy(
  tx: Tx,
  encryption: Encryption,
  kept: KeptPerson | null,
  question: Omit<TermsQuestion, 'facts'> & Pick<Saying, 'person'>,
): Promise<Terms> {
  const facts: PersonFacts = { bornOn: null, place: kept?.place ?? null };
  if (kept === null || !dependsOnAge(question)) return termsOf({ ...question, facts });
  const bornOn = await birthdayOf(encryption, tx, question.person, kept);
  return termsOf({ ...question, facts: { ...facts, bornOn } });
}

function requireTransition(
  last: ConsentEvent | null,
  next: ConsentState,
  at: Instant,
  { person, order }: Pick<Saying, 'person' | 'order'>,
): void {
  const possible = nextStates(last, at);
  if (possible.includes(next)) return;
  throw new LetheError('consent_transition', {
    record: person.name,
    purpose: order.purpose,
    state: last === null ? 'not recorded' : stateAt(last, at),
    next,
    possible: possible.join(', '),
  });
}

/** Each state is for somebody to say: whom the order names, or else the first it is for. */
function partyOf(
  state: ConsentState,
  order: ConsentOrder,
): Pick<ConsentEvent, 'by' | 'relation' | 'verified'> {
  const [first = 'subject'] = MAY_BRING[state];
  const by: Party = isByParent(order) ? 'parent' : first;
  const { relation = null, verified = null } = typeof order.by === 'object' ? order.by : {};
  return { by, relation, verified };
}

/** Names are salted: the ledger says that somebody consented, and to what, and outlives who it was. */
async function proveEvent(tx: Tx, intend: Intend, event: ConsentEvent, { name }: Person): Promise<void> {
  const { state, at, actor, purpose, consent } = event;
  const isEnd = ENDS.includes(state);
  if (!isEnd && !isHolding(state)) return;
  const entry = await appendEntry(tx, {
    kind: isEnd ? 'consent.withdrawn' : 'consent.given',
    at,
    actor,
    about: { consent, purpose, state, by: event.by },
    ...(event.version === null ? {} : { digests: { policy: event.version } }),
    names: [name],
  });
  if (!isEnd) return;
  const { id, subject, by, relation, verified, channel } = event;
  await intend({
    kind: 'consent.withdrawn',
    id: entry,
    at,
    actor,
    consent,
    event: id,
    subject,
    purpose,
    state,
    by,
    relation,
    verified,
    channel,
  });
}
