import { expect } from 'chai';
import {
  closeDesks,
  column,
  ids,
  openDesk,
  TICKETS,
  ticketRows,
  ticketTable,
} from '../support/small-desk.js';
import { disposed } from './disposed.js';

describe('references between rows', () => {
  afterEach(closeDesks);

  it('references that are cleared become empty, over foreign keys and to the same table', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add parent_id bigint references shop.tickets, add note text not null default 'x';
        create table shop.calls (id bigint primary key, ticket_id bigint references shop.tickets, outcome text not null default 'linked');
        ${ticketRows([1, 2], [3, 4])};
        update shop.tickets set parent_id = 1 where id in (2, 3); update shop.tickets set parent_id = 3 where id = 4;
        insert into shop.calls values (10, 1), (11, 3), (12, null)`,
      map: {
        tables: { tickets: ticketTable(), calls: { key: { id: 'bigint' } } },
        edges: [
          { child: 'tickets', parent: 'tickets', on: { parent_id: 'id' }, then: 'clear' },
          {
            child: 'calls',
            parent: 'tickets',
            on: { ticket_id: 'id' },
            then: 'clear',
            set: { ticket_id: null, outcome: 'unlinked' },
          },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2 });
    expect(await column(desk.admin, 'select (id, parent_id) from shop.tickets')).to.deep.equal([
      '(3,)',
      '(4,3)',
    ]);
    expect(await column(desk.admin, 'select (id, ticket_id, outcome) from shop.calls')).to.deep.equal([
      '(10,,unlinked)',
      '(11,3,linked)',
      '(12,,linked)',
    ]);
  });

  it('where a foreign key runs against an edge, the server decides the order of the deletes', async () => {
    const desk = await openDesk({
      ddl: `create schema shop;
        create table shop.threads (id bigint primary key);
        create table shop.tickets (id bigint primary key, closed_at timestamptz, status text, thread_id bigint not null references shop.threads);
        create table shop.thread_words (thread_id bigint references shop.threads, word text);
        insert into shop.threads values (70), (71);
        insert into shop.tickets values (1, '2020-01-01', 'closed', 70), (2, '2023-10-01', 'closed', 71);
        insert into shop.thread_words values (70, 'a'), (70, 'b'), (71, 'c')`,
      map: {
        tables: { tickets: ticketTable(), threads: { key: { id: 'bigint' } }, thread_words: {} },
        edges: [
          { child: 'threads', parent: 'tickets', on: { id: 'thread_id' }, then: 'delete' },
          { child: 'thread_words', parent: 'threads', on: { thread_id: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 1, threads: 1, thread_words: 2 });
    expect(await ids(desk.admin, 'threads')).to.deep.equal(['71']);
  });

  it('two tables that refer to each other go once one reference is cleared', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1], [2])};
        create table shop.messages (id bigint primary key, ticket_id bigint not null references shop.tickets);
        alter table shop.tickets add first_message bigint references shop.messages;
        insert into shop.messages values (10, 1), (11, 1), (20, 2);
        update shop.tickets set first_message = id * 10`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'tickets', parent: 'messages', on: { first_message: 'id' }, then: 'clear' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 1, messages: 2 });
    expect(await column(desk.admin, 'select (id, first_message) from shop.tickets')).to.deep.equal([
      '(2,20)',
    ]);
  });
});
