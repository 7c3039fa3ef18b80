import { didYouMean } from '../core/did-you-mean.js';
import type { MapFact } from '../datamap/graph.js';
import type { Condition } from './condition.js';
import { refuse, type ConditionContext } from './condition-context.js';
import { OPERATORS, type Operator } from './condition-schema.js';
import { isObject, type JsonObject } from './json-object.js';
import { readTest } from './read-test.js';
import { unknownFact } from './unknown-fact.js';

const MAX_DEPTH = 32;
/** Parts are compared with parts when a policy is published. */
const MOST_PARTS = 1_000;

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
  if (depth === 0 && countParts(entry) > MOST_PARTS)
    return refuse(
      context,
      path,
      `has more than ${MOST_PARTS} parts; put values into lists ("in"), or a fact into the data map`,
    );
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

/** Conditions within, the whole one included. */
function countParts(entry: unknown): number {
  if (!isObject(entry)) return 1;
  const parts = [entry['all'], entry['any']].filter((of) => Array.isArray(of)).flat() as unknown[];
  if (entry['not'] !== undefined) parts.push(entry['not']);
  return parts.length > MOST_PARTS
    ? parts.length
    : parts.reduce<number>((sum, part) => sum + countParts(part), 1);
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
    return refuse(context, `${path}.${key}`, 'is an empty group; give at least one condition');
  const of = entries.map((entry, index) =>
    readCondition(context, entry, `${path}.${key}[${index}]`, negated, depth + 1),
  );
  const opposite = key === 'all' ? 'any' : 'all';
  return of.every((part) => part !== null) ? { kind: negated ? opposite : key, of } : null;
}

function readLeaf(
  context: ConditionContext,
  entry: JsonObject,
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

function readFact(context: ConditionContext, name: unknown, path: string): MapFact | null {
  const { table } = context;
  if (typeof name !== 'string')
    return refuse(context, path, name === undefined ? 'is missing' : 'must be the name of a fact');
  return table.facts.get(name) ?? refuse(context, path, unknownFact(table, name, [...table.facts.keys()]));
}

function readOperator(context: ConditionContext, name: unknown, path: string): Operator | null {
  if (typeof name !== 'string')
    return refuse(context, path, name === undefined ? 'is missing' : 'must be the name of an operator');
  const operator = OPERATORS.find((known) => known === name);
  return operator ?? refuse(context, path, `unknown operator "${name}"${didYouMean(name, OPERATORS)}`);
}
