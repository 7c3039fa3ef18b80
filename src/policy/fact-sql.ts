import { literal } from '../db/sql.js';
import type { MapColumn, MapFact } from '../datamap/graph.js';

/** How SQL reads a fact of the row `this`. */
export interface FactSql {
  /** Compared directly with constants, so that an index on the column serves. */
  readonly raw: string;
  /** Predicates that must hold, besides `raw is not null`, for the fact to count as present. */
  readonly guards: readonly string[];
  /** A constant in the form `raw` is compared with. */
  readonly constant: (value: string) => string;
  /** Array type of `raw` for lists. */
  readonly array: string | null;
}

/** Instants outside these bounds, infinity included, count as missing: no period can be counted from them. */
const FIRST_INSTANT = '0001-01-02 00:00:00';
const END_OF_INSTANTS = '9999-12-31 00:00:00';

/** How SQL reads a fact, by its type. */
export function factSql(fact: MapFact): FactSql {
  switch (fact.type) {
    case 'instant':
      return fact.column ? instantColumn(fact, fact.column) : instantOf(fact.expression);
    case 'number':
      return numberSql(fact);
    case 'text':
      return textSql(fact);
    case 'boolean':
      return { raw: fact.expression, guards: unsetGuards(fact), constant: (value) => value, array: null };
    case 'uuid':
      return {
        raw: fact.expression,
        guards: unsetGuards(fact),
        constant: (value) => `${literal(value)}::uuid`,
        array: null,
      };
    case 'text[]':
      return {
        raw: `${fact.expression}::text[]`,
        guards: unsetGuards(fact),
        constant: literal,
        array: 'text[]',
      };
    case 'number[]':
      return {
        raw: `${fact.expression}::numeric[]`,
        guards: unsetGuards(fact),
        constant: exactNumber,
        array: 'numeric[]',
      };
  }
}

function numberSql(fact: MapFact): FactSql {
  const { expression, column } = fact;
  const unset = unsetGuards(fact);
  if (column?.type === 'int' || column?.type === 'bigint')
    return { raw: expression, guards: unset, constant: exactNumber, array: null };
  if (column?.type === 'float') {
    const constant = (value: string): string => `${literal(value)}::float8`;
    // a real column is widened, so that 0.1 means the same double on both sides
    const raw = `${expression}::float8`;
    return { raw, guards: [...finite(expression, 'float8'), ...unset], constant, array: null };
  }
  const raw = column ? expression : `${expression}::numeric`;
  return { raw, guards: [...finite(raw, 'numeric'), ...unset], constant: exactNumber, array: null };
}

const exactNumber = (value: string): string => (value.startsWith('-') ? `(${value})` : value);

/** Neither infinite nor NaN, which sorts above Infinity. */
const finite = (raw: string, type: 'float8' | 'numeric'): readonly string[] => [
  `${raw} > '-Infinity'::${type}`,
  `${raw} < 'Infinity'::${type}`,
];

function textSql(fact: MapFact): FactSql {
  // char(n) pads with blanks that text does not have; an enum knows only its own labels
  const cast = fact.column?.type === 'text' ? '' : '::text';
  const stored = `${fact.expression}${cast}`;
  const raw = fact.column?.foldsCase ? `lower(${fact.expression}::text collate "C")` : stored;
  return { raw, guards: unsetGuards(fact), constant: literal, array: null };
}

/** In the column's own type, so that a value may be written as the column prints it: char(n) with its blanks or without. */
function unsetGuards({ column, expression }: MapFact): readonly string[] {
  if (!column || column.unset.length === 0) return [];
  const stored = column.type === 'enum' ? `${expression}::text` : expression;
  return [`${stored} not in (${column.unset.map(literal).join(', ')})`];
}

const instantOf = (expression: string): FactSql => ({
  raw: expression,
  guards: withinBounds(expression, '+00'),
  constant: (value) => `${literal(value)}::timestamptz`,
  array: null,
});

const withinBounds = (expression: string, offset = ''): readonly string[] => [
  `${expression} >= '${FIRST_INSTANT}${offset}'`,
  `${expression} < '${END_OF_INSTANTS}${offset}'`,
];

/** Columns in UTC are compared as they are; others are converted first, which no plain index serves. */
function instantColumn(fact: MapFact, column: MapColumn): FactSql {
  const stored = fact.expression;
  const unset = unsetGuards(fact);
  if (column.type === 'timestamptz')
    return { ...instantOf(stored), guards: [...withinBounds(stored, '+00'), ...unset] };
  if (column.type === 'timestamp' && column.zone === 'UTC')
    return {
      raw: stored,
      guards: [...withinBounds(stored), ...unset],
      constant: (value) => `${literal(value.slice(0, -1).replace('T', ' '))}::timestamp`,
      array: null,
    };
  const bounded = [...withinBounds(stored), ...unset].join(' and ');
  // a date is over when its day is over: never early
  const instant =
    column.type === 'date'
      ? `((${stored} + 1)::timestamp at time zone ${literal(column.zone)}) - interval '1 microsecond'`
      : `${stored} at time zone ${literal(column.zone)}`;
  return instantOf(`(case when ${bounded} then ${instant} end)`);
}

/** The fact's value for the in-process reading, null when it counts as missing; `this` is the row. */
export function factValue(fact: MapFact): string {
  const { raw, guards } = factSql(fact);
  const value = selected(fact, raw);
  return guards.length === 0 ? value : `case when ${guards.join(' and ')} then ${value} end`;
}

/** In a form that arrives as canonical text (numbers exact, instants with microseconds), booleans and lists as they are. */
function selected(fact: MapFact, raw: string): string {
  switch (fact.type) {
    case 'number':
    case 'uuid':
      return `(${raw})::text`;
    case 'number[]':
      return `${raw}::text[]`;
    case 'instant':
      if (fact.column?.type === 'timestamp' && fact.column.zone === 'UTC') return `${raw} at time zone 'UTC'`;
      // SQL of a map may yield a date or a timestamp, which comparisons take as UTC; printed as such it is no instant
      return fact.column ? raw : `${raw}::timestamptz`;
    case 'text':
    case 'boolean':
    case 'text[]':
      return raw;
  }
}
