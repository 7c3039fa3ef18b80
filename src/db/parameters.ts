import { arrayLiteral, type ArrayText } from './arrays.js';

/**
 * Turns a bound value into the text PostgreSQL reads, the same for both databases, because each driver guesses differently.
 * Arrays become PostgreSQL arrays and plain objects JSON; a JSON array must come as text (`JSON.stringify`).
 * Throws a TypeError for what has no faithful text.
 */
export function parameter(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  // a lone surrogate has no UTF-8 form; PGlite would count its bytes wrongly and garble the message
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'object') return objectText(value);
  throw new TypeError(`a ${typeof value} cannot be a parameter of a query`);
}

export const parameters = (values: readonly unknown[]): (string | null)[] => values.map(parameter);

function objectText(value: object): string {
  if (value instanceof Date) {
    throw new TypeError('a Date loses microseconds; pass the instant as text (2026-11-21T00:00:00.000000Z)');
  }
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return arrayLiteral(value.map(element));
  if (isPlain(value)) return JSON.stringify(value).toWellFormed();
  throw new TypeError(`a ${value.constructor.name} cannot be a parameter of a query`);
}

function element(value: unknown): ArrayText {
  return Array.isArray(value) ? value.map(element) : parameter(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
