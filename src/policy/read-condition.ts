import type { Report } from '../datamap/compile.js';
import type { MapTable } from '../datamap/graph.js';
import type { Condition } from './condition.js';
import { OPERATORS, type Operator } from './condition-schema.js';
import { readTest } from './read-test.js';
import { didYouMean } from '../core/did-you-mean.js';

export interface ConditionContext {
  readonly table: MapTable;
  /** The zone in which `olderThan` and `newerThan` count calendar units. */
  readonly timeZone: string;
  readonly report: Report;
}

const MAX_DEPTH = 32;

/**
 * Reads a condition from a policy file: closed, typed and normalised. Findings go to `report`, all of them, each with its
 * path; the result is null when there was one.
 */
export function readCondition(
  context: ConditionContext,
  entry: unknown,
  path: string,
  negated = false,
  depth = 0,
): Condition | null {
  if (depth > MAX_DEPTH) return refuse(context, path, `is nested more than ${MAX_DEPTH} deep`);
  if (!isObject(entry))
    return refuse(
      context,
      path,
      'must be a condition: {"all": […]}, {"any": […]}, {"not": …} or {"fact", "operator", "value"}',
    );
  const keys = Object.keys(entry);
  if ('fact' in entry || 'operator' in entry) return readLeaf(context, entry, path, negated);
  const [key] = keys;
  if (key === undefined) return refuse(context, path, 'is empty');
  if (keys.length > 1)
    return refuse(
      context,
      path,
      `holds ${keys.map((name) => `"${name}"`).join(' and ')}; a condition has exactly one of all, any, not`,
    );
  if (key === 'not') return readCondition(context, entry[key], `${path}.not`, !negated, depth + 1);
  if (key === 'all' || key === 'any') return readGroup(context, key, entry[key], path, negated, depth);
  return refuse(context, path, `unknown key "${key}"${didYouMean(key, ['all', 'any', 'not', 'fact'])}`);
}

/** An empty group would be true of every row, so it is an error; `not` turns all into any (De Morgan). */
function readGroup(
  context: ConditionContext,
  key: 'all' | 'any',
  entries: unknown,
  path: string,
  negated: boolean,
  depth: number,
): Condition | null {
  if (!Array.isArray(entries)) return refuse(context, `${path}.${key}`, 'must be a list of conditions');
  if (entries.length === 0)
    return refuse(context, `${path}.${key}`, 'is an empty group; it would match every record');
  const of = entries.map((entry, index) =>
    readCondition(context, entry, `${path}.${key}[${index}]`, negated, depth + 1),
  );
  const opposite = key === 'all' ? 'any' : 'all';
  return of.every((part) => part !== null) ? { kind: negated ? opposite : key, of } : null;
}

function readLeaf(
  context: ConditionContext,
  entry: Readonly<Record<string, unknown>>,
  path: string,
  negated: boolean,
): Condition | null {
  const unknown = Object.keys(entry).filter((key) => !['fact', 'operator', 'value'].includes(key));
  for (const key of unknown)
    context.report(path, `unknown key "${key}"${didYouMean(key, ['fact', 'operator', 'value'])}`);
  const fact = readFact(context, entry['fact'], `${path}.fact`);
  const operator = readOperator(context, entry['operator'], `${path}.operator`);
  if (!fact || !operator) return null;
  const test = readTest(context, { fact, operator, value: entry['value'], negated }, path);
  return test && unknown.length === 0 ? { kind: 'leaf', fact, test } : null;
}

function readFact({ table, report }: ConditionContext, name: unknown, path: string) {
  const fact = typeof name === 'string' ? table.facts.get(name) : undefined;
  if (fact) return fact;
  const known = [...table.facts.keys()];
  report(
    path,
    typeof name === 'string'
      ? `unknown fact "${name}" for record "${table.concept ?? table.id}"${didYouMean(name, known)}`
      : 'must name a fact',
  );
  return null;
}

function readOperator({ report }: ConditionContext, name: unknown, path: string): Operator | null {
  const operator = OPERATORS.find((known) => known === name);
  if (operator) return operator;
  report(
    path,
    typeof name === 'string'
      ? `unknown operator "${name}"${didYouMean(name, OPERATORS)}`
      : 'must name an operator',
  );
  return null;
}

function refuse({ report }: ConditionContext, path: string, message: string): null {
  report(path, message);
  return null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
