import type { ErrorKind } from './error-kind.js';

export const KEY_ERRORS = {
  keys_unset: {
    template:
      'personal data in this database is stored encrypted, and lethe.json names no keys: give it the "keys" of the installation that encrypted it',
    httpStatus: 503,
    exitCode: 2,
  },
  keys_unnamed: {
    template:
      'nothing is encrypted here, and lethe.json names no keys: add "keys" to it (docs/keys.md), then `lethe keys encrypt`',
    httpStatus: 409,
    exitCode: 2,
  },
  key_service_unavailable: {
    template:
      'the key service ({key}) cannot be reached: {reason}; nothing encrypted can be read or written until it can, everything else goes on',
    httpStatus: 503,
    exitCode: 1,
  },
  key_service_refuses: {
    template: 'the key service refuses {key}: {reason}. `lethe keys status` says what it has',
    httpStatus: 503,
    exitCode: 1,
  },
  key_file_unsafe: {
    template:
      'the key file {file} can be read by others (mode {mode}); `chmod 600` it, and think of who may have read it',
    httpStatus: 500,
    exitCode: 2,
  },
  key_file_unusable: {
    template:
      'cannot use the key file {file}: {reason}. Without it nothing encrypted can be read: put it back from its copy',
    httpStatus: 500,
    exitCode: 2,
  },
  key_file_unmade: {
    template:
      'the key file {file} is not made yet, since nothing is encrypted: `lethe keys encrypt` makes it',
    httpStatus: 409,
    exitCode: 2,
  },
  root_fixed: {
    template:
      'the root key in {file} does not change: with a key file there is no other one to move to. Nothing was done, and whatever is encrypted still needs that file: keep its copy',
    httpStatus: 409,
    exitCode: 2,
  },
  epochs_unreadable: {
    template:
      'cannot use the place of the epoch keys, {place}: {reason}. Check LETHE_EPOCHS_URL and its rights',
    httpStatus: 503,
    exitCode: 1,
  },
  epoch_lost: {
    template:
      'epoch key {epoch} is not in {place}: what was encrypted in that epoch cannot be read. Either it was retired, and this vault is an older copy, or the place is another one or has lost it',
    httpStatus: 503,
    exitCode: 1,
  },
  key_destroyed: {
    template: 'key {key} was destroyed at {at}: what it encrypted is gone for good',
    httpStatus: 410,
    exitCode: 1,
  },
  key_unknown: {
    template:
      'the vault has no key {key}, and does not know of its destruction: it is an older copy, or another vault. Put a backup of the vault that has it in place, and `lethe vault adopt`; where there is none, what it encrypted is lost, and its customer or ticket takes nothing new: dispose of the record, and make it anew (docs/keys.md)',
    httpStatus: 503,
    exitCode: 1,
  },
  key_damaged: {
    template: 'key {key} cannot be opened with key {epoch}: it was changed, or it is of another vault',
    httpStatus: 500,
    exitCode: 1,
  },
  keys_damaged: {
    template:
      'the vault has keys that cannot be opened any more, and no rotation can move: {damaged}. All others are moved. Bring these rows back from a backup of the vault, then `lethe keys rotate`; where none has them, what they encrypted is lost, and they go with the disposal of their owners (docs/keys.md). Until then the key of that epoch is kept, with what it opens in old copies of the vault',
    httpStatus: 500,
    exitCode: 1,
  },
  key_let_go: {
    template:
      'key {key} was let go of in the moment it was to be used: it was destroyed, or made room for others; try again',
    httpStatus: 503,
    exitCode: 1,
  },
  envelope_invalid: {
    template: 'the encrypted value in {place} cannot be read: {reason}',
    httpStatus: 500,
    exitCode: 1,
  },
  value_unencrypted: {
    template:
      '{place} is stored in the clear, where everything is encrypted: somebody wrote it past Lethe. `lethe keys encrypt` encrypts it, once you know where it comes from',
    httpStatus: 500,
    exitCode: 1,
  },
  value_unowned: {
    template:
      'rows that belong to no record cannot be encrypted: there is nobody with whom their key would go ({rows}). Give them their owner, or delete them, and try again',
    httpStatus: 409,
    exitCode: 1,
  },
  encryption_incomplete: {
    template:
      'not everything is encrypted yet: {reason}. New values are; `lethe keys encrypt` goes on where it stopped',
    httpStatus: 409,
    exitCode: 1,
  },
  rotation_incomplete: {
    template: 'the rotation was interrupted; nothing is lost, and the same command goes on where it stopped',
    httpStatus: 409,
    exitCode: 1,
  },
  encryption_begun: {
    template: 'this database encrypts since a moment ago, and this process did not know; try again',
    httpStatus: 503,
    exitCode: 1,
  },
  search_encrypted: {
    template:
      'texts are stored encrypted and cannot be searched; find a ticket by its number, or by e-mail address, phone or number of its customer',
    httpStatus: 400,
    exitCode: 2,
  },
  keys_pending: {
    template:
      'plan {plan} is not finished: its records are deleted, and {keys} of their keys are not destroyed yet: {reason}; `lethe retention apply {plan}` or the worker goes on',
    httpStatus: 503,
    exitCode: 1,
  },
  keys_unclaimed: {
    template:
      'plan {plan} is not finished: its records and their keys are gone, but the database or the vault was exchanged for a backup, and keys that this database does not know of may be in the vault still: {reason}; `lethe retention apply {plan}` or the worker goes on',
    httpStatus: 503,
    exitCode: 1,
  },
  keys_unsettled: {
    template:
      'the vault has {keys} keys that nothing in the database names, and transactions are open that may be about to name them, or a backup of the database is being made; nothing is destroyed, try again when they have ended',
    httpStatus: 503,
    exitCode: 1,
  },
  rotation_running: {
    template: 'another process is rotating keys; `lethe keys status` shows how far it is',
    httpStatus: 409,
    exitCode: 1,
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;
