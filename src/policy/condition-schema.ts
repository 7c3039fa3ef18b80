import { z } from 'zod';

export const OPERATORS = [
  'equal',
  'notEqual',
  'in',
  'notIn',
  'lessThan',
  'lessThanInclusive',
  'greaterThan',
  'greaterThanInclusive',
  'contains',
  'doesNotContain',
  'startsWith',
  'olderThan',
  'newerThan',
  'missing',
  'present',
] as const;
export type Operator = (typeof OPERATORS)[number];

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** json-rules-engine's condition form, closed: no path, no params, no priority, no named conditions. */
export type ConditionEntry =
  | { readonly all: readonly ConditionEntry[] }
  | { readonly any: readonly ConditionEntry[] }
  | { readonly not: ConditionEntry }
  | LeafEntry;

export interface LeafEntry {
  readonly fact: string;
  readonly operator: string;
  readonly value?: unknown;
}

/**
 * The schema an editor completes from. Reading a policy goes through read-condition.ts, which names the one thing that is
 * wrong instead of every branch that did not match.
 */
export function conditionSchema(facts: readonly [string, ...string[]] | null): z.ZodType<ConditionEntry> {
  const leaf = z.strictObject({
    fact: facts ? z.enum(facts) : z.string(),
    operator: z.enum(OPERATORS),
    value: z.union([scalar, z.array(scalar).min(1)]).optional(),
  });
  const condition: z.ZodType<ConditionEntry> = z.lazy(() =>
    z.union([
      z.strictObject({ all: z.array(condition).min(1) }),
      z.strictObject({ any: z.array(condition).min(1) }),
      z.strictObject({ not: condition }),
      leaf,
    ]),
  );
  return condition;
}
