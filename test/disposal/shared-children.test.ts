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

describe('a child of several owners', () => {
  afterEach(closeDesks);

  it('a child of several owners goes with the last of them, also with owners of other tables', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.articles (id bigint primary key);
        create table shop.files (id bigint primary key, ticket_id bigint, copied_to bigint, article_id bigint);
        create table shop.previews (file_id bigint);
        insert into shop.articles values (500);
        insert into shop.files values (10, 1, null, null), (11, 1, 2, null), (12, 1, 3, null), (13, 3, 2, null),
          (14, 1, null, 500), (15, 1, 77, 99), (16, 3, null, null), (17, 88, null, null);
        insert into shop.previews select id from shop.files`,
      map: {
        tables: {
          tickets: ticketTable(),
          articles: { key: { id: 'bigint' } },
          files: { key: { id: 'bigint' } },
          previews: {},
        },
        edges: [
          { child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete', lastParent: true },
          { child: 'files', parent: 'tickets', on: { copied_to: 'id' }, then: 'delete', lastParent: true },
          { child: 'files', parent: 'articles', on: { article_id: 'id' }, then: 'delete', lastParent: true },
          { child: 'previews', parent: 'files', on: { file_id: 'id' }, then: 'delete' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2, files: 3, previews: 3 });
    expect(await ids(desk.admin, 'files')).to.deep.equal(['12', '13', '14', '16', '17']);
    expect(await column(desk.admin, 'select file_id from shop.previews')).to.deep.equal([
      '12',
      '13',
      '14',
      '16',
      '17',
    ]);
  });

  it('a shared child behind foreign keys is cleared of the owner that goes, and goes with the last', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.files (id bigint primary key, ticket_id bigint references shop.tickets, copied_to bigint references shop.tickets);
        insert into shop.files values (10, 1, 3), (11, 1, 2), (12, 2, null), (13, 3, 3)`,
      map: {
        tables: { tickets: ticketTable(), files: { key: { id: 'bigint' } } },
        edges: [
          { child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete', lastParent: true },
          { child: 'files', parent: 'tickets', on: { copied_to: 'id' }, then: 'delete', lastParent: true },
          { child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'clear' },
          { child: 'files', parent: 'tickets', on: { copied_to: 'id' }, then: 'clear' },
        ],
      },
    });
    expect(await disposed(desk)).to.deep.equal({ tickets: 2, files: 2 });
    expect(await column(desk.admin, 'select (id, ticket_id, copied_to) from shop.files')).to.deep.equal([
      '(10,,3)',
      '(13,3,3)',
    ]);
  });
});
