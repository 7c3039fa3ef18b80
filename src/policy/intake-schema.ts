import { z } from 'zod';
import { MASKS } from './access-schema.js';
import { head, purpose, text } from './policy-fields.js';

const use = z.union([z.enum(['take', 'require', 'drop', 'refuse']), z.strictObject({ mask: z.enum(MASKS) })]);

/** What one channel takes in, and nothing else (GDPR Art. 5(1)(c), 25(2)). */
export const intakeSchema = z.strictObject({
  ...head,
  kind: z.literal('intake'),
  channel: z.enum(['e-mail', 'web', 'phone', 'chat']),
  purpose,
  fields: z
    .record(text, use)
    .describe('by column, "customer.phone": take, require, drop, refuse, or {"mask": "last4"}'),
  others: z.enum(['drop', 'refuse']).default('refuse').describe('fields that are not listed'),
  reason: text,
});
export type IntakeEntry = z.infer<typeof intakeSchema>;
