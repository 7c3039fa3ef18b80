import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ErrorCode } from '../core/error-codes.js';
import { ERROR_CODES } from '../core/error-codes.js';
import { LetheError } from '../core/errors.js';
import { requestProblems } from './request-problems.js';

export const errorBody = z
  .object({
    error: z.string().describe('a stable code'),
    message: z.string().describe('in words; never what was sent'),
  })
  .describe('What is wrong, or was refused');

export interface ErrorAnswer {
  readonly status: number;
  readonly error: ErrorCode;
  readonly message: string;
}

/** The schemas of the route that was called, by the part of the request. */
export type RouteSchemas = Readonly<Partial<Record<string, unknown>>>;

/** What a caller is told of an error: of a refusal why, of a failure of ours nothing but that it is one. */
export function errorAnswer(error: unknown, schemas: RouteSchemas = {}): ErrorAnswer {
  const known = error instanceof LetheError ? error : refusalOf(error, schemas);
  return known === null || known.httpStatus >= 500 ? failure(known) : answer(known);
}

const answer = ({ httpStatus, code, message }: LetheError): ErrorAnswer => ({
  status: httpStatus,
  error: code,
  message,
});

/** Addresses, tables and settings are the operator's: the log has them. */
function failure(known: LetheError | null): ErrorAnswer {
  if (known?.httpStatus !== 503) return answer(new LetheError('internal'));
  return { status: 503, error: known.code, message: 'not available now; try again in a while' };
}

/** What Fastify refuses before a handler is called. */
function refusalOf(error: unknown, schemas: RouteSchemas): LetheError | null {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const schema = schemas[error.validationContext ?? ''];
    return invalid(requestProblems(error, schema instanceof z.ZodType ? schema : null));
  }
  const status = statusOf(error);
  if (status === 413) return new LetheError('body_too_large');
  if (status === 415) return new LetheError('media_type_unknown');
  if (status >= 400 && status < 500) return invalid('the body is not JSON of the form that is asked for');
  return null;
}

const invalid = (problems: string): LetheError => new LetheError('request_invalid', { problems });

const statusOf = (error: unknown): number =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : ERROR_CODES.internal.httpStatus;
