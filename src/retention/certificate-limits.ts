import type { DestroyedKeys } from './certificate-keys.js';

/** What a certificate of disposal does not cover (DESIGN invariant 10). Other words here make a certificate of version 2. */
export interface Limit {
  /** Report templates have the words in their language for it. */
  readonly code:
    | 'logical-deletion'
    | 'log-and-replicas'
    | 'backups'
    | 'outside-the-map'
    | 'other-records'
    | 'one-database'
    | 'later'
    | 'vault-copies'
    | 'copied-epochs'
    | 'kms-deletion'
    | 'texts-kept';
  readonly text: string;
}

export const LIMITS: readonly Limit[] = [
  {
    code: 'logical-deletion',
    text: 'The rows were deleted logically, by SQL. Dead rows stay in the files of the database until VACUUM has removed them and their place has been written again. No storage medium was overwritten or destroyed.',
  },
  {
    code: 'log-and-replicas',
    text: 'Write-ahead logs, archives of them, and replicas that are behind hold the rows until they are recycled or have caught up.',
  },
  {
    code: 'backups',
    text: 'Backups made before the run hold the rows until the backups themselves are destroyed. After restoring one, `lethe replay` deletes the rows again.',
  },
  {
    code: 'outside-the-map',
    text: 'What the data map does not name was not touched: other tables, files and attachments outside the database, search indexes, caches, exports, mailboxes, logs, and what was sent to recipients.',
  },
  {
    code: 'other-records',
    text: 'The certificate is about these records. It does not say that nothing else about the same people is left.',
  },
  {
    code: 'one-database',
    text: 'It is about this one database. Other installations and copies are not covered.',
  },
  {
    code: 'later',
    text: 'It describes what was done when the run finished. What was written afterwards is not covered.',
  },
];

/** What the destruction of keys does not reach, besides. */
const VAULT_COPIES: Limit = {
  code: 'vault-copies',
  text: 'Copies of the vault made before the keys were destroyed have them, under an epoch key of that time. Until that epoch key is removed from its place, such a copy and a backup of the ticket database together can be read.',
};
const COPIED_EPOCHS: Limit = {
  code: 'copied-epochs',
  text: 'A copy of the place of the epoch keys (the key file, or what LETHE_EPOCHS_URL names) keeps the epoch keys of its time, also when they have been removed there.',
};
const KMS_DELETION: Limit = {
  code: 'kms-deletion',
  text: 'AWS KMS cannot take back what it wrapped: an epoch key that somebody copied out of its place, wrapped, can be opened as long as the KMS key lives, by whoever may use that. Deleting a KMS key takes 7 to 30 days (ScheduleKeyDeletion).',
};
const TEXTS_KEPT: Limit = {
  code: 'texts-kept',
  text: 'Texts shared with others are not made unreadable for one person: messages by these persons in tickets that are kept stay, under the keys of these tickets.',
};

/** The limits of a run, with those of its keys where it destroyed any. */
export const limitsOf = (keys: DestroyedKeys | null): readonly Limit[] => [
  ...LIMITS,
  ...(keys?.vaultCopies ? [VAULT_COPIES, COPIED_EPOCHS] : []),
  ...(keys?.providers.includes('aws-kms') ? [KMS_DELETION] : []),
  ...(keys && keys.people + keys.textsKept > 0 ? [TEXTS_KEPT] : []),
];
