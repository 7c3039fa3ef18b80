import { LetheError } from '../core/errors.js';
import { parseInstant } from '../core/instant.js';
import type { ListOrder, TicketSort } from './list-inputs.js';

/** Where a page of a list ended: the value it was sorted by, and the key, which sets equal values in order. */
export interface ListPlace {
  readonly value: string;
  readonly key: string;
}

/** Text for the caller to hand back. A time or a number of a ticket and its key: nothing about a person. */
export const cursorOf = (sort: TicketSort, { value, key }: ListPlace): string =>
  Buffer.from(JSON.stringify([sort, value, key])).toString('base64url');

/**
 * @throws LetheError `input_invalid` for what no list with this order returned
 */
export function placeAfter({ after, sort }: ListOrder): ListPlace | null {
  if (after === undefined) return null;
  const [by, value, key] = read(after);
  const fits = sort.endsWith('number')
    ? isNumber(value)
    : typeof value === 'string' && parseInstant(value) !== null;
  if (by !== sort || !fits || typeof key !== 'string' || !/^\d{1,18}$/.test(key))
    throw new LetheError('input_invalid', {
      what: 'after',
      reason: 'is not what a list in this order returned',
    });
  return { value: value as string, key };
}

const isNumber = (value: unknown): boolean => typeof value === 'string' && /^[\w-]{1,40}$/.test(value);

function read(cursor: string): readonly unknown[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(place) ? place : [];
  } catch {
    return [];
  }
}
