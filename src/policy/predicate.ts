import { Engine, type NestedCondition, type TopLevelCondition } from 'json-rules-engine';
import { compareDecimals, parseDecimal, type Decimal } from '../core/decimal.js';
import type { MapFact } from '../datamap/graph.js';
import type { FactType } from '../datamap/schema.js';
import type { Comparison, TimelessCondition, TimelessTest } from './condition.js';
import { foldAscii } from './read-test.js';

/** A record's facts as factValue() selects them: text, boolean, list of text or null. */
export type FactValues = Readonly<Record<string, FactValue>>;
export type FactValue = string | boolean | null | readonly FactValue[];

/**
 * The condition's answer for one record, in process. A fresh engine per decision: two overlapping runs on one engine lose
 * results (json-rules-engine). Its own operators are not used: they are true of null under notEqual and notIn, compare
 * instants as text and parse "12abc" as a number.
 */
export async function decide(condition: TimelessCondition, facts: FactValues): Promise<boolean> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (const [name, holds] of OPERATORS) engine.addOperator(name, holds);
  engine.addRule({ conditions: topLevel(condition), event: { type: 'match' } });
  const { events } = await engine.run(pick(facts, namesIn(condition)));
  return events.length > 0;
}

/**
 * The answers of several conditions for one record, by one engine: it costs less than one for each. Null is true of every record.
 */
export async function decideEach(
  conditions: readonly (TimelessCondition | null)[],
  facts: FactValues,
): Promise<readonly boolean[]> {
  const asked = conditions.flatMap((condition, index) => (condition ? [{ condition, index }] : []));
  if (asked.length === 0) return conditions.map(() => true);
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (const name of new Set(asked.flatMap(({ condition }) => operatorsIn(condition))))
    engine.addOperator(name, HOLDS.get(name) ?? (() => false));
  for (const { condition, index } of asked)
    engine.addRule({ conditions: topLevel(condition), event: { type: String(index) } });
  const { events } = await engine.run(
    pick(
      facts,
      asked.flatMap(({ condition }) => namesIn(condition)),
    ),
  );
  const met = new Set(events.map(({ type }) => type));
  return conditions.map((condition, index) => condition === null || met.has(String(index)));
}

/** Names of the operators as the engine is told them. */
const operatorsIn = (condition: TimelessCondition): readonly string[] =>
  condition.kind === 'leaf'
    ? [`${orderOf(condition.fact)}:${condition.test.operator}`]
    : condition.of.flatMap(operatorsIn);

/** Whether one value of the fact satisfies a test; the same operators as `decide`. */
export function satisfies(fact: MapFact, test: TimelessTest, value: FactValue): boolean {
  return HOLDS.get(`${orderOf(fact)}:${test.operator}`)?.(value, operand(test)) ?? false;
}

/** The engine hashes every fact it is given, large texts too: it gets those that the condition asks for. */
const pick = (facts: FactValues, names: readonly string[]): Record<string, FactValue> =>
  Object.fromEntries(names.map((name) => [name, facts[name] ?? null]));

const namesIn = (condition: TimelessCondition): readonly string[] =>
  condition.kind === 'leaf' ? [condition.fact.name] : condition.of.flatMap(namesIn);

function topLevel(condition: TimelessCondition): TopLevelCondition {
  return condition.kind === 'leaf' ? { all: [nested(condition)] } : (nested(condition) as TopLevelCondition);
}

function nested(condition: TimelessCondition): NestedCondition {
  if (condition.kind !== 'leaf') {
    const of = condition.of.map(nested);
    return condition.kind === 'all' ? { all: of } : { any: of };
  }
  const { fact, test } = condition;
  return { fact: fact.name, operator: `${orderOf(fact)}:${test.operator}`, value: operand(test) };
}

/** How values of the fact are compared: by its type, and as doubles or without case where the column is. */
function orderOf({ type, column }: MapFact): Order {
  if (column?.foldsCase) return 'folded';
  return column?.type === 'float' ? 'double' : type;
}

function operand(test: TimelessTest): unknown {
  if ('value' in test) return test.value;
  return 'values' in test ? test.values : true;
}

/** -1, 0, 1, or null where the order means nothing. */
type Compare = (value: string, constant: string) => number | null;

const lexical: Compare = (value, constant) => (value < constant ? -1 : value > constant ? 1 : 0);
const decimal: Compare = (value, constant) => {
  const number = parseDecimal(value);
  return number === null ? null : compareDecimals(number, constant as Decimal);
};

/** PostgreSQL prints 9.999999999999999e+22 for the double that JavaScript prints as 1e+23: as decimals they differ. */
const double: Compare = (value, constant) => {
  const difference = Number(value) - Number(constant);
  return Number.isNaN(difference) ? null : Math.sign(difference);
};

type Order = FactType | 'folded' | 'double';

const COMPARE: Readonly<Record<Order, Compare>> = {
  text: lexical,
  folded: (value, constant) => lexical(foldAscii(value), constant),
  number: decimal,
  double,
  boolean: lexical,
  instant: lexical, // canonical instants have fixed width: their order as text is their order in time
  uuid: lexical,
  'text[]': lexical,
  'number[]': decimal,
};

type Holds = (fact: unknown, constant: unknown) => boolean;

/** Every operator for every type, all of them false for null and undefined. */
const OPERATORS: readonly (readonly [string, Holds])[] = Object.entries(COMPARE).flatMap(
  ([type, compare]) => {
    const named = (operator: TimelessTest['operator'], holds: Holds) =>
      [`${type}:${operator}`, holds] as const;
    return [
      named('missing', (fact) => isMissing(fact)),
      named('present', (fact) => !isMissing(fact)),
      named('in', (fact, constants) => !isMissing(fact) && isOneOf(compare, fact, constants)),
      named('notIn', (fact, constants) => !isMissing(fact) && !isOneOf(compare, fact, constants)),
      ...Object.entries(comparisons(compare)).map(([operator, test]) =>
        named(operator as Comparison, (fact, constant) => !isMissing(fact) && test(fact, String(constant))),
      ),
    ];
  },
);

const HOLDS: ReadonlyMap<string, Holds> = new Map(OPERATORS);

function comparisons(
  compare: Compare,
): Readonly<Record<Comparison, (fact: unknown, constant: string) => boolean>> {
  const order = (fact: unknown, constant: string, accepts: (order: number) => boolean): boolean => {
    const result = compare(String(fact), constant);
    return result !== null && accepts(result);
  };
  return {
    equal: (fact, constant) => order(fact, constant, (result) => result === 0),
    notEqual: (fact, constant) => order(fact, constant, (result) => result !== 0),
    lessThan: (fact, constant) => order(fact, constant, (result) => result < 0),
    lessThanInclusive: (fact, constant) => order(fact, constant, (result) => result <= 0),
    greaterThan: (fact, constant) => order(fact, constant, (result) => result > 0),
    greaterThanInclusive: (fact, constant) => order(fact, constant, (result) => result >= 0),
    contains: (fact, constant) => holdsElement(compare, fact, constant),
    doesNotContain: (fact, constant) => !holdsElement(compare, fact, constant),
    startsWith: (fact, constant) => String(fact).startsWith(constant),
    doesNotStartWith: (fact, constant) => !String(fact).startsWith(constant),
  };
}

const isMissing = (fact: unknown): boolean => fact === null || fact === undefined;

const isOneOf = (compare: Compare, fact: unknown, constants: unknown): boolean =>
  Array.isArray(constants) && constants.some((constant) => compare(String(fact), String(constant)) === 0);

const holdsElement = (compare: Compare, fact: unknown, constant: string): boolean =>
  Array.isArray(fact) &&
  fact.flat(Infinity).some((element) => !isMissing(element) && compare(String(element), constant) === 0);
