import { z } from 'zod';
import { country, head, id, period, purpose, text, translated } from './policy-fields.js';

export const CONSENT_METHODS = ['checkbox', 'double-opt-in', 'written', 'spoken', 'keypad'] as const;
export type ConsentMethod = (typeof CONSENT_METHODS)[number];
/** Methods that state the consent in words or by a second act: what "explicit" asks for (Art. 9(2)(a)). */
export const EXPLICIT_METHODS: readonly ConsentMethod[] = ['double-opt-in', 'written', 'spoken'];

/** How consent to one purpose is asked for, given, proved and withdrawn (GDPR Art. 4(11), 7, 8, 9(2)(a)). */
export const consentSchema = z.strictObject({
  ...head,
  kind: z.literal('consent'),
  activity: id,
  purpose,
  for: z.enum(['processing', 'recording']).default('processing').describe('recording: of calls'),
  wording: z
    .strictObject({
      version: text.describe('names the wording: another text is another version'),
      says: translated,
    })
    .describe('what people are shown, word for word'),
  explicit: z.boolean().default(false).describe('required where the ground is A9-2-a'),
  methods: z.array(z.enum(CONSENT_METHODS)).min(1).describe('how it may be given'),
  channels: z.array(z.enum(['e-mail', 'web', 'phone', 'chat'])).min(1),
  validFor: period.describe('how long it is good for, from when it was given'),
  withdrawal: translated.describe('how it is withdrawn: as easily as given (Art. 7(3))'),
  age: z
    .strictObject({
      otherwise: z.int().min(13).max(21),
      places: z.record(country, z.int().min(13).max(21)).optional(),
    })
    .optional()
    .describe(
      'below it somebody with parental authority consents (Art. 8); an unknown age is not an adult’s',
    ),
  employees: z
    .strictObject({ voluntary: text.describe('why an employee is free to refuse') })
    .optional()
    .describe('without it, employees’ consent is refused'),
});
export type ConsentEntry = z.infer<typeof consentSchema>;
