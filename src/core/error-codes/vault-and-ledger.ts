import type { ErrorKind } from './error-kind.js';

export const VAULT_AND_LEDGER_ERRORS = {
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
} as const satisfies Readonly<Record<string, ErrorKind>>;
