import type { ErrorKind } from './error-kind.js';

export const DATABASE_ERRORS = {
  database_unreachable: {
    template:
      'cannot reach the database at {address}: {reason}; check DATABASE_URL (of the vault: LETHE_VAULT_URL) and that the server is running',
    httpStatus: 503,
    exitCode: 1,
  },
  database_failed: {
    template: 'the database refused a statement ({sqlstate}{where})',
    httpStatus: 500,
    exitCode: 1,
  },
  database_right_missing: {
    template:
      'the database user may not do this{where}; `lethe init --print-sql` prints the rights Lethe needs',
    httpStatus: 500,
    exitCode: 1,
  },
  clock_skewed: {
    template:
      "this machine's clock is {seconds} s {way} the database server's; due dates, cooling times and approvals go by it, so nothing is planned, applied or published until both follow one time server",
    httpStatus: 503,
    exitCode: 1,
  },
  database_encoding: {
    template: 'the database is encoded in {encoding}; Lethe needs UTF8',
    httpStatus: 500,
    exitCode: 1,
  },
  folder_in_use: {
    template: '{folder} is in use by process {pid}; wait for it to end, or stop it',
    httpStatus: 409,
    exitCode: 1,
  },
  schema_missing: {
    template:
      'this database has no schema "lethe" yet; run `lethe init` (or `lethe init --print-sql` for the DBA)',
    httpStatus: 409,
    exitCode: 1,
  },
  schema_older: {
    template: 'this database has an older schema "lethe"; run `lethe init` to bring it up to date',
    httpStatus: 409,
    exitCode: 1,
  },
  schema_newer: {
    template:
      'schema "lethe" is at migration {found}, this version of Lethe knows {known}; install the newer version of Lethe',
    httpStatus: 409,
    exitCode: 1,
  },
  schema_changed: {
    template:
      'migration {name} is in the database with another content; restore the file that shipped with Lethe',
    httpStatus: 409,
    exitCode: 1,
  },
  schema_occupied: {
    template:
      'the database has what Lethe would make now{where}: it is from an installation whose schema "lethe" is gone, or from another program. Bring schema "lethe" back from a backup, or move the other away',
    httpStatus: 409,
    exitCode: 1,
  },
  query_outside_transaction: {
    template: 'a query was sent beside the transaction that is open here; send it through the transaction',
    httpStatus: 500,
    exitCode: 1,
  },
  door_closed: {
    template:
      '{verb} on {table} is refused here: only a disposal may destroy rows of the ticket system and of Lethe',
    httpStatus: 500,
    exitCode: 1,
  },
  gate_after_write: {
    template:
      'a protection must be placed before its transaction writes anything; place it first, or in a transaction of its own',
    httpStatus: 409,
    exitCode: 2,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
