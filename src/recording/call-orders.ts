import { z } from 'zod';
import { readInput, CONSENT_ORDERS } from '../consent/consent-orders.js';
import { parseInstant, type Instant } from '../core/instant.js';
import { LANGUAGES } from '../policy/languages.js';
import { place } from '../policy/policy-fields.js';
import { PAUSE_REASONS } from './call-events.js';

const giving = CONSENT_ORDERS['dpv:ConsentGiven'].shape;

const name = z.string().min(1).max(200, 'must have at most 200 characters');
const participantId = name.describe('as joining returned it');

/** Nobody knows who they are: no record, and what they say stays with the call. */
export const UNKNOWN = 'unknown';

const person = {
  record: name.describe('customer/12, agent/7; unknown: nobody knows who they are'),
  place: place.nullish().describe('where they are; absent: not known, which counts as the strictest'),
};
const joining = z.strictObject({ ...person, role: z.enum(['customer', 'agent']) });
export type JoinOrder = z.infer<typeof joining>;

const opening = z.strictObject({
  ticket: name.describe('ticket/77'),
  participants: z.array(joining).min(1, 'name at least one').max(50, 'at most 50'),
});
export type OpenOrder = z.infer<typeof opening>;

const listening = z.strictObject(person);
export type ListenOrder = z.infer<typeof listening>;

const heard = z.array(participantId).min(1, 'name at least one').optional();
const announcing = z.strictObject({
  wording: giving.wording,
  language: z.enum(LANGUAGES),
  inRecording: z.boolean().describe('the announcement itself is part of the recording'),
  evidence: giving.evidence,
  participants: heard.describe('who heard it; absent: everybody on the call'),
});
export type AnnounceOrder = z.infer<typeof announcing>;

const telling = z.strictObject({ participants: heard });
export type TellOrder = z.infer<typeof telling>;

const consenting = z.strictObject({
  participant: participantId,
  method: z.enum(['spoken', 'keypad']),
  wording: giving.wording,
  language: giving.language,
  notice: giving.notice,
  evidence: giving.evidence,
  age: giving.age,
  by: giving.by,
});
export type CallConsentOrder = z.infer<typeof consenting>;

const objecting = z.strictObject({ participant: participantId });
export type ObjectOrder = z.infer<typeof objecting>;

const pausing = z.strictObject({ reason: z.literal('card-data') });
export type PauseOrder = z.infer<typeof pausing>;
const resuming = z.strictObject({ reason: z.enum(PAUSE_REASONS).optional() });
export type ResumeOrder = z.infer<typeof resuming>;

const instant = z
  .string()
  .max(64)
  .transform((text, context): Instant => {
    const at = parseInstant(text);
    if (at === null) context.addIssue('must be an instant such as 2026-11-21T00:00:00Z');
    return at ?? ('' as Instant);
  });
const segment = z
  .strictObject({ from: instant, to: instant })
  .refine(({ from, to }) => from < to, 'must end after it begins');
const storing = z.strictObject({
  content: z.instanceof(Uint8Array).refine(({ length }) => length > 0, 'must not be empty'),
  mediaType: z
    .string()
    .regex(/^(audio|video)\/[a-z0-9][a-z0-9.+-]{0,63}$/, 'must be a media type such as audio/ogg'),
  seconds: z.int().min(0).describe('how long the sound is'),
  segments: z
    .array(segment)
    .min(1, 'name at least one')
    .max(1000, 'at most 1000')
    .refine(
      (all) => all.every(({ from }, at) => at === 0 || (all[at - 1]?.to ?? '') <= from),
      'must follow one another',
    )
    .describe('the times of the call that can be heard in it'),
});
/** Instants as text, RFC 3339. */
export type StoreOrder = z.input<typeof storing>;
export type Segments = z.infer<typeof storing>['segments'];

/** What is said to do each deed. */
export const readOpening = (order: unknown) => readInput(opening, order);
export const readJoining = (order: unknown) => readInput(joining, order);
export const readListening = (order: unknown) => readInput(listening, order);
export const readAnnouncing = (order: unknown) => readInput(announcing, order);
export const readTelling = (order: unknown) => readInput(telling, order);
export const readConsenting = (order: unknown) => readInput(consenting, order);
export const readObjecting = (order: unknown) => readInput(objecting, order);
export const readPausing = (order: unknown) => readInput(pausing, order);
export const readResuming = (order: unknown) => readInput(resuming, order);
export const readStoring = (order: unknown): z.output<typeof storing> => readInput(storing, order);
