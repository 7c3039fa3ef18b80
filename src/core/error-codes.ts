/** Exit codes of the command line: 1 failed or unreachable, 2 bad input or policy, 3 refused for want of an approval. */
type ExitCode = 1 | 2 | 3;

interface ErrorKind {
  /** What failed, on which thing, and what to do next. `{name}` is replaced by the detail of that name. */
  readonly template: string;
  readonly httpStatus: number;
  readonly exitCode: ExitCode;
}

/** Every error a user can meet. `docs/errors.md` lists the same codes; a test keeps the two equal. */
export const ERROR_CODES = {
  // configuration and command line
  config_invalid: { template: '{problems}', httpStatus: 500, exitCode: 2 },
  config_exists: {
    template: '{path} exists already; edit it, or delete it and run init again',
    httpStatus: 409,
    exitCode: 2,
  },
  config_missing: {
    template: 'no {file} in {folder}; run `lethe init` there, or name one with --config',
    httpStatus: 500,
    exitCode: 2,
  },
  file_unreadable: { template: 'cannot read {path}: {reason}', httpStatus: 500, exitCode: 2 },
  file_unusable: { template: 'cannot use {path}: {reason}', httpStatus: 500, exitCode: 2 },
  input_invalid: { template: '{what}: {reason}', httpStatus: 400, exitCode: 2 },
  demo_folder: {
    template:
      '{folder} was not made by the demo, so the demo leaves it alone; run it in another folder, or remove this one yourself',
    httpStatus: 409,
    exitCode: 2,
  },
  // database
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
  // vault and ledger
  vault_unreadable: {
    template:
      'cannot use the vault in {place}: {reason}; nothing is disposed of without it. Check LETHE_VAULT_URL, or the folder and its rights',
    httpStatus: 503,
    exitCode: 1,
  },
  vault_lost: {
    template:
      'this database belongs to {vault}, and there is no vault in {place}. Every machine that works on this database needs the same vault: name it with LETHE_VAULT_URL or in lethe.json, or put it back. If it is lost for good, or this is a copy of the database that needs a vault of its own, `lethe vault adopt` begins a new one and writes down what can no longer be proven',
    httpStatus: 503,
    exitCode: 1,
  },
  vault_foreign: {
    template:
      'the vault in {place} is {found}; this database belongs to {vault}. Every database has a vault of its own: name its vault with LETHE_VAULT_URL or in lethe.json (`lethe init --vault FOLDER`), or an empty place for a new one. `lethe vault adopt` then takes an empty place, or this vault if the database was restored from before Lethe was set up',
    httpStatus: 503,
    exitCode: 1,
  },
  vault_older: {
    template:
      'the vault in {place} ends at block {seal}, the database at block {block}: an older copy of the vault was put back. Put the right one back; if it is lost for good, `lethe vault adopt` goes on with this one and writes down what can no longer be proven',
    httpStatus: 503,
    exitCode: 1,
  },
  database_restored: {
    template:
      'this database is older than its vault: it was restored. Privacy acts that are missing: {acts}; the last block the vault sealed: {seal}. It stays closed until `lethe replay` has done them again (`lethe doctor` and `lethe ledger verify` run). If it is a copy beside the one in use, do not replay: name an empty vault for it, and run `lethe vault adopt`',
    httpStatus: 503,
    exitCode: 1,
  },
  backup_too_old: {
    template:
      "this database was restored from a backup that is too old: it ends at block {block}, and acts that were sealed up to block {reach} are gone from the vault's journal (backups.keptFor in lethe.json; pruned {at}), so what came back cannot be erased again. Restore a younger backup; if there is none, name an empty vault and run `lethe vault adopt`, which writes down that nothing of this can be proven",
    httpStatus: 503,
    exitCode: 1,
  },
  replay_incomplete: {
    template:
      'the replay is not finished: {busy} records of {plan} are in use elsewhere; run `lethe replay` again',
    httpStatus: 503,
    exitCode: 1,
  },
  ledger_broken: {
    template:
      'the ledger is not as the vault knows it: {problem}; `lethe ledger verify` says which and where',
    httpStatus: 500,
    exitCode: 1,
  },
  entry_unknown: {
    template: 'no ledger entry "{entry}"; `lethe ledger show` lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  entry_unsealed: {
    template: 'ledger entry {entry} is not sealed yet, so there is no proof of it; try again in a moment',
    httpStatus: 409,
    exitCode: 1,
  },
  // data map
  map_invalid: { template: '{problems}', httpStatus: 500, exitCode: 2 },
  map_unknown: {
    template: 'no data map "{map}"; shipped maps: {known}; or give the path of a map file',
    httpStatus: 500,
    exitCode: 2,
  },
  map_mismatch: {
    template:
      'the data map does not fit this database:\n{problems}\nrun `lethe doctor` for the whole list (before init: with the same --map and --param); `lethe init --print-sql` prints the rights it takes',
    httpStatus: 409,
    exitCode: 2,
  },
  // policies
  policy_invalid: { template: '{problems}', httpStatus: 422, exitCode: 2 },
  policy_unknown: {
    template:
      'no retention policy "{policy}" is in force; there are: {known}. A file counts once it is published and waits no more (`lethe policy publish`, `lethe policy history`)',
    httpStatus: 404,
    exitCode: 2,
  },
  version_unreadable: {
    template:
      'what is in force cannot be read with this data map:\n{problems}\nchange the map back, or publish versions that fit it (`lethe policy publish`); until then nothing is planned or applied',
    httpStatus: 409,
    exitCode: 2,
  },
  version_unknown: {
    template: 'no published version "{version}"; `lethe policy history` lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  version_settled: {
    template: 'version {version} of {policy} is {state}; only a version that waits can be approved',
    httpStatus: 409,
    exitCode: 2,
  },
  version_own: {
    template: '{actor} published {version} and cannot approve it; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
  version_approved: {
    template: '{actor} has approved version {version} already',
    httpStatus: 409,
    exitCode: 2,
  },
  // plans
  plan_unknown: {
    template: 'no plan "{plan}"; `lethe retention status` lists the plans',
    httpStatus: 404,
    exitCode: 2,
  },
  plan_gone: {
    template:
      'plan {plan} was itself deleted, by {by} (policy {policy}) before {at}: its certificate had to be issued until then; what it did stays in the ledger (`lethe ledger show --plan {plan}`)',
    httpStatus: 410,
    exitCode: 2,
  },
  plan_changed: {
    template:
      'plan {plan} rests on {what} that changed since; withdraw it (`lethe retention withdraw {plan}`) and make a new one (`lethe retention plan {policy}`)',
    httpStatus: 409,
    exitCode: 2,
  },
  plan_not_due: {
    template:
      'plan {plan} looks ahead to {asOf}; it can be applied from then on, and its approvals must still be good then',
    httpStatus: 409,
    exitCode: 2,
  },
  plan_not_approved: {
    template:
      'plan {plan} has {given} of {needed} approvals{why}; another person than {author} must run `lethe retention approve {plan}`',
    httpStatus: 403,
    exitCode: 3,
  },
  plan_running: {
    template:
      'plan {plan} is being applied right now; stop that run first (it ends with the batch at hand), then withdraw the plan',
    httpStatus: 409,
    exitCode: 2,
  },
  plan_underway: {
    template: 'the slot {slot} of policy {policy} is being planned, or was, by another process',
    httpStatus: 409,
    exitCode: 1,
  },
  brake_blind: {
    template:
      'no batch begins: worker.{setting} is set, but {why}; let this database user see it, or take the setting out of lethe.json',
    httpStatus: 503,
    exitCode: 1,
  },
  plan_finished: { template: 'plan {plan} is {state} already', httpStatus: 409, exitCode: 2 },
  role_missing: {
    template:
      'to {what} takes the role {wanted}; who acts here (--as NAME, else the user of the system) has {has}. Roles are given by name under "actors" in lethe.json',
    httpStatus: 403,
    exitCode: 3,
  },
  approval_own: {
    template: '{actor} made plan {plan} and cannot approve it; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
  approval_publisher: {
    template:
      '{actor} published the version of {policy} that plan {plan} rests on, and cannot approve it; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
  approval_twice: { template: '{actor} has approved plan {plan} already', httpStatus: 409, exitCode: 2 },
  run_incomplete: {
    template:
      'plan {plan} is not finished: {busy} records were busy ({state}); run `lethe retention apply {plan}` again',
    httpStatus: 503,
    exitCode: 1,
  },
  // certificates and documents
  certificate_unfinished: {
    template:
      'plan {plan} is {state}; only a finished run has a certificate. `lethe ledger show --plan {plan}` tells what was done until now',
    httpStatus: 409,
    exitCode: 2,
  },
  certificate_unsealed: {
    template:
      '{unsealed} ledger entries of plan {plan} are not sealed yet; run `lethe worker --once`, then ask again',
    httpStatus: 409,
    exitCode: 1,
  },
  certificate_contradicted: {
    template:
      'no certificate for plan {plan}: the ledger and the database do not say the same ({what}); run `lethe ledger verify` and find out who changed what',
    httpStatus: 500,
    exitCode: 1,
  },
  template_invalid: {
    template: 'report template {path}: {problem}',
    httpStatus: 500,
    exitCode: 2,
  },
  // records and holds
  record_unknown: {
    template: 'no record "{record}"; records are written like {example}',
    httpStatus: 404,
    exitCode: 2,
  },
  hold_unknown: {
    template:
      'no hold "{hold}" in force; `lethe hold list` lists them. A floor is no hold: it ends with its policy',
    httpStatus: 404,
    exitCode: 2,
  },
  vault_unset: {
    template:
      'no vault is named ({why}); set LETHE_VAULT_URL, or "vault": "FOLDER" in lethe.json (see docs/ledger.md)',
    httpStatus: 409,
    exitCode: 2,
  },
  protection_unreadable: {
    template:
      'protection {protection} no longer fits the data map or its policy ({reason}); nothing is disposed of until it is lifted and placed again',
    httpStatus: 409,
    exitCode: 1,
  },
  hold_own: {
    template: '{actor} placed hold {hold} and cannot lift it; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ErrorCode = keyof typeof ERROR_CODES;
