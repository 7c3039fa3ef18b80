import { z } from 'zod';
import { LANGUAGES } from '../policy/languages.js';
import { id } from '../policy/policy-fields.js';
import { words } from './checked-input.js';

/** What the writing calls take. The same schemas describe the HTTP routes. */

const reference = (record: string) =>
  z.string().regex(new RegExp(`^${record}/[1-9]\\d{0,17}$`), `must be written like ${record}/77`);
export const channel = z.enum(['e-mail', 'web', 'phone', 'chat']);
const ticket = reference('ticket');

/** Where a datum came from (GDPR Art. 14(2)(f)): who gave it, and which form, import or message it was. */
export const source = z.strictObject({
  kind: z.enum(['person', 'form', 'forwarded', 'import', 'agent']),
  ref: words(200).optional(),
});
export type Source = z.infer<typeof source>;

export const customerFields = z.strictObject({
  email: words(254)
    .regex(/^[^\s@<>]+@[^\s@<>]+$/, 'must be an e-mail address')
    .optional(),
  name: words(200).optional(),
  phone: words(50).optional(),
  company: words(200).optional(),
  address_line1: words(200).optional(),
  address_line2: words(200).optional(),
  postal_code: words(20).optional(),
  city: words(200).optional(),
  country: words(100).optional(),
  language: words(35).optional(),
  date_of_birth: z.iso.date('must be a day such as "1990-01-31"').optional(),
});
export type CustomerField = keyof z.infer<typeof customerFields>;

export const MOST_FILE_BYTES = 25 * 1024 * 1024;
const file = z.strictObject({
  fileName: words(255),
  mediaType: words(200).regex(/^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/, 'must be a media type such as "text/plain"'),
  content: z
    .instanceof(Uint8Array)
    .refine((bytes) => bytes.length <= MOST_FILE_BYTES, `must be at most ${MOST_FILE_BYTES} bytes`),
});
export interface FileInput {
  readonly fileName: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}
const files = z.array(file).max(20);

const body = words(100_000);
const category = words(60);
export const priority = z.enum(['low', 'normal', 'high', 'urgent']);
export const status = z.enum(['new', 'open', 'pending', 'resolved', 'closed']);

export const openInput = z.strictObject({
  channel,
  subject: words(300),
  body,
  category,
  priority: priority.default('normal'),
  customer: z
    .union([reference('customer'), customerFields])
    .describe('a customer who is known, or their data: found by e-mail, ignoring case, or made'),
  notice: z
    .strictObject({ digest: z.hash('sha256'), language: z.enum(LANGUAGES) })
    .optional()
    .describe('the privacy notice they were shown, by the digest of its stored text'),
  source: source.optional(),
  sources: z
    .record(words(100), source)
    .optional()
    .describe('of single fields, by column: {"customer.phone": {"kind": "forwarded", "ref": "shop"}}'),
  attachments: files.optional(),
});
export type OpenInput = z.input<typeof openInput>;

export const replyInput = z.strictObject({
  ticket,
  body,
  channel: channel.optional().describe("absent: the ticket's own"),
  source: source.optional(),
  attachments: files.optional(),
});
export type ReplyInput = z.input<typeof replyInput>;

export const attachInput = z.strictObject({
  message: reference('message'),
  files: files.min(1),
  channel: channel.optional().describe("absent: the message's own"),
  source: source.optional(),
});
export type AttachInput = z.input<typeof attachInput>;

export const assignInput = z.strictObject({ ticket, agent: reference('agent').nullable() });
export type AssignInput = z.input<typeof assignInput>;

export const changeInput = z
  .strictObject({
    ticket,
    status: status.optional(),
    priority: priority.optional(),
    category: category.optional(),
  })
  .refine(
    ({ status, priority, category }) => (status ?? priority ?? category) !== undefined,
    'must name a status, a priority or a category',
  );
export type ChangeInput = z.input<typeof changeInput>;

export const linkInput = z
  .strictObject({ ticket, to: ticket, type: z.enum(['duplicate', 'related', 'parent']) })
  .refine((link) => link.ticket !== link.to, 'a ticket cannot be linked to itself');
export type LinkInput = z.input<typeof linkInput>;

export const forwardInput = z.strictObject({
  ticket,
  recipient: id.describe('as the activity names it'),
  fields: z
    .array(words(100))
    .min(1)
    .max(50)
    .describe('columns that go there: "customer.name", "message.body"'),
});
export type ForwardInput = z.input<typeof forwardInput>;

export const flagInput = z.strictObject({ message: reference('message') });
export type FlagInput = z.input<typeof flagInput>;

export const redactInput = z.strictObject({
  record: z.union([reference('message'), reference('attachment')]),
  kind: z.enum(['card', 'identity-document', 'health', 'other']),
  keepText: z.boolean().default(false).describe('of a message: store a copy without card data in its place'),
});
export type RedactInput = z.input<typeof redactInput>;

export const correctInput = z.strictObject({
  customer: reference('customer'),
  field: z.enum(customerFields.keyof().options),
  value: words(254).nullable().describe('null: it is not known any more'),
  reason: words(1000),
  evidence: words(1000).optional(),
});
export type CorrectInput = z.input<typeof correctInput>;

export const stateInput = z.strictObject({
  record: z.union([reference('message'), ticket, reference('customer')]),
  text: words(10_000),
  channel: channel.optional().describe('by which it reached us; absent: the one of the record, or web'),
});
export type StateInput = z.input<typeof stateInput>;
