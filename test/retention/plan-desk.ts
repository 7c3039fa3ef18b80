import {
  openDesk,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
  type Desk,
  type Json,
} from '../support/small-desk.js';

export const RULES = [rule()];
export const MAP = {
  parameters: { site: { type: 'text' } },
  tables: {
    tickets: ticketTable(),
    files: {
      key: { id: 'bigint' },
      concept: 'file',
      columns: { made_at: { type: 'timestamptz' } },
      facts: { madeAt: { column: 'made_at' } },
    },
    customers: {
      key: { id: 'bigint' },
      concept: 'customer',
      columns: { seen_at: { type: 'timestamptz' } },
      facts: { seenAt: { column: 'seen_at' } },
    },
  },
  edges: [
    {
      child: 'files',
      parent: 'tickets',
      on: { ticket: { sql: "'rt://' || :site || '/' || cast(parent.id as text)" } },
      then: 'delete',
    },
  ],
} satisfies Json;

/** Three settled tickets that are due and two that are open, with files beside them. */
export const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; ${ticketRows([1, 2, 3], [9])};
      create table shop.files (id bigint primary key, ticket text, made_at timestamptz);
      create table shop.customers (id bigint primary key, seen_at timestamptz);
      insert into shop.files select id * 10, 'rt://a/' || id, '2021-01-01' from shop.tickets`,
    map: MAP,
    parameters: { site: 'a' },
  });
