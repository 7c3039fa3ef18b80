import { isTimeZone } from '../core/zone.js';
import { parseDecimal } from '../core/decimal.js';
import { parseInstant } from '../core/instant.js';
import { parsePeriod } from '../core/period.js';
import type { MapFact } from '../datamap/graph.js';
import type { FactType } from '../datamap/schema.js';
import type { Comparison, Test } from './condition.js';
import type { Operator } from './condition-schema.js';
import { refuse, type ConditionContext } from './condition-context.js';

interface LeafParts {
  readonly fact: MapFact;
  readonly operator: Operator;
  readonly value: unknown;
  readonly negated: boolean;
}

/** Lists are compared with lists when a policy is published, and are sent with every statement. */
const MOST_VALUES = 100_000;

const ORDERED: readonly FactType[] = ['number', 'instant'];
const SCALARS: readonly FactType[] = ['text', 'number', 'boolean', 'instant', 'uuid'];
const LISTS: readonly FactType[] = ['text[]', 'number[]'];
const ALL: readonly FactType[] = [...SCALARS, ...LISTS];

/** Which operator takes which facts; lists are compared by what they contain. */
const OPERANDS: Readonly<Record<Operator, readonly FactType[]>> = {
  equal: SCALARS,
  notEqual: SCALARS,
  in: SCALARS,
  notIn: SCALARS,
  lessThan: ORDERED,
  lessThanInclusive: ORDERED,
  greaterThan: ORDERED,
  greaterThanInclusive: ORDERED,
  contains: LISTS,
  doesNotContain: LISTS,
  startsWith: ['text'],
  olderThan: ['instant'],
  newerThan: ['instant'],
  missing: ALL,
  present: ALL,
};

/** Each operator's complement among the rows that have the fact: what `not` turns it into. */
const COMPLEMENT = {
  equal: 'notEqual',
  notEqual: 'equal',
  lessThan: 'greaterThanInclusive',
  lessThanInclusive: 'greaterThan',
  greaterThan: 'lessThanInclusive',
  greaterThanInclusive: 'lessThan',
  contains: 'doesNotContain',
  doesNotContain: 'contains',
  startsWith: 'doesNotStartWith',
} as const satisfies Partial<Record<Operator, Comparison>>;

/** Reads operator and value of a leaf against its fact's type; reports and returns null when they do not fit. */
export function readTest(context: ConditionContext, leaf: LeafParts, path: string): Test | null {
  const { fact, operator, value, negated } = leaf;
  const at = `${path}.value`;
  if (!OPERANDS[operator].includes(fact.type)) {
    const usable = Object.entries(OPERANDS).flatMap(([name, types]) =>
      types.includes(fact.type) ? [name] : [],
    );
    context.report(
      `${path}.operator`,
      `"${operator}" does not fit fact "${fact.name}" of type ${fact.type} (fitting: ${usable.join(', ')})`,
    );
    return null;
  }
  switch (operator) {
    case 'missing':
    case 'present':
      if (value !== undefined && value !== true) return refuse(context, at, `"${operator}" takes no value`);
      return { operator: (operator === 'missing') === negated ? 'present' : 'missing' };
    case 'in':
    case 'notIn': {
      const values = readList(context, fact, value, at);
      return values && { operator: (operator === 'in') === negated ? 'notIn' : 'in', values };
    }
    case 'olderThan':
    case 'newerThan': {
      const period = readPeriod(context, value, at);
      const complement = (operator === 'olderThan') === negated ? 'newerThan' : 'olderThan';
      return period && { operator: complement, period, timeZone: context.timeZone };
    }
    case 'equal':
    case 'notEqual':
    case 'lessThan':
    case 'lessThanInclusive':
    case 'greaterThan':
    case 'greaterThanInclusive':
    case 'contains':
    case 'doesNotContain':
    case 'startsWith': {
      const constant = readConstant(context, fact, value, at);
      return constant === null
        ? null
        : { operator: negated ? COMPLEMENT[operator] : operator, value: constant };
    }
  }
}

function readPeriod(context: ConditionContext, value: unknown, path: string) {
  if (value === undefined) return refuse(context, path, 'is missing');
  if (typeof value !== 'string') return refuse(context, path, 'must be a period such as "P3Y"');
  if (!isTimeZone(context.timeZone)) return null;
  const period = parsePeriod(value);
  return 'problem' in period ? refuse(context, path, `"${value}": ${period.problem}`) : period;
}

function readList(
  context: ConditionContext,
  fact: MapFact,
  value: unknown,
  path: string,
): readonly string[] | null {
  if (value === undefined) return refuse(context, path, 'is missing');
  if (!Array.isArray(value)) return refuse(context, path, 'must be a list of values');
  if (value.length === 0) return refuse(context, path, 'is an empty list; it matches nothing');
  if (value.length > MOST_VALUES)
    return refuse(
      context,
      path,
      `lists more than ${MOST_VALUES} values; let the data map have a fact for it`,
    );
  const constants = value.map((one, index) => readConstant(context, fact, one, `${path}[${index}]`));
  return constants.every((constant) => constant !== null) ? constants : null;
}

/** A constant as canonical text of the fact's type. */
export function readConstant(
  context: ConditionContext,
  fact: MapFact,
  value: unknown,
  path: string,
): string | null {
  if (value === undefined) return refuse(context, path, 'is missing');
  if (Array.isArray(value))
    return refuse(context, path, 'must be one value; a list goes with "in" or "notIn"');
  switch (fact.type) {
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : refuse(context, path, 'must be true or false');
    case 'number':
    case 'number[]':
      return readNumber(context, fact, value, path);
    case 'instant':
      return (
        (typeof value === 'string' ? parseInstant(value) : null) ??
        refuse(context, path, 'must be an instant with an offset, such as "2026-11-21T00:00:00Z"')
      );
    case 'uuid':
      return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
        ? value.toLowerCase()
        : refuse(context, path, 'must be a UUID');
    case 'text':
    case 'text[]':
      if (typeof value !== 'string') return refuse(context, path, 'must be text');
      if (!value.isWellFormed() || value.includes('\0'))
        return refuse(context, path, 'holds a character that no stored text can hold');
      return fact.column?.foldsCase ? foldAscii(value) : value;
  }
}

function readNumber(context: ConditionContext, fact: MapFact, value: unknown, path: string): string | null {
  const decimal = typeof value === 'number' || typeof value === 'string' ? parseDecimal(value) : null;
  if (decimal === null) return refuse(context, path, whyNoNumber(value));
  if (fact.column?.type !== 'float') return decimal;
  // a float column holds doubles: the constant becomes the double the server would compare with
  return parseDecimal(String(Number(decimal))) ?? refuse(context, path, 'is out of range for a float column');
}

function whyNoNumber(value: unknown): string {
  return typeof value === 'number'
    ? 'is too large to be kept exactly as a number; write it as text, such as "9007199254740993"'
    : 'must be a number';
}

/** ASCII alone: beyond it, servers and runtimes disagree on what lower case is. */
export const foldAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
