import { LetheError } from '../core/errors.js';
import type { EpochId } from './epoch-store.js';

/** What was not encrypted by this key for this context, or was changed since. */
const DAMAGED = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

/** Answers of status 400 that say no more than: later. */
const LATER = new Set([
  'ThrottlingException',
  'ThrottledException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'RequestTimeout',
  'RequestTimeoutException',
  'KMSInternalException',
  'KeyUnavailableException',
  'DependencyTimeoutException',
]);

/**
 * What a call to AWS KMS threw, as an error of ours: with the name of AWS's, in words where we have some, and nothing else of it,
 * whose message and request may hold more. `epoch` is whose key was to be opened.
 */
export function kmsFailure(error: unknown, key: string, epoch: EpochId | null): LetheError {
  if (error instanceof LetheError) return error;
  const name = nameOf(error);
  if (epoch !== null && DAMAGED.has(name)) return new LetheError('key_damaged', { key: epoch, epoch: key });
  const code = isRefusal(error, name) ? 'key_service_refuses' : 'key_service_unavailable';
  return new LetheError(code, { key, reason: reasonOf(name) });
}

function isRefusal(error: unknown, name: string): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500 && status !== 429 && !LATER.has(name);
}

function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** What an operator does about the usual ones; every other name says more than we could. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['ERR_INVALID_URL', 'AWS_ENDPOINT_URL_KMS, or the endpoint of the profile, is no URL'],
  [
    'CredentialsProviderError',
    'no credentials were found, neither in the environment nor in a profile or role',
  ],
  ['TimeoutError', 'no answer in time'],
  ['ETIMEDOUT', 'no answer in time'],
  ['ENOTFOUND', 'there is no such host; is the region or the endpoint misspelt?'],
  ['EAI_AGAIN', 'the name of the host cannot be looked up; is this machine offline?'],
  ['ECONNREFUSED', 'nobody answers at that host and port'],
  ['ECONNRESET', 'the connection was cut'],
  ['NotFoundException', 'there is no such key in this account and Region'],
  ['AccessDeniedException', 'these credentials may not do that with it'],
  ['ExpiredTokenException', 'the credentials have expired'],
]);

function reasonOf(name: string): string {
  const words = WORDS.get(name);
  return words === undefined ? name : `${words} (${name})`;
}

const NO_REGION = 'no region is set (AWS_REGION, or the region of the profile)';
/** A name comes from the other end of a connection: nothing longer or stranger than a name is repeated. */
const NAME = /^[A-Za-z][A-Za-z0-9]{1,79}$/;

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  // of a connection that failed, the system's code says more than the name the SDK gives it
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z_]{1,40}$/.test(error.code))
    return error.code;
  if (error.message === 'Region is missing') return NO_REGION;
  return NAME.test(error.name) && error.name !== 'Error' ? error.name : 'unknown failure';
}
