import { identifier, literal } from '../db/sql.js';
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
      return fact.column ? instantColumn(fact.column) : instantOf(fact.expression);
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
      return { raw: `${fact.expression}::text[]`, guards: [], constant: literal, array: 'text[]' };
    case 'number[]':
      return {
        raw: `${fact.expression}::numeric[]`,
        guards: [],
        constant: (value) => value,
        array: 'numeric[]',
      };
  }
}

function numberSql(fact: MapFact): FactSql {
  const constant = (value: string): string => (value.startsWith('-') ? `(${value})` : value);
  const finite = (type: string): readonly string[] => [
    `${fact.expression} > '-Infinity'::${type}`,
    `${fact.expression} < 'Infinity'::${type}`, // NaN sorts above Infinity
  ];
  switch (fact.column?.type) {
    case 'int':
    case 'bigint':
      return { raw: fact.expression, guards: unsetGuards(fact), constant, array: null };
    case 'float': {
      // a real column is widened, so that 0.1 means the same double on both sides
      const raw = `${fact.expression}::float8`;
      return {
        raw,
        guards: [...finite('float8'), ...unsetGuards(fact)],
        constant: (value) => `${literal(value)}::float8`,
        array: null,
      };
    }
    case 'numeric':
      return {
        raw: fact.expression,
        guards: [...finite('numeric'), ...unsetGuards(fact)],
        constant,
        array: null,
      };
    default: {
      const raw = `${fact.expression}::numeric`;
      return {
        raw,
        guards: [`${raw} > '-Infinity'::numeric`, `${raw} < 'Infinity'::numeric`],
        constant,
        array: null,
      };
    }
  }
}

function textSql(fact: MapFact): FactSql {
  // char(n) pads with blanks that text does not have; an enum knows only its own labels
  const cast = fact.column?.type === 'text' ? '' : '::text';
  const stored = `${fact.expression}${cast}`;
  const raw = fact.column?.foldsCase ? `lower(${fact.expression}::text collate "C")` : stored;
  return { raw, guards: unsetGuards(fact, stored), constant: literal, array: null };
}

function unsetGuards({ column, expression }: MapFact, stored = expression): readonly string[] {
  return column && column.unset.length > 0
    ? [`${stored} not in (${column.unset.map(literal).join(', ')})`]
    : [];
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
function instantColumn(column: MapColumn): FactSql {
  const stored = `this.${identifier(column.name)}`;
  const unset = column.unset.length > 0 ? [`${stored} not in (${column.unset.map(literal).join(', ')})`] : [];
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
      return fact.column?.type === 'timestamp' && fact.column.zone === 'UTC'
        ? `${raw} at time zone 'UTC'`
        : raw;
    default:
      return raw;
  }
}
