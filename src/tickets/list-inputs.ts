import { z } from 'zod';
import { parseInstant, type Instant } from '../core/instant.js';
import { words } from './checked-input.js';
import { channel } from './write-inputs.js';

/** What the listing and finding calls take. The same schemas describe the HTTP routes. */

const STATUSES = ['new', 'open', 'pending', 'resolved', 'closed'] as const;
const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;

const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1).max(20)]);

const instant = z
  .string()
  .max(40)
  .refine((text) => parseInstant(text) !== null, 'must be an instant such as "2026-06-01T00:00:00Z"')
  .transform((text) => parseInstant(text) as Instant);

export const ticketFilter = z.strictObject({
  status: oneOrMore(z.enum(STATUSES)).optional(),
  priority: oneOrMore(z.enum(PRIORITIES)).optional(),
  category: oneOrMore(words(100)).optional(),
  channel: oneOrMore(channel).optional(),
  /** Whose they are: never by another's name, so that nobody is watched by a list. */
  assigned: z.enum(['me', 'none']).optional(),
  createdAfter: instant.optional(),
  createdBefore: instant.optional(),
  updatedAfter: instant.optional(),
  updatedBefore: instant.optional(),
});
export type TicketFilter = z.infer<typeof ticketFilter>;

const SORTS = ['createdAt', '-createdAt', 'updatedAt', '-updatedAt', 'number', '-number'] as const;
export type TicketSort = (typeof SORTS)[number];

export const listOrder = z.strictObject({
  filter: ticketFilter.default({}),
  sort: z.enum(SORTS).default('-updatedAt').describe('"-": newest or greatest first'),
  limit: z.int().min(1).max(200).default(50),
  after: z
    .string()
    .max(300)
    .regex(/^[\w-]+$/, 'must be what a list returned as "next"')
    .optional(),
  count: z.boolean().default(false).describe('how many there are in all'),
});
export type ListOrder = z.output<typeof listOrder>;

export const findOrder = z.union([
  z.strictObject({ number: words(40) }),
  z.strictObject({ email: words(254) }),
  z.strictObject({ phone: words(50) }),
  z.strictObject({ customerNumber: words(50) }),
  z.strictObject({
    text: words(200).refine((text) => text.trim().length >= 3, 'must be three characters at least'),
  }),
]);
export type FindOrder = z.output<typeof findOrder>;
