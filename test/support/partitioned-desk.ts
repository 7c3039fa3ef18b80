import type { PartitionTold } from '../../src/disposal/partition-queue.js';
import type { Engine } from '../../src/engine.js';
import { operator, ticketTable, type DeskSetup, type Json } from './small-desk.js';

export const PARTITIONED = ['shop.tickets', 'shop.messages', 'shop.files', 'shop.events', 'shop.customers'];

/** `schema.table` of the partition of tickets that a year's closed tickets lie in; one of them needs quoting. */
export const YEAR = { 2021: 'shop.tickets_2021', 2022: 'shop.Tickets "of" 2022', 2023: 'shop.tickets_2023' };

/**
 * Tickets by the year they were closed in; messages, partitioned alike by a copy of that date; files and events in plain tables,
 * the latter with a foreign key. Tickets `year * 1000 + n`; what was closed in 2021 and 2022 is due.
 */
export const partitionedDesk = (perYear: number): DeskSetup & { readonly map: Json } => ({
  ddl: `create schema shop;
    create table shop.customers (id bigint primary key, tickets bigint);
    create table shop.tickets (id bigint not null, status text not null default 'closed', closed_at timestamptz not null,
      customer_id bigint, primary key (id, closed_at)) partition by range (closed_at);
    create table shop.messages (id bigint not null, ticket_id bigint not null, ticket_closed_at timestamptz not null, body text)
      partition by range (ticket_closed_at);
    create table shop.files (id bigint primary key, message_id bigint);
    create table shop.events (id bigint primary key, ticket_id bigint not null, closed_at timestamptz not null,
      foreign key (ticket_id, closed_at) references shop.tickets (id, closed_at));
    ${[2021, 2022, 2023].map((year) => partitionsOf(year)).join(' ')}
    create table shop.tickets_rest partition of shop.tickets default;
    create table shop.messages_rest partition of shop.messages default;
    insert into shop.tickets select y * 1000 + n, 'closed', make_timestamptz(y, 1 + n % 12, 15, 12, 0, 0, 'UTC'), n % 7
      from generate_series(2020, 2023) y, generate_series(1, ${perYear}) n;
    insert into shop.customers select customer_id, count(*) from shop.tickets group by 1;
    insert into shop.messages select t.id * 10 + n, t.id, t.closed_at, md5(t.id::text) from shop.tickets t, generate_series(1, 2) n;
    insert into shop.files select id, id from shop.messages where id % 3 = 0;
    insert into shop.events select id, id, closed_at from shop.tickets where id % 2 = 0;
    create index on shop.messages (ticket_id); create index on shop.messages (id); create index on shop.files (message_id);
    create index on shop.events (ticket_id, closed_at); analyze`,
  map: {
    tables: {
      tickets: ticketTable({ partition: { by: 'closed_at' } }),
      messages: { key: { id: 'bigint' }, concept: 'message', partition: { by: 'ticket_closed_at' } },
      files: { key: { id: 'bigint' } },
      events: {},
      customers: { key: { id: 'bigint' } },
    },
    edges: [
      { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
      { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
      { child: 'events', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
    ],
    derived: [
      {
        when: 'tickets',
        collect: 'select distinct customer_id from shop.tickets where id in (select id from gone)',
        run: `update shop.customers c set tickets = (select count(*) from shop.tickets t where t.customer_id = c.id)
              where c.id in (select customer_id from collected)`,
      },
    ],
  },
});

const partitionsOf = (year: number): string =>
  [
    [year === 2022 ? 'shop."Tickets ""of"" 2022"' : `shop.tickets_${year}`, 'shop.tickets'],
    [`shop.messages_${year}`, 'shop.messages'],
  ]
    .map(
      ([name = '', of = '']) =>
        `create table ${name} partition of ${of} for values from ('${year}-01-01 00:00+00') to ('${year + 1}-01-01 00:00+00');`,
    )
    .join(' ');

/** The same map without a word about partitions: its rows go one by one. */
export function rowByRow(map: Json): Json {
  const tables = Object.entries(map['tables'] as Record<string, Json>).map(([id, table]) => [
    id,
    Object.fromEntries(Object.entries(table).filter(([name]) => name !== 'partition')),
  ]);
  return { ...map, tables: Object.fromEntries(tables) as Json };
}

/** Applies, and returns what was told of each attempt: `partition: kind`, with the reason if there is one. */
export async function applyTelling(
  engine: Engine,
  plan: string,
  told: string[] = [],
): Promise<readonly string[]> {
  await engine.retention.apply(plan, operator, { partition: (one) => told.push(line(one)), rounds: 1 });
  return told;
}

export const line = ({ partition, outcome }: PartitionTold): string =>
  `${partition}: ${outcome.kind}${'why' in outcome ? `, ${outcome.why}` : ''}`;
