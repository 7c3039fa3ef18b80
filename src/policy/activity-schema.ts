import { z } from 'zod';
import { country, head, id, legalBasis, purpose, specialGround, text, translated } from './policy-fields.js';

const aim = z.strictObject({
  purpose,
  basis: legalBasis,
  specialGround: specialGround.optional().describe('where special categories are processed'),
  says: translated.describe('the purpose in words'),
  interest: translated
    .optional()
    .describe('the legitimate interest, where the basis is A6-1-f (Art. 13(1)(d))'),
  law: text.optional().describe('the provision, where the basis is A6-1-c or A6-1-e'),
});

const recipient = z.strictObject({
  id,
  name: text,
  role: z.enum(['processor', 'controller', 'joint-controller', 'authority']),
  country,
  categories: z
    .array(text)
    .min(1)
    .optional()
    .describe('data categories it gets; absent: all of the activity'),
  says: translated.describe('who it is and what it is for'),
  contact: text.optional().describe('where a notice about rectification or erasure goes (Art. 19)'),
});

const transfer = z.strictObject({
  recipient: id,
  country: country.describe('the third country'),
  safeguard: z
    .enum(['adequacy', 'standard-clauses', 'binding-rules', 'certification', 'derogation'])
    .describe('Art. 45, 46(2), 47, 49'),
  says: translated.describe('the safeguard, and where a copy can be had (Art. 13(1)(f))'),
});

/** One processing activity of the record of Art. 30(1), and what Art. 13 and 14 ask to be told of it. */
export const activitySchema = z.strictObject({
  ...head,
  kind: z.literal('activity'),
  organisation: id.describe('whose activity it is'),
  says: translated.describe('the activity in words'),
  purposes: z.array(aim).min(1).describe('each purpose once, with one basis'),
  subjects: z
    .array(z.enum(['customer', 'prospect', 'employee', 'supplier', 'contact', 'minor']))
    .min(1)
    .describe('categories of data subjects'),
  categories: z.array(text).min(1).describe('data categories (fideslang); one names those below it too'),
  records: z
    .array(text)
    .min(1)
    .optional()
    .describe(
      'records of the data map it is about, or tables of it that are no records; absent: all with these categories',
    ),
  channels: z
    .array(z.enum(['e-mail', 'web', 'phone', 'chat']))
    .min(1)
    .optional()
    .describe('channels whose privacy notice tells of it; absent: all'),
  sources: z
    .array(z.strictObject({ from: z.enum(['data-subject', 'other', 'public']), says: translated }))
    .min(1)
    .describe('where the data comes from (Art. 14(2)(f))'),
  recipients: z.array(recipient).describe('an empty list says: nobody'),
  transfers: z.array(transfer).describe('to third countries; an empty list says: none'),
  obligation: z
    .strictObject({
      is: z.enum(['statutory', 'contractual', 'voluntary']),
      says: translated.describe('what happens when data is not given (Art. 13(2)(e))'),
    })
    .describe('whether people must give the data'),
  automatedDecision: z
    .union([
      z.literal('none'),
      z.strictObject({ says: translated.describe('logic, significance, consequences (Art. 13(2)(f), 22)') }),
    ])
    .describe('Art. 22'),
  measures: z.array(text).min(1).describe('technical and organisational measures (Art. 30(1)(g), 32)'),
});
export type ActivityEntry = z.infer<typeof activitySchema>;
