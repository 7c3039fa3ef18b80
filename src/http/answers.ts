import { z } from 'zod';

const column = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const decision = z.object({
  decision: z.enum(['allow', 'masked', 'deny']),
  policies: z.array(z.object({ id: z.string(), version: z.string() })).readonly(),
  fields: z.record(z.string(), z.string()).describe('column → shown, or by which mask'),
  reason: z.string().nullable(),
  showsPersonalData: z.boolean(),
});

/** A record as the policies show it: what may not be shown is not there. */
export const shown = z.object({
  record: z.string().describe('ticket/77'),
  fields: z.record(z.string(), column),
  unreadable: z
    .record(z.string(), z.string())
    .optional()
    .describe('in a list, columns whose key is gone, each with the code of the error'),
  decision,
});

const statements = z.array(z.object({ body: z.string(), statedAt: z.string() })).readonly();
const part = shown.extend({ statements });

export const ticketView = z.object({
  ticket: part,
  customer: part.nullable(),
  messages: z.array(part.extend({ attachments: z.array(shown).readonly() })).readonly(),
  recordings: z.array(shown).readonly(),
  withheld: z.number().describe('parts that are there and not shown'),
  decision: z.enum(['allow', 'masked']),
});

export const ticketList = z.object({
  tickets: z.array(shown).readonly(),
  next: z.string().nullable().describe('for "after"; null: this is the end'),
  count: z.number().nullable(),
});

/** What intake did not take: kinds and fields, never a value. */
export const stored = {
  dropped: z.array(z.object({ field: z.string(), kind: z.string(), count: z.number() })).readonly(),
  masked: z.array(z.string()).readonly().describe('columns of which only a part was kept'),
};
export const written = z.object({ message: z.string(), ...stored });
