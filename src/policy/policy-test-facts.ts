import { parseDecimal } from '../core/decimal.js';
import { parseInstant } from '../core/instant.js';
import type { MapFact, MapTable } from '../datamap/graph.js';
import { refuse, type ConditionContext } from './condition-context.js';
import type { JsonObject } from './json-object.js';
import type { FactValue, FactValues } from './predicate.js';
import { readConstant } from './read-test.js';
import { unknownFact } from './unknown-fact.js';

/** Instants outside these count as missing in a database too: no period can be counted from them. */
const FIRST_INSTANT = '0001-01-02T00:00:00.000000Z';
const END_OF_INSTANTS = '9999-12-31T00:00:00.000000Z';

/** Reads a fixture's facts against the record's types, in the form the database hands them over; all findings are reported. */
export function readFacts(
  table: MapTable,
  fixture: JsonObject,
  at: string,
  report: ConditionContext['report'],
): FactValues {
  const context: ConditionContext = { table, timeZone: 'UTC', report };
  const facts = Object.entries(fixture).map(([name, value]) => {
    const path = `${at}.${name}`;
    const fact = table.facts.get(name);
    if (fact) return [name, readFact(context, fact, value, path)] as const;
    report(path, unknownFact(table, name, [...table.facts.keys()]));
    return [name, null] as const;
  });
  // "record?": the data map's own predicate on which rows are records; a fixture is one
  return { 'record?': true, ...Object.fromEntries(facts) };
}

function readFact(context: ConditionContext, fact: MapFact, value: unknown, path: string): FactValue {
  if (value === null) return null;
  if (fact.type !== 'text[]' && fact.type !== 'number[]') return readScalar(context, fact, value, path);
  if (!Array.isArray(value)) return refuse(context, path, 'must be a list of values');
  return value.map((element, index) => readConstant(context, fact, element, `${path}[${index}]`));
}

function readScalar(context: ConditionContext, fact: MapFact, value: unknown, path: string): FactValue {
  if (Array.isArray(value)) return refuse(context, path, 'must be one value, not a list');
  const constant = readConstant(context, fact, value, path);
  if (constant === null) return null;
  if (fact.type === 'instant' && (constant < FIRST_INSTANT || constant >= END_OF_INSTANTS))
    return refuse(context, path, 'is so far away that it counts as missing; leave the fact out');
  if (fact.column?.unset.some((unset) => isSame(fact, unset, constant)))
    return refuse(context, path, 'is a value that the data map calls unset; leave the fact out');
  return fact.type === 'boolean' ? value === true : constant;
}

/** Whether a value that the map writes as the column prints it is this constant. */
function isSame({ type, column }: MapFact, unset: string, constant: string): boolean {
  if (type === 'instant') return (parseInstant(unset) ?? parseInstant(`${unset}Z`)) === constant;
  if (type === 'number' && column?.type === 'float') return Number(unset) === Number(constant);
  if (type === 'number') return parseDecimal(unset) === constant;
  if (type === 'text' && column?.type === 'char') return unset.trimEnd() === constant.trimEnd();
  return (type === 'uuid' ? unset.toLowerCase() : unset) === constant;
}
