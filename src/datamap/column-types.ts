import type { CatalogueColumn } from './catalogue.js';
import type { ColumnType, FactType } from './schema.js';

/** PostgreSQL types (pg_type.typname) that a declared type stands for; null: decided otherwise. */
const FITTING: Readonly<Record<ColumnType, readonly string[] | null>> = {
  int: ['int2', 'int4'],
  bigint: ['int8', 'int4', 'int2'],
  numeric: ['numeric'],
  float: ['float4', 'float8'],
  boolean: ['bool'],
  text: ['text', 'varchar', 'citext'],
  char: ['bpchar'],
  enum: null,
  uuid: ['uuid'],
  date: ['date'],
  timestamp: ['timestamp'],
  timestamptz: ['timestamptz'],
  bytes: ['bytea'],
  json: ['json', 'jsonb'],
  'text[]': ['_text', '_varchar'],
  'bigint[]': ['_int8', '_int4', '_int2'],
  tsvector: ['tsvector'],
  other: null,
};

/** Whether a column of the database is what the map declares. */
export function fitsType(declared: ColumnType, column: CatalogueColumn): boolean {
  if (declared === 'enum') return column.isEnum;
  return FITTING[declared]?.includes(column.type) ?? true;
}

/** The declared type that would fit a column. */
export function typeFor(column: CatalogueColumn): ColumnType {
  if (column.isEnum) return 'enum';
  const types = Object.entries(FITTING) as [ColumnType, readonly string[] | null][];
  return types.find(([, fitting]) => fitting?.includes(column.type))?.[0] ?? 'other';
}

const SPEAKING = [
  'text',
  'varchar',
  'bpchar',
  'citext',
  'name',
  'json',
  'jsonb',
  'xml',
  'hstore',
  'bytea',
  'tsvector',
  'oid',
];

/** Whether a column can hold words about a person: text, binary, documents, lists of these. */
export const isTextLike = ({ type }: Pick<CatalogueColumn, 'type'>): boolean =>
  SPEAKING.includes(type.replace(/^_/, ''));

const SPEAKING_DECLARED: readonly ColumnType[] = ['text', 'char', 'bytes', 'json', 'text[]', 'tsvector'];

export const isDeclaredTextLike = (type: ColumnType): boolean => SPEAKING_DECLARED.includes(type);

/** Types (pg_typeof) that an SQL fact of a type may give; the policy compiler casts within a line, never across. */
const FACT_RESULTS: Readonly<Record<FactType, readonly string[]>> = {
  text: ['text', 'character varying', 'character', 'name'],
  number: ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'],
  boolean: ['boolean'],
  instant: ['timestamp with time zone'],
  uuid: ['uuid'],
  'text[]': ['text[]', 'character varying[]'],
  'number[]': ['smallint[]', 'integer[]', 'bigint[]', 'numeric[]'],
};

export const fitsFact = (type: FactType, result: string): boolean => FACT_RESULTS[type].includes(result);

/** What to write instead, where a fact's expression has another type. */
export const factAdvice = (type: FactType): string =>
  type === 'instant'
    ? "timestamp with time zone (write `… at time zone 'UTC'`)"
    : (FACT_RESULTS[type][0] ?? type);
