import { z } from 'zod';
import { nearest } from '../core/did-you-mean.js';
import { LetheError } from '../core/errors.js';
import { CONSENT_METHODS } from '../policy/consent-schema.js';
import { LANGUAGES } from '../policy/languages.js';
import { place } from '../policy/policy-fields.js';
import { PURPOSES } from '../policy/purposes.js';
import type { ConsentState } from './consent-state.js';

const LONGEST = 200;
/** What leaves no mark, or moves a terminal's cursor, has no place in a name. */
const oneLine = z
  .string()
  .min(1, 'must not be empty')
  .max(LONGEST, `must have at most ${LONGEST} characters`)
  .regex(/^\P{C}*$/u, 'must be one line of text');

export const purposeField = z.enum(PURPOSES, {
  error: ({ input }) =>
    `must be a purpose as a term of DPV, such as dpv:DirectMarketing${typeof input === 'string' ? nearest(input.slice(0, LONGEST), PURPOSES) : ''}`,
});
export const personField = oneLine.describe('the person’s record: customer/12');

/** Consents to one purpose are apart from all others: every order names both. */
const whose = { record: personField, purpose: purposeField };

export const CHANNELS = ['e-mail', 'web', 'phone', 'chat'] as const;
const channel = z.enum(CHANNELS);
const shown = {
  wording: oneLine.describe('version of the wording that was shown'),
  language: z.enum(LANGUAGES),
  channel,
};
const told = {
  notice: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex')
    .optional()
    .describe('SHA-256 of the privacy notice that was shown'),
  evidence: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:#/-]{0,199}$/, 'must name what proves it, such as message/88')
    .optional()
    .describe('names what proves it: message/88; no text of a person'),
};

export const RELATIONS = ['parent', 'guardian'] as const;
export const VERIFIED_BY = [
  'identity-document',
  'signed-form',
  'payment',
  'call',
  'video-call',
  'account',
] as const;
/** Who says it: the person, or a holder of parental authority for a child, verified (GDPR Art. 8(2)). */
const by = z
  .union([
    z.literal('subject'),
    z.strictObject({ relation: z.enum(RELATIONS), verified: z.enum(VERIFIED_BY) }),
  ])
  .optional();

const age = z
  .union([
    z.strictObject({ years: z.int().min(0).max(150) }),
    z.strictObject({ bornOn: z.iso.date('must be a day such as 2009-05-01') }),
  ])
  .optional()
  .describe('as the person stated it; only whether they are old enough is stored');

const giving = z.strictObject({
  ...whose,
  ...shown,
  method: z.enum(CONSENT_METHODS),
  by,
  age,
  place: place.optional().describe('where the person is; absent: the country of their record'),
  ...told,
});
const answering = z.strictObject({
  ...whose,
  wording: shown.wording.optional(),
  language: shown.language.optional(),
  channel: channel.optional(),
  by,
  ...told,
});
/** Withdrawing takes who and what, and nothing else (GDPR Art. 7(3)). */
const withdrawing = z.strictObject({ ...whose, channel: channel.optional(), by, evidence: told.evidence });
const ending = z.strictObject({ ...whose, evidence: told.evidence });

/** What is said to record each state. */
export const CONSENT_ORDERS = {
  'dpv:ConsentUnknown': ending,
  'dpv:ConsentRequested': z.strictObject({ ...whose, ...shown, ...told }),
  'dpv:ConsentRequestDeferred': answering,
  'dpv:ConsentGiven': giving,
  'dpv:RenewedConsentGiven': giving,
  'dpv:ConsentRefused': answering,
  'dpv:ConsentWithdrawn': withdrawing,
  'dpv:ConsentRevoked': ending,
  'dpv:ConsentExpired': ending,
  'dpv:ConsentInvalidated': ending,
} as const satisfies Readonly<Record<ConsentState, z.ZodObject>>;

export type OrderFor<State extends ConsentState> = z.infer<(typeof CONSENT_ORDERS)[State]>;

type Giving = OrderFor<'dpv:ConsentGiven'>;
/** Any order, with every field that one of them has. */
export type ConsentOrder = Pick<Giving, 'record' | 'purpose'> & {
  readonly [Field in Exclude<keyof Giving, 'record' | 'purpose'>]?: Giving[Field] | undefined;
};

/** @throws LetheError `input_invalid`, which names the field and never quotes what was in it */
export function readOrder(state: ConsentState, order: unknown): ConsentOrder {
  return readInput<ConsentOrder>(CONSENT_ORDERS[state], order);
}

export function readInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new LetheError('input_invalid', {
    what: issue?.path.join('.') || 'consent',
    reason:
      issue?.code === 'unrecognized_keys' ? 'there is a field it does not take' : (issue?.message ?? ''),
  });
}
