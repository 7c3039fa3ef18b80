import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import {
  hold,
  openDesk,
  TICKETS,
  ticketRows,
  ticketTable,
  type Desk,
  type Json,
} from '../support/small-desk.js';

/** Customers, tickets (with merged ones), messages, files and recordings, all of them records. */
export const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; alter table shop.tickets add customer_id bigint, add merged_into bigint;
      ${ticketRows([1, 2, 3, 4], [9])};
      update shop.tickets set customer_id = case when id in (1, 2) then 7 else 8 end;
      insert into shop.tickets (id, status, customer_id, merged_into) values (11, 'open', 8, 1);
      create table shop.customers (id bigint primary key, last_seen timestamptz);
      create table shop.messages (id bigint primary key, ticket_id bigint references shop.tickets, author_id bigint, sent_at timestamptz);
      create table shop.files (id bigint primary key, message_id bigint references shop.messages, made_at timestamptz);
      create table shop.words (ticket_id bigint, word text);
      insert into shop.customers values (7, '2020-01-01'), (8, '2020-01-01'), (9, '2020-01-01');
      insert into shop.messages select t.id * 10 + n, t.id, t.customer_id, '2021-01-01' from shop.tickets t, generate_series(0, 1) n;
      insert into shop.files select m.id * 10, m.id, '2021-01-01' from shop.messages m;
      insert into shop.words select id, 'w' from shop.tickets`,
    map: {
      tables: {
        tickets: ticketTable({ record: 'this.merged_into is null' }),
        customers: {
          key: { id: 'bigint' },
          concept: 'customer',
          columns: { last_seen: { type: 'timestamptz' } },
          facts: {
            lastSeen: { column: 'last_seen' },
            hasTickets: { type: 'boolean', sql: 'this.id in (select t.customer_id from shop.tickets t)' },
          },
        },
        messages: {
          key: { id: 'bigint' },
          concept: 'message',
          columns: { sent_at: { type: 'timestamptz' } },
          facts: { sentAt: { column: 'sent_at' } },
        },
        files: {
          key: { id: 'bigint' },
          concept: 'file',
          columns: { made_at: { type: 'timestamptz' } },
          facts: { madeAt: { column: 'made_at' } },
        },
        words: {},
      },
      edges: [
        { child: 'tickets', parent: 'tickets', on: { merged_into: 'id' }, then: 'delete' },
        { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
        { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
        { child: 'words', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
        {
          child: 'tickets',
          parent: 'customers',
          on: { customer_id: 'id' },
          then: 'keep',
          reason: 'own rules',
        },
      ],
      subject: {
        record: 'customers',
        key: 'id',
        edges: [
          { as: 'requester', child: 'tickets', on: { customer_id: 'id' } },
          { as: 'author', child: 'messages', on: { author_id: 'id' } },
        ],
      },
    },
  });

export const keepFor = (period: string, from: string): Json => ({ for: period, from, timeZone: 'UTC' });
export const onRecord = (record: string) => ({ ...hold, scope: { kind: 'record', record } }) as const;
export const onSubject = (record: string) => ({ ...hold, scope: { kind: 'subject', record } }) as const;
export const onCondition = (record: string, condition: unknown) =>
  ({ ...hold, scope: { kind: 'condition', record, condition } }) as const;
export const at = (instant: string) => fixedClock(parseInstant(instant) as Instant);
