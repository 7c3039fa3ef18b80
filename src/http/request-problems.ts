import type { FastifyError, FastifySchemaValidationError } from 'fastify';

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

/** `body/subject: is missing or of another type; …`: fields by name, without a value. */
export function requestProblems({ validation, validationContext }: Invalid): string {
  const lines = validation.map(({ keyword, instancePath }) => {
    const field = `${validationContext ?? 'request'}${instancePath.replace(/\/$/, '')}`;
    return `${field}: ${WORDS[keyword] ?? OTHERWISE}`;
  });
  return [...new Set(lines)].slice(0, MOST).join('; ');
}
