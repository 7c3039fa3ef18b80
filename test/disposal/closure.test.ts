import { expect } from 'chai';
import {
  closeDesks,
  column,
  deletedRows,
  dispose,
  hold,
  ids,
  openDesk,
  operator,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
} from '../support/small-desk.js';
import { disposed, RULES } from './disposed.js';

describe('what goes with a record', () => {
  afterEach(closeDesks);

  it('children go through every path, once; orphans that were there before and all other rows stay', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.messages (id bigint primary key, ticket_id bigint, body text);
        create table shop.files (id bigint primary key, message_id bigint, ticket_id bigint);
        insert into shop.messages values (10, 1, 'a'), (11, 1, 'b'), (20, 2, 'c'), (30, 3, 'd'), (90, 99, 'orphan'), (91, null, 'orphan');
        insert into shop.files values (100, 10, 1), (101, 11, null), (102, null, 2), (300, 30, 3), (900, 90, null), (901, null, null), (902, 77, 98)`,
      map: {
        tables: {
          tickets: ticketTable(),
          messages: { key: { id: 'bigint' } },
          files: { key: { id: 'bigint' } },
        },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
          { child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2, messages: 3, files: 3 });
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['30', '90', '91']);
    expect(await ids(desk.admin, 'files')).to.deep.equal(['300', '900', '901', '902']);
  });

  it('self-edges are followed to the end: merged tickets, reply trees, cycles', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add survivor bigint;
        ${ticketRows([1, 4], [2, 3])};
        update shop.tickets set survivor = id;
        insert into shop.tickets (id, status, survivor) values (5, 'open', 1), (6, 'open', 5), (7, 'open', 3);
        create table shop.messages (id bigint primary key, ticket_id bigint, reply_to bigint);
        insert into shop.messages values (10, 1, null), (11, null, 10), (12, null, 11), (13, null, 12), (50, 6, 51), (51, null, 50), (70, 7, null), (71, null, 70)`,
      map: {
        tables: {
          tickets: ticketTable({ record: 'this.survivor = this.id' }),
          messages: { key: { id: 'bigint' } },
        },
        edges: [
          { child: 'tickets', parent: 'tickets', on: { survivor: 'id' }, then: 'delete' },
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'messages', parent: 'messages', on: { reply_to: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 4, messages: 6 });
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['2', '3', '7']);
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['70', '71']);
  });

  it('a cycle over several tables is followed to the end', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add split_from bigint;
        ${ticketRows([1], [9])};
        create table shop.messages (id bigint primary key, ticket_id bigint);
        insert into shop.tickets (id, status, split_from) values (2, 'open', 10), (3, 'open', 20), (4, 'open', 90);
        insert into shop.messages values (10, 1), (20, 2), (30, 3), (90, 9), (40, 4)`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'tickets', parent: 'messages', on: { split_from: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 3, messages: 3 });
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['4', '9']);
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['40', '90']);
  });

  it('an edge over link tables takes only what the link names, and the link rows by their own edges', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1], [2])};
        create table shop.threads (id bigint primary key, kind text);
        create table shop.links (base bigint, target bigint, type text);
        insert into shop.threads values (50, 'mail'), (51, 'mail'), (52, 'mail'), (53, 'chat');
        insert into shop.links values (50, 1, 'thread'), (51, 2, 'thread'), (52, 1, 'see-also'), (53, 1, 'thread')`,
      map: {
        tables: { tickets: ticketTable(), threads: { key: { id: 'bigint' } }, links: {} },
        edges: [
          {
            child: 'threads',
            parent: 'tickets',
            on: { id: 'id' },
            where: { kind: 'mail' },
            via: [{ table: 'links', where: { type: 'thread' }, child: 'base', parent: 'target' }],
            then: 'delete',
          },
          { child: 'links', parent: 'tickets', on: { target: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 1, threads: 1, links: 3 });
    expect(await ids(desk.admin, 'threads')).to.deep.equal(['51', '52', '53']);
    expect(await column(desk.admin, 'select base from shop.links')).to.deep.equal(['51']);
  });

  it('composite, uuid and text keys travel unharmed: quotes, umlauts, commas, backslashes, line breaks', async () => {
    const nasty = [
      `O'Brien`,
      'Müller, "Jörg"',
      'a\\b',
      'E\\n',
      '行,1',
      'two\nlines',
      '%2C',
      '{x}',
      ' spaced ',
      '$1;--',
    ];
    const desk = await openDesk({
      ddl: `create schema shop;
        create table shop.tickets (tenant text, no int, closed_at timestamptz, primary key (tenant, no));
        create table shop.notes (id text primary key, tenant text, ticket_no int);
        create table shop.marks (id uuid primary key, note text);`,
      map: {
        tables: {
          tickets: {
            key: { tenant: 'text', no: 'int' },
            concept: 'ticket',
            columns: { closed_at: { type: 'timestamptz' } },
            facts: { closedAt: { column: 'closed_at' } },
          },
          notes: {
            key: { id: 'text' },
            concept: 'note',
            facts: { never: { type: 'instant', sql: 'null::timestamptz' } },
          },
          marks: { key: { id: 'uuid' }, concept: 'mark' },
        },
        edges: [
          { child: 'notes', parent: 'tickets', on: { tenant: 'tenant', ticket_no: 'no' }, then: 'delete' },
          { child: 'marks', parent: 'notes', on: { note: 'id' }, then: 'delete' },
        ],
      },
    });
    for (const [index, name] of nasty.entries()) {
      await desk.admin("insert into shop.tickets values ($1, $2, '2021-01-01')", [name, index]);
      await desk.admin("insert into shop.tickets values ($1, $2, '2023-12-31')", [name, index + 100]);
      await desk.admin('insert into shop.notes values ($1, $2, $3)', [name, name, index]);
      await desk.admin('insert into shop.notes values ($1, $2, $3)', [`${name}+`, name, index + 100]);
      await desk.admin('insert into shop.marks values (gen_random_uuid(), $1)', [name]);
      await desk.admin('insert into shop.marks values (gen_random_uuid(), $1)', [`${name}+`]);
    }
    const engine = desk.engine(RULES);
    const [{ id: mark } = { id: '' }] = await desk.admin<{ id: string }>(
      "select id from shop.marks where note = 'E\\n'",
    );
    for (const record of ['note/行,1', `mark/${mark.toUpperCase()}`, "ticket/O'Brien,000"])
      await engine.holds.place({ ...hold, scope: { kind: 'record', record } }, operator);
    const plan = await dispose(engine);
    const kept = ['行,1', 'E\\n', "O'Brien"];
    expect(await column(desk.admin, 'select tenant from shop.tickets where no < 100')).to.have.members(kept);
    expect(await deletedRows(desk.admin, plan)).to.deep.equal({ tickets: 7, notes: 7, marks: 7 });
    expect(await desk.admin('select 1 from shop.marks')).to.have.length(13);
    const items = (await shown(engine, plan)).filter((item) => item.endsWith('deleted'));
    expect(items).to.include('ticket/two%0Alines,5 deleted').and.to.include('ticket/%252C,6 deleted');
    expect(items).to.have.length(7);
  });

  it('text edges find their parents by an expression, and parameters are bound in it', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 11], [2])};
        create table shop.log (id bigint primary key, uri text, kind text);
        insert into shop.log values (1, 'rt://lab''s/ticket/1', 'link'), (2, 'rt://lab''s/ticket/11', 'link'),
          (3, 'rt://other/ticket/1', 'link'), (4, 'rt://lab''s/ticket/1', 'other'), (5, 'not a link', 'link'), (6, null, 'link')`,
      map: {
        parameters: { organization: { type: 'text' } },
        tables: { tickets: ticketTable(), log: {} },
        edges: [
          {
            child: 'log',
            parent: 'tickets',
            on: { uri: { sql: "'rt://' || :organization || '/ticket/' || cast(parent.id as text)" } },
            where: { kind: ['link', 'unlink'] },
            then: 'delete',
          },
        ],
      },
      parameters: { organization: "lab's" },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2, log: 2 });
    expect(await ids(desk.admin, 'log')).to.deep.equal(['3', '4', '5', '6']);
  });
});
