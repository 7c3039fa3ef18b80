/** Tables of the help desk, by their ids in the native map, that the guarded storage writes itself: what its user must be granted. */
export const WRITTEN = {
  inserts: [
    'customers',
    'tickets',
    'messages',
    'attachments',
    'call_recordings',
    'ticket_links',
    'ticket_events',
    'provenance',
    'statements',
    'ticket_notices',
    'forwards',
  ],
  updates: ['customers', 'tickets', 'messages', 'attachments', 'agents'],
  /** Tables whose keys the storage draws itself: a number is made of them, or encrypted values are bound to them. */
  numbered: [
    'customers',
    'tickets',
    'messages',
    'attachments',
    'call_recordings',
    'provenance',
    'statements',
  ],
} as const;
