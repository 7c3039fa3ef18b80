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
  // watching who looks at what
  agreement_missing: {
    template: "no agreement about recording employees' reading is in force; `lethe access agree` records one",
    httpStatus: 409,
    exitCode: 2,
  },
  case_unknown: {
    template: 'no case "{case}"; `lethe access cases` lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  case_own: {
    template: '{actor} opened case {case} and cannot confirm it; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
  case_without_officer: {
    template:
      'case {case} was not opened by a data-protection-officer, so one must confirm it (--as NAME; roles are given in lethe.json)',
    httpStatus: 403,
    exitCode: 3,
  },
  case_not_open: {
    template:
      'case {case} {state}; the access log names nobody for it. Open another one if there is still reason to look',
    httpStatus: 409,
    exitCode: 3,
  },
  grant_unknown: {
    template: 'no broken glass "{grant}"; `lethe access glass` lists those that wait for their review',
    httpStatus: 404,
    exitCode: 2,
  },
  grant_own: {
    template: '{grant} cannot be reviewed by the one who broke the glass; another person must',
    httpStatus: 403,
    exitCode: 3,
  },
  grant_reviewed: { template: '{grant} was reviewed already', httpStatus: 409, exitCode: 2 },
  glass_refused: {
    template:
      'nobody in the role of who asks may break the glass for a {record} for this purpose: no access policy in force with "breakGlass" says so',
    httpStatus: 403,
    exitCode: 3,
  },
  training_unknown: {
    template: 'no training "{training}" is recorded that holds; the id is told when one is recorded',
    httpStatus: 404,
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
  document_incomplete: {
    template:
      '{document} is not written; what the law asks for is missing:\n{problems}\nadd it to the policies named and publish them (`lethe policy publish`)',
    httpStatus: 409,
    exitCode: 2,
  },
  notice_unknown: {
    template: 'no privacy notice with the digest "{digest}" was shown from here',
    httpStatus: 404,
    exitCode: 2,
  },
  template_invalid: {
    template: 'report template {path}: {problem}',
    httpStatus: 500,
    exitCode: 2,
  },
  // intake and writing tickets
  intake_closed: {
    template:
      'nothing is taken in by {channel} for {purpose}: no intake policy in force says what is needed there (`lethe policy publish` puts one in force)',
    httpStatus: 403,
    exitCode: 2,
  },
  intake_refused: {
    template: 'not taken in by {channel}: {problems} (intake policies: {policies})',
    httpStatus: 422,
    exitCode: 2,
  },
  recipient_unknown: {
    template:
      'no recipient "{recipient}" for {purpose}: an activity in force must name it before anything goes there (Art. 30(1)(d))',
    httpStatus: 403,
    exitCode: 2,
  },
  recipient_beyond: {
    template:
      'recipient "{recipient}" may not get {fields}: its categories in activity {activity} do not cover them',
    httpStatus: 403,
    exitCode: 2,
  },
  transition_invalid: {
    template: '{record} cannot go from {from} to {to}; from {from} it goes to {possible}',
    httpStatus: 409,
    exitCode: 2,
  },
  rectification_held: {
    template:
      '{record} is under hold {hold}, which keeps it as it is; add a statement to it instead (GDPR Art. 16), or have the hold lifted',
    httpStatus: 409,
    exitCode: 2,
  },
  task_unknown: { template: 'no open task "{task}"', httpStatus: 404, exitCode: 2 },
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
  // access to tickets
  access_denied: {
    template:
      '{deed} on {record} is denied to {roles} for {purpose}: {reason}; policies considered: {policies}. It is the same answer where there is no such record',
    httpStatus: 403,
    exitCode: 3,
  },
  map_unenforced: {
    template:
      'tickets go through Lethe only on its own help desk (map "native"); beside "{map}" it does not control what that system shows or changes itself',
    httpStatus: 409,
    exitCode: 2,
  },
  // consent
  consent_not_asked: {
    template:
      'consent is not asked for {purpose}: {why}. It is asked only where it is what the processing rests on (GDPR Art. 6(1)(a), 9(2)(a)), or for recording calls',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_wording_unknown: {
    template:
      'consent policy {policy} shows wording "{known}", in {languages}; what was consented to must be that wording, in one of these languages',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_transition: {
    template:
      'consent of {record} to {purpose} is {state} and cannot become {next}; it can become {possible}',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_party: {
    template: '{state} is for {may} to say, not for {by}',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_age: {
    template:
      'consent policy {policy} asks for somebody with parental authority below the age of {threshold}, and {why}; state the age, or let a holder of parental authority consent, verified (GDPR Art. 8)',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_employee: {
    template:
      '{record} is an employee, and consent policy {policy} does not say why an employee is free to refuse; employees are not asked without (GDPR recital 43)',
    httpStatus: 409,
    exitCode: 2,
  },
  consent_unknown: {
    template:
      'nothing is recorded of a consent of {record} to {purpose}; `lethe consent show {record}` lists what is',
    httpStatus: 404,
    exitCode: 2,
  },
  consent_record_incomplete: {
    template:
      'no consent record for {record} and {purpose}: "{field}" is missing, which {source} asks for ({why}); nothing is left out of one',
    httpStatus: 409,
    exitCode: 2,
  },
  // calls and their recording
  call_unknown: {
    template: 'no call "{call}" is known here; the id is the one that opening the call returned',
    httpStatus: 404,
    exitCode: 2,
  },
  call_over: {
    template: 'call {call} is over; nobody joins it or is recorded on it',
    httpStatus: 409,
    exitCode: 2,
  },
  participant_unknown: {
    template: 'nobody "{participant}" is on call {call}; joining returned the id',
    httpStatus: 404,
    exitCode: 2,
  },
  recording_not_asked: {
    template:
      'no call may be recorded: {why}. A consent policy with `"for": "recording"` must be in force, and one only',
    httpStatus: 409,
    exitCode: 2,
  },
  recording_not_permitted: {
    template:
      'call {call} may not be recorded yet: {missing}. {place}: {rule} ({cite}; {verified}). The call goes on without',
    httpStatus: 409,
    exitCode: 2,
  },
  recording_state: {
    template: 'the recording of call {call} is {state}, so it cannot {deed}',
    httpStatus: 409,
    exitCode: 2,
  },
  recording_not_stored: {
    template: 'nothing of call {call} is stored: {what} {why}',
    httpStatus: 409,
    exitCode: 2,
  },
  listening_untold: {
    template:
      'nobody may listen in on call {call} yet: not everybody was told ({roles}); tell them, then try again',
    httpStatus: 409,
    exitCode: 2,
  },
  // HTTP and its tokens
  token_invalid: {
    template: 'this takes a token that is good: `Authorization: Bearer lethe_…` (`lethe token create`)',
    httpStatus: 401,
    exitCode: 3,
  },
  token_unknown: {
    template: 'no token "{token}" that could be revoked; `lethe token list` lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  scope_missing: {
    template: 'the token has not the scope {scope} that this takes',
    httpStatus: 403,
    exitCode: 3,
  },
  purpose_refused: {
    template: 'the header Lethe-Purpose names no purpose of the token; it has {purposes}',
    httpStatus: 403,
    exitCode: 3,
  },
  request_invalid: { template: 'the request is not understood: {problems}', httpStatus: 400, exitCode: 2 },
  route_unknown: {
    template: 'there is no such route; /openapi.json lists them',
    httpStatus: 404,
    exitCode: 2,
  },
  body_too_large: { template: 'the body of the request is too large', httpStatus: 413, exitCode: 2 },
  media_type_unknown: {
    template: 'the body of the request must be JSON (content-type: application/json)',
    httpStatus: 415,
    exitCode: 2,
  },
  internal: {
    template: 'something went wrong here; the log of the server says where',
    httpStatus: 500,
    exitCode: 1,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ErrorCode = keyof typeof ERROR_CODES;
