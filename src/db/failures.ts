import { LetheError } from '../core/errors.js';

/**
 * What a driver's error may carry on: names of things and the SQLSTATE. Its message, detail, hint and where can hold values
 * of a row ("Key (email)=(…) already exists"), so they are never copied, and the original is never attached as `cause`.
 */
interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
}

/** Messages of these are about names only (unknown table, column, function, type, schema), and useless without them. */
const ABOUT_NAMES = new Set(['3F000', '42703', '42704', '42883', '42P01', '42P07']);

const RIGHT_MISSING = '42501';
/** Raised by Lethe's own triggers, where a value in the clear came too late; afterwards its constraint of this name refuses it. */
const ENCRYPTION_BEGUN = 'LE001';
const ENCRYPTED = 'lethe_encrypted';

/** Connecting, or the connection itself, failed: classes 08 and 57P0x, and refusals before a session exists. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  '28000': 'the server does not let this user in from here (pg_hba.conf)',
  '28P01': 'the user name or the password was not accepted',
  '3D000': 'there is no database of that name',
  '53300': 'the server has no connection left',
  '57P01': 'the server closed the connection',
  '57P02': 'the server crashed and closed the connection',
  '57P03': 'the server is starting or stopping',
  '57P05': 'the server closed the idle connection',
  '25P03': 'the server closed the connection because its transaction was idle',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
  ENOENT: 'there is no such socket',
  EACCES: 'the socket may not be opened',
};

/** Turns what a driver threw into a LetheError that is free of personal data. `address` is host:port/database. */
export function databaseFailure(error: unknown, address: string): LetheError {
  if (error instanceof LetheError) return error;
  const code = codeOf(error);
  const reason = unreachableReason(error, code);
  if (reason !== undefined) return new LetheError('database_unreachable', { address, reason });
  return isServerError(error)
    ? serverFailure(error)
    : new LetheError('database_failed', { sqlstate: 'XX000', where: ': the database driver failed' });
}

/** COMMIT was answered by ROLLBACK: a statement had failed and the caller went on as if it had not. */
export function commitRefused(): LetheError {
  return new LetheError('database_failed', { sqlstate: '25P02', where: ': the transaction was rolled back' });
}

/** The SQLSTATE of a failed statement (23503, 40P01, 55P03, 40001 …), or undefined for every other error. */
export function sqlstateOf(error: unknown): string | undefined {
  const sqlstate = error instanceof LetheError ? error.details['sqlstate'] : undefined;
  return typeof sqlstate === 'string' ? sqlstate : undefined;
}

function serverFailure(error: ServerError): LetheError {
  if (error.code === ENCRYPTION_BEGUN || error.constraint === ENCRYPTED)
    return new LetheError('encryption_begun', { sqlstate: error.code });
  const code = error.code === RIGHT_MISSING ? 'database_right_missing' : 'database_failed';
  return new LetheError(code, { sqlstate: error.code, where: whereOf(error) });
}

function whereOf(error: ServerError): string {
  if (ABOUT_NAMES.has(error.code)) return `: ${error.message}`;
  const table = [error.schema, error.table].filter((name) => name !== undefined).join('.');
  return [
    table === '' ? '' : ` on ${error.table === undefined ? 'schema' : 'table'} ${table}`,
    error.column === undefined ? '' : `, column ${error.column}`,
    error.constraint === undefined ? '' : `, constraint ${error.constraint}`,
  ].join('');
}

function unreachableReason(error: unknown, code: string): string | undefined {
  if (code.startsWith('08')) return 'connection lost';
  const known = UNREACHABLE[code];
  if (known !== undefined) return known;
  if (isServerError(error)) return undefined;
  const message = error instanceof Error ? error.message : '';
  if (/timeout/i.test(message)) return 'no answer in time';
  if (/SSL|TLS|certificate/i.test(message) || code.startsWith('ERR_TLS')) return 'no TLS connection to it';
  if (/after calling end|PGlite is clos/.test(message)) return 'this connection was closed';
  return /connection|socket/i.test(message) || /^E[A-Z]+$/.test(code) ? 'connection lost' : undefined;
}

const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'severity' in error && /^[0-9A-Z]{5}$/.test(codeOf(error));

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
