import type { ErrorKind } from './error-kind.js';

export const DISPOSAL_ERRORS = {
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
} as const satisfies Readonly<Record<string, ErrorKind>>;
