import { z } from 'zod';
import { LetheError } from '../core/errors.js';
import { zodProblems } from '../datamap/zod-problems.js';

/** Text as PostgreSQL can store it: no NUL, no half of a surrogate pair; at most so many characters (UTF-16 units). */
export const words = (most: number) =>
  z
    .string()
    .min(1)
    .max(most, `must be at most ${most} characters`)
    .refine((text) => !text.includes('\0'), 'must not contain the character NUL')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode: it has half of a surrogate pair');

/** Caller's names of things are repeated in an error only where they look like a name: another text may be a person's. */
const NAME = /unknown key "(?![A-Za-z][\w.-]{0,40}")[^]*?"/g;

/**
 * Reads what a caller hands in; unknown fields are refused.
 * @throws LetheError `input_invalid`, which names fields and limits, and repeats no value
 */
export function checkedInput<S extends z.ZodType>(what: string, schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const reason = zodProblems('', parsed.error, input, schema)
    .map(({ path, message }) => [path, message].filter((part) => part !== '').join(': '))
    .join('; ')
    .replace(NAME, 'unknown key');
  throw new LetheError('input_invalid', { what, reason });
}
