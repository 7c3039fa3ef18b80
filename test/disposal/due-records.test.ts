import { expect } from 'chai';
import {
  checksums,
  closeDesks,
  dispose,
  ids,
  openDesk,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
} from '../support/small-desk.js';
import { disposed } from './disposed.js';

describe('which records go', () => {
  afterEach(closeDesks);

  it('only due records go; the cutoff is inclusive to the microsecond', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; insert into shop.tickets (id, closed_at) values
        (1, '2022-12-31 23:59:59.999999+00'), (2, '2023-01-01 00:00:00+00'), (3, '2023-01-01 00:00:00.000001+00'),
        (4, null), (5, '-infinity'), (6, 'infinity'), (7, '0044-03-15 00:00:00+00 BC')`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2 });
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['3', '4', '5', '6', '7']);
  });

  it('a period from the end of the year runs in the zone of the policy', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; insert into shop.tickets (id, closed_at) values
        (1, '2021-12-31 22:59:59.999999+00'), (2, '2021-12-31 23:00:00+00'), (3, '2020-01-01 00:00:00+00')`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const keep = { for: 'P2Y', from: 'closedAt', periodStarts: 'endOfYear', timeZone: 'Europe/Berlin' };
    await dispose(desk.engine([rule({ keep })]));
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['2']);
  });

  it('a record that goes along with a due one goes, due itself or not, and is counted once', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add parent_id bigint; ${ticketRows([1, 2], [3, 4])};
        update shop.tickets set parent_id = 1 where id in (2, 3)`,
      map: {
        tables: { tickets: ticketTable() },
        edges: [{ child: 'tickets', parent: 'tickets', on: { parent_id: 'id' }, then: 'delete' }],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 3 });
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['4']);
  });

  it('thousands of records in many batches: nothing else changes', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS};
        create table shop.messages (id bigint primary key, ticket_id bigint references shop.tickets, body text);
        create index on shop.messages (ticket_id);
        create table shop.unmapped (id bigint, body text);
        insert into shop.tickets select n, 'closed', case when n % 3 = 0 then timestamptz '2023-07-01' else '2022-07-01' end from generate_series(1, 3000) n;
        insert into shop.messages select n, n % 3000 + 1, md5(n::text) from generate_series(1, 9000) n;
        insert into shop.unmapped select n, 'x' from generate_series(1, 10) n`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
        edges: [{ child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
      },
    });
    const tables = ['shop.tickets', 'shop.unmapped'];
    const before = [
      await checksums(desk.admin, ['shop.tickets'], 'id % 3 = 0'),
      await checksums(desk.admin, ['shop.messages'], '(ticket_id % 3) = 0'),
      await checksums(desk.admin, ['shop.unmapped']),
    ];
    expect(await disposed(desk)).to.deep.equal({ tickets: 2000, messages: 6000 });
    expect(await checksums(desk.admin, tables)).to.deep.equal({ ...before[0], ...before[2] });
    expect(await checksums(desk.admin, ['shop.messages'])).to.deep.equal(before[1]);
  });
});
