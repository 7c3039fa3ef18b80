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
    | 'later';
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
