import { LetheError } from '../core/errors.js';
import type { MapGraph, MapTable } from './graph.js';
import type { KeyType } from './schema.js';

/** A record as people write it: `ticket/77`; several key columns are joined by commas. */
export interface RecordRef {
  readonly table: MapTable;
  /** One text a key column, in the map's order, as PostgreSQL prints the value. */
  readonly key: readonly string[];
}

const KEY_FORMS: Readonly<Record<KeyType, RegExp>> = {
  int: /^-?\d{1,10}$/,
  bigint: /^-?\d{1,19}$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  text: /^[^\0]+$/,
  char: /^[^\0]+$/,
};

/**
 * Reads `ticket/77` against the map.
 * @throws LetheError `input_invalid` (unknown record name, key of the wrong form)
 */
export function parseRecord(graph: MapGraph, text: string): RecordRef {
  const [, concept = '', keyText = ''] = /^([^/]+)\/(.+)$/s.exec(text) ?? [];
  const table = graph.records.get(concept);
  if (!table) throw invalid(`write it like ticket/77; records are ${[...graph.records.keys()].join(', ')}`);
  const parts = table.key.length === 1 ? [keyText] : keyText.split(',').map(decoded);
  if (parts.length !== table.key.length) throw invalid(`a ${concept} has ${table.key.length} key columns`);
  return {
    table,
    key: table.key.map(({ name, type }, index) => keyPart(parts[index] ?? '', type, name, concept)),
  };
}

const invalid = (reason: string): LetheError => new LetheError('input_invalid', { what: 'record', reason });

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('"%" in a key of several columns is written %25, "," is written %2C');
  }
}

/** The part in the one spelling PostgreSQL prints: keys are compared as text with what it stored. */
function keyPart(part: string, type: KeyType, column: string, concept: string): string {
  if (!KEY_FORMS[type].test(part)) throw invalid(`"${column}" of a ${concept} is of type ${type}`);
  switch (type) {
    case 'int':
    case 'bigint':
      return wholeNumber(BigInt(part), type);
    case 'uuid':
      return part.toLowerCase();
    case 'char':
      return part.replace(/ +$/, '');
    case 'text':
      return part;
  }
}

function wholeNumber(value: bigint, type: 'int' | 'bigint'): string {
  if (BigInt.asIntN(type === 'int' ? 32 : 64, value) !== value)
    throw invalid(`the number is too large for a key of type ${type}`);
  return String(value);
}

/** The key as one text, as stored in Lethe's tables: the value itself, or a JSON list as PostgreSQL prints it. */
export const keyText = (key: readonly string[]): string =>
  key.length === 1 ? (key[0] ?? '') : `[${key.map((part) => JSON.stringify(part)).join(', ')}]`;

/** `ticket/77` from a table and a key text. */
export function recordName(table: MapTable, key: string): string {
  const parts = table.key.length === 1 ? [key] : (JSON.parse(key) as string[]).map(encodeURIComponent);
  return `${table.concept ?? table.id}/${parts.join(',')}`;
}
