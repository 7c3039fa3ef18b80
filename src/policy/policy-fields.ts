import { z } from 'zod';
import { ROLES } from '../core/actor.js';
import { LEGAL_BASES, SPECIAL_GROUNDS } from './legal-bases.js';
import { LANGUAGES } from './languages.js';
import { PURPOSES } from './purposes.js';

/** The fields that policies of several kinds have in common, as a file writes them. */
export const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and "-", at most 63');
export const text = z.string().trim().min(1, 'must not be empty');
export const period = z.string().describe('ISO 8601 in years, months, weeks, days: P3Y, P6M, P90D');

export const approval = z.strictObject({
  approvers: z.int().min(1).max(9),
  assurance: z.enum(['asserted', 'authenticated']),
  role: z.enum(ROLES).optional().describe('the role approvers must have, besides the right to approve'),
  validFor: period.default('P30D').describe('how long an approval is good for, until the run starts'),
});
export const DEFAULT_APPROVAL = { approvers: 1, assurance: 'asserted', validFor: 'P30D' } as const;

export const review = z.iso
  .date('must be a day such as "2027-06-30"')
  .describe('when somebody must look again whether it still fits; nothing ends by it');

export const purpose = z.enum(PURPOSES).describe('purpose of processing, as a term of W3C DPV');
export const legalBasis = z.enum(LEGAL_BASES).describe('Art. 6(1) GDPR, as a term of W3C DPV');
export const specialGround = z
  .enum(SPECIAL_GROUNDS)
  .describe('Art. 9(2) GDPR, for special categories of data, as a term of W3C DPV');

/** Prose that people are shown, by language; which languages must be there is asked where it is shown. */
export const translated = z
  .partialRecord(z.enum(LANGUAGES), text)
  .refine((prose) => Object.keys(prose).length > 0, 'has no language')
  .describe('reviewed prose by language: {"en": "…", "de": "…"}');
export type Translated = z.infer<typeof translated>;

/** ISO 3166: `DE`, or with a subdivision `US-CA`. */
export const place = z
  .string()
  .regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'must be an ISO 3166 code such as "DE" or "US-CA"');
export const country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 country such as "DE"');

/** Who and what a role of the ticket system is called: `agent`, `team-lead`. */
export const roleName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and "-", at most 63');

/** What every kind of policy begins with. */
export const head = {
  $schema: z.string().optional(),
  id,
  title: text,
  approval: approval.default(DEFAULT_APPROVAL),
  review: review.optional(),
};
