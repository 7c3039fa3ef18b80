import type { FastifyError, FastifySchemaValidationError } from 'fastify';
import type { z } from 'zod';
import { knownKeys } from '../datamap/known-keys.js';

/** What is wrong with a field, by the code of zod's finding. zod's own words may quote what was sent, names of fields too. */
const WORDS: Readonly<Record<string, string>> = {
  invalid_type: 'is missing or of another type',
  too_big: 'is too long or too large',
  too_small: 'is too short or too small',
  invalid_format: 'is not of the form that is asked for',
  invalid_value: 'is not one of the words that are known',
  unrecognized_keys: 'has a field that is not known',
  invalid_union: 'is of none of the forms that are known',
  invalid_key: 'has a field that is not known',
};
const OTHERWISE = 'is not allowed here';

const MOST = 10;

type Invalid = Omit<FastifyError, 'validation'> & {
  readonly validation: readonly FastifySchemaValidationError[];
};

/**
 * `body/subject: is missing or of another type; …`: fields by name, without a value.
 * @param schema of the part of the request that is wrong: a name that it does not know is the caller's own word
 */
export function requestProblems(
  { validation, validationContext }: Invalid,
  schema: z.ZodType | null,
): string {
  const lines = validation.slice(0, 2 * MOST).map(({ keyword, instancePath }) => {
    const path = instancePath.split('/').filter((part) => part !== '');
    const field = [validationContext ?? 'request', ...shownPath(schema, path.map(partOf))].join('/');
    return `${field}: ${WORDS[keyword] ?? OTHERWISE}`;
  });
  return [...new Set(lines)].slice(0, MOST).join('; ');
}

const partOf = (part: string): string | number => (/^\d{1,6}$/.test(part) ? Number(part) : part);

/** As far as the schema knows the names; what is below another name is not shown either. */
function shownPath(schema: z.ZodType | null, path: readonly (string | number)[]): readonly string[] {
  const unknown = path.findIndex(
    (part, place) =>
      typeof part === 'string' && !(schema && knownKeys(schema, path.slice(0, place)).includes(part)),
  );
  const known = unknown === -1 ? path : path.slice(0, unknown);
  return known.map(String);
}
