import { LetheError } from '../core/errors.js';

/** The database does not answer: nothing can be done but wait for it. */
export const isAway = (error: unknown): boolean =>
  error instanceof LetheError && error.code === 'database_unreachable';

/** What may be told of an error, in a job's row and to people; what is not ours may quote a record. */
export const told = (error: unknown): { readonly code: string; readonly message: string } =>
  error instanceof LetheError
    ? { code: error.code, message: error.message }
    : { code: 'unexpected', message: 'an unexpected error; please report it' };
