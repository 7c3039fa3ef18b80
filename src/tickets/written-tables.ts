/** Tables of the help desk, by their ids in the native map, that the guarded storage writes itself: what its user must be granted. */
export const WRITTEN = {
  inserts: [
    'customers',
    'tickets',
    'messages',
    'attachments',
    'ticket_links',
    'ticket_events',
    'provenance',
    'statements',
    'ticket_notices',
    'forwards',
  ],
  updates: ['customers', 'tickets', 'messages', 'attachments', 'agents'],
  /** Tables whose keys the storage draws itself, because a number is made of them. */
  numbered: ['customers', 'tickets'],
} as const;
