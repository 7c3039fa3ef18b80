import { z } from 'zod';
import type { MapGraph } from '../datamap/graph.js';
import { conditionSchema } from './condition-schema.js';
import { head, id, period, text, translated } from './policy-fields.js';

const then = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('delete') }),
  z.strictObject({ action: z.literal('anonymise'), profile: id }),
  z.strictObject({
    action: z.literal('keep'),
    covers: z.array(z.string()).min(1).optional().describe('data categories the duty to keep extends to'),
  }),
]);

const schedule = z.strictObject({
  cron: text.describe('minute, hour, day of the month, month, weekday: "0 3 * * *" is every night at three'),
  timeZone: text.describe('IANA time zone in which the cron expression counts'),
  missed: z
    .enum(['once', 'skip'])
    .optional()
    .describe('slots that no worker was there for: make up for the latest one (default), or leave them out'),
  withoutApproval: z
    .strictObject({ upTo: z.int().min(0) })
    .optional()
    .describe(
      'scheduled plans of at most so many records a day, in the time zone, need no approval once a plan of this version had one',
    ),
});

/** A retention policy as a file: a retention rule (DIN 66398: start event and period) or a floor (`then.action: keep`). */
export const retentionSchema = z.strictObject({
  ...head,
  kind: z.literal('retention'),
  record: z.string().describe('the record the rule selects: a concept of the data map'),
  activity: text.describe('the processing activity (Art. 30 GDPR) the records belong to'),
  ground: text.describe('why this long: statute, claims, contract, purpose …'),
  cite: text.optional().describe('the provision, for example "HGB 257"'),
  reason: text,
  when: z.unknown().optional(),
  keep: z.strictObject({
    for: period,
    from: z.string().describe('the start event: an instant fact of the record'),
    periodStarts: z.enum(['event', 'endOfYear']).default('event'),
    timeZone: z.string().describe('IANA time zone in which calendar units count'),
    says: translated
      .optional()
      .describe(
        'the start event as a clause, for the privacy notice: "the ticket was closed" (Art. 13(2)(a))',
      ),
  }),
  then,
  says: translated
    .optional()
    .describe('what is kept, for the privacy notice: "Tickets that are settled" (Art. 13(2)(a))'),
  overrides: z.array(id).optional().describe('rules this one replaces where both match'),
  schedule: schedule.optional(),
});

export type RetentionEntry = z.infer<typeof retentionSchema>;
/** As the file says it: what has a default may be missing. */
export type RetentionInput = z.input<typeof retentionSchema>;

/** The JSON Schema an editor completes from: with the records and facts of this installation's data map. */
export function retentionJsonSchema(graph: MapGraph): object {
  const tables = [...graph.records.values()];
  const perRecord = tables.map((table) => {
    const facts = [...table.facts.values()];
    const instants = facts.filter(({ type }) => type === 'instant').map(({ name }) => name);
    return retentionSchema.extend({
      record: z.literal(table.concept ?? table.id),
      when: conditionSchema(nonEmpty(facts.map(({ name }) => name))).optional(),
      keep: retentionSchema.shape.keep.extend({
        from: z.enum(nonEmpty(instants) ?? ['(this record has no instant fact)']),
      }),
    });
  });
  const union = perRecord.length > 0 ? z.union(perRecord) : retentionSchema;
  return {
    title: 'Lethe retention policy',
    ...z.toJSONSchema(union, { io: 'input', unrepresentable: 'any' }),
  };
}

/** For an enumeration; null: there is nothing to enumerate. */
export const nonEmpty = (names: readonly string[]): [string, ...string[]] | null => {
  const [first, ...rest] = names;
  return first === undefined ? null : [first, ...rest];
};
