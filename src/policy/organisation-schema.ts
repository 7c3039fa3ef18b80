import { z } from 'zod';
import { country, head, text } from './policy-fields.js';
import { LANGUAGES } from './languages.js';

const party = z.strictObject({
  name: text,
  address: text.describe('postal address, in one line'),
  country,
  email: text.optional(),
  phone: text.optional(),
  url: text.optional(),
});

/** The controller and who speaks for it (GDPR Art. 4(7), 13(1)(a)–(b), 27, 30(1)(a), 37). */
export const organisationSchema = z.strictObject({
  ...head,
  kind: z.literal('organisation'),
  controller: party,
  jointControllers: z.array(party).min(1).optional().describe('Art. 26'),
  representative: party.optional().describe('Art. 27: of a controller outside the Union'),
  dataProtectionOfficer: z
    .union([party, z.strictObject({ none: text.describe('why none has to be designated (Art. 37)') })])
    .describe('Art. 37; or why there is none'),
  authority: party.describe('the supervisory authority a complaint goes to (Art. 13(2)(d), 77)'),
  languages: z
    .array(z.enum(LANGUAGES))
    .min(1)
    .describe('languages people are told in; every text they are shown must be there in each'),
});
export type OrganisationEntry = z.infer<typeof organisationSchema>;
