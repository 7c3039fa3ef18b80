import { z } from 'zod';
import { parseInstant } from '../core/instant.js';
import type { MapFact, MapGraph } from '../datamap/graph.js';
import type { FactType } from '../datamap/schema.js';

const text = z.string().trim().min(1, 'must not be empty');
const instant = z
  .string()
  .refine((value) => parseInstant(value) !== null, 'must be an instant such as "2026-11-21T00:00:00Z"');
const OUTCOMES = ['delete', 'keep', 'conflict'] as const;

const expectation = z.union([
  z.enum(OUTCOMES),
  z.strictObject({
    outcome: z.enum(OUTCOMES),
    by: text.optional().describe('the rule that takes the record, or will once it is due'),
    due: instant.optional().describe('when that rule may take it'),
    protectedBy: text.optional().describe('a duty to keep that stops every disposal now'),
  }),
]);
const expect = z
  .record(z.string(), expectation)
  .describe('what becomes of each record; one that is not listed is kept');
const now = instant.describe('the instant the policies are asked for');
const moment = z.strictObject({ title: text.optional(), now, expect });

/** A policy test as a file: records made up, and what the policies must do with them at an instant, or at several. */
export const policyTestSchema = z.strictObject({
  $schema: z.string().optional(),
  kind: z.literal('policy-test'),
  title: text,
  policies: z
    .array(text)
    .min(1)
    .optional()
    .describe('ids of the policies in force; default: all of the folder'),
  fixtures: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .describe(
      'records, each on its own, by a name such as "ticket/paid"; a fact that is left out is missing',
    ),
  now: now.optional(),
  expect: expect.optional(),
  cases: z.array(moment).min(1).optional().describe('several instants, in place of one "now" and "expect"'),
});

export type PolicyTestEntry = z.infer<typeof policyTestSchema>;
export type MomentEntry = z.infer<typeof moment>;
export type Outcome = (typeof OUTCOMES)[number];

/** The JSON Schema an editor completes tests from: with the records and facts of this installation's data map. */
export function policyTestJsonSchema(graph: MapGraph): object {
  const facts = [...graph.records].map(([record, table]) => [
    `^${record}/.`,
    {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries([...table.facts.values()].map((fact) => [fact.name, factForm(fact)])),
    },
  ]);
  const schema = z.toJSONSchema(policyTestSchema, { io: 'input', unrepresentable: 'any' });
  const fixtures = schema.properties?.['fixtures'];
  return {
    title: 'Lethe policy test',
    ...schema,
    properties: {
      ...schema.properties,
      fixtures: {
        type: 'object',
        description: typeof fixtures === 'object' ? fixtures.description : '',
        minProperties: 1,
        patternProperties: Object.fromEntries(facts) as object,
        additionalProperties: false,
      },
    },
  };
}

const FORMS: Readonly<Record<FactType, object>> = {
  text: { type: ['string', 'null'] },
  number: { type: ['number', 'string', 'null'] },
  boolean: { type: ['boolean', 'null'] },
  instant: { type: ['string', 'null'], description: 'an instant such as 2026-11-21T00:00:00Z' },
  uuid: { type: ['string', 'null'] },
  'text[]': { type: ['array', 'null'], items: { type: 'string' } },
  'number[]': { type: ['array', 'null'], items: { type: ['number', 'string'] } },
};

const factForm = ({ type }: MapFact): object => FORMS[type];
