import { expect } from 'chai';
import {
  closeDesks,
  column,
  dispose,
  openDesk,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
} from '../support/small-desk.js';
import { disposed } from './disposed.js';

describe('data derived from what goes', () => {
  afterEach(closeDesks);

  it('derived counters count again, and a counter nobody touched keeps even a wrong value', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add customer_id bigint; ${ticketRows([1, 2, 3], [4])};
        update shop.tickets set customer_id = case when id <= 2 then 7 when id = 3 then 8 else 7 end;
        create table shop.customers (id bigint primary key, tickets int);
        insert into shop.customers values (7, 3), (8, 1), (9, 42)`,
      map: {
        tables: { tickets: ticketTable(), customers: { key: { id: 'bigint' } } },
        edges: [],
        derived: [
          {
            when: 'tickets',
            collect: 'select distinct customer_id from shop.tickets where id in (select id from gone)',
            run: 'update shop.customers c set tickets = (select count(*) from shop.tickets t where t.customer_id = c.id) where c.id in (select customer_id from collected)',
          },
        ],
      },
    });
    await disposed(desk);
    expect(await column(desk.admin, 'select (id, tickets) from shop.customers')).to.deep.equal([
      '(7,1)',
      '(8,0)',
      '(9,42)',
    ]);
  });

  it('two records with derived data of their own are disposed of in one session, one after the other', async () => {
    const counter = (table: string, by: string, counts: string): object => ({
      when: table,
      collect: `select distinct ${by} from shop.${table} where id in (select id from gone)`,
      run: `update shop.${counts} c set n = (select count(*) from shop.${table} t where t.${by} = c.${by}) where c.${by} in (select ${by} from collected)`,
    });
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add customer int default 7, add place text default 'x'; ${ticketRows([1, 2], [3])};
        create table shop.orders as select * from shop.tickets; alter table shop.orders add primary key (id);
        create table shop.per_customer (customer int, n int); insert into shop.per_customer values (7, 3);
        create table shop.per_place (place text, n int); insert into shop.per_place values ('x', 3)`,
      map: {
        tables: {
          tickets: ticketTable(),
          orders: ticketTable({ concept: 'order' }),
          per_customer: {},
          per_place: {},
        },
        edges: [],
        derived: [counter('tickets', 'customer', 'per_customer'), counter('orders', 'place', 'per_place')],
      },
    });
    const engine = desk.engine([rule(), rule({ id: 'old-orders', record: 'order' })]);
    await dispose(engine);
    await dispose(engine, 'old-orders');
    expect(await column(desk.admin, 'select n from shop.per_customer')).to.deep.equal(['1']);
    expect(await column(desk.admin, 'select n from shop.per_place')).to.deep.equal(['1']);
  });
});
