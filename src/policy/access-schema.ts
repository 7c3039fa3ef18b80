import { z } from 'zod';
import { head, purpose, roleName, specialGround, text } from './policy-fields.js';

/** What an actor may set out to do with a record of the ticket system. */
export const ACCESS_DEEDS = [
  'read',
  'list',
  'open',
  'reply',
  'note',
  'assign',
  'forward',
  'change',
  'attach',
  'link',
  'redact',
  'correct',
] as const;
export type AccessDeed = (typeof ACCESS_DEEDS)[number];

/** How a value is shown to those who need not see all of it. */
export const MASKS = ['last4', 'initials', 'domainOnly', 'hidden'] as const;
export type Mask = (typeof MASKS)[number];

/** Who may do what with which records, for which purpose. What no policy in force permits is denied. */
export const accessSchema = z.strictObject({
  ...head,
  kind: z.literal('access'),
  record: text.describe('the record it permits access to: a concept of the data map'),
  roles: z.array(roleName).min(1).describe('roles of the ticket system, of which one is enough'),
  purposes: z.array(purpose).min(1),
  may: z.array(z.enum(ACCESS_DEEDS)).min(1),
  when: z.unknown().optional().describe('which of the records; absent: all'),
  assigned: z.literal('self').optional().describe('only records of tickets that are assigned to who asks'),
  subject: z
    .literal('self')
    .optional()
    .describe('only records about who asks: their own data, their own tickets and what is in them'),
  categories: z
    .array(text)
    .optional()
    .describe('data categories that are shown; what has none is shown, other personal data is not'),
  masks: z.record(text, z.enum(MASKS)).optional().describe('columns of the record that are shown in part'),
  specialGround: specialGround
    .optional()
    .describe('without it, special categories and messages flagged sensitive are not shown'),
  training: z
    .strictObject({ content: text, version: text })
    .optional()
    .describe('who asks must have had this training, and it must not have expired'),
  breakGlass: z
    .literal(true)
    .optional()
    .describe(
      'permits nothing from day to day: only while who asks has broken the glass for the record, which is reviewed afterwards',
    ),
});
export type AccessEntry = z.infer<typeof accessSchema>;
