import { LetheError } from '../core/errors.js';
import type { MapGraph, MapTable } from './graph.js';
import type { KeyType } from './schema.js';

/** A record as people write it: `ticket/77`; several key columns are joined by commas. */
export interface RecordRef {
  readonly table: MapTable;
  /** One text a key column, in the map's order. */
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
  const invalid = (reason: string): LetheError => new LetheError('input_invalid', { what: 'record', reason });
  if (!table) throw invalid(`write it like ticket/77; records are ${[...graph.records.keys()].join(', ')}`);
  const key = table.key.length === 1 ? [keyText] : keyText.split(',').map(decodeURIComponent);
  if (key.length !== table.key.length) throw invalid(`a ${concept} has ${table.key.length} key columns`);
  table.key.forEach(({ name, type }, index) => {
    if (!KEY_FORMS[type].test(key[index] ?? ''))
      throw invalid(`"${name}" of a ${concept} is of type ${type}`);
    if (type === 'int' || type === 'bigint') checkRange(BigInt(key[index] ?? ''), type, invalid);
  });
  return { table, key };
}

function checkRange(value: bigint, type: 'int' | 'bigint', invalid: (reason: string) => LetheError): void {
  const bits = type === 'int' ? 32 : 64;
  if (BigInt.asIntN(bits, value) !== value)
    throw invalid(`the number is too large for a key of type ${type}`);
}

/** The key as one text, as stored in Lethe's tables: the value itself, or a JSON list as PostgreSQL prints it. */
export const keyText = (key: readonly string[]): string =>
  key.length === 1 ? (key[0] ?? '') : `[${key.map((part) => JSON.stringify(part)).join(', ')}]`;

/** `ticket/77` from a table and a key text. */
export function recordName(table: MapTable, key: string): string {
  const parts = table.key.length === 1 ? [key] : (JSON.parse(key) as string[]).map(encodeURIComponent);
  return `${table.concept ?? table.id}/${parts.join(',')}`;
}
