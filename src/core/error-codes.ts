import { ACCESS_ERRORS } from './error-codes/access.js';
import { CONFIGURATION_ERRORS } from './error-codes/configuration.js';
import { CONSENT_ERRORS } from './error-codes/consent.js';
import { DATABASE_ERRORS } from './error-codes/database.js';
import { DISPOSAL_ERRORS } from './error-codes/disposal.js';
import { HTTP_ERRORS } from './error-codes/http.js';
import { KEY_ERRORS } from './error-codes/keys.js';
import { POLICIES_ERRORS } from './error-codes/policies.js';
import { TICKETS_ERRORS } from './error-codes/tickets.js';
import { VAULT_AND_LEDGER_ERRORS } from './error-codes/vault-and-ledger.js';

/** Every error a user can meet. `docs/errors.md` lists the same codes; a test keeps the two equal. */
export const ERROR_CODES = {
  ...CONFIGURATION_ERRORS,
  ...DATABASE_ERRORS,
  ...VAULT_AND_LEDGER_ERRORS,
  ...KEY_ERRORS,
  ...POLICIES_ERRORS,
  ...DISPOSAL_ERRORS,
  ...ACCESS_ERRORS,
  ...TICKETS_ERRORS,
  ...CONSENT_ERRORS,
  ...HTTP_ERRORS,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
