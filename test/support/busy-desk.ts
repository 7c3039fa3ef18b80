import { expect } from 'chai';
import {
  checksums,
  deletedRows,
  dispose,
  openDesk,
  rule,
  TICKETS,
  ticketTable,
  type Desk,
  type DeskSetup,
  type Json,
} from './small-desk.js';

export const RULES = [rule()];
const TABLES = ['shop.tickets', 'shop.messages', 'shop.files', 'shop.customers'];

/**
 * Tickets with messages (foreign key) and files (none); every third ticket is young; customers count their tickets. Made set by
 * set: 300,000 tickets with five messages each take half a minute.
 */
export const busyDesk = (
  tickets: number,
  { messages = 2, customers = 7 } = {},
): DeskSetup & { readonly map: Json } => ({
  ddl: `${TICKETS}; alter table shop.tickets add customer_id bigint;
    create table shop.customers (id bigint primary key, tickets bigint);
    create table shop.messages (id bigint primary key, ticket_id bigint not null references shop.tickets, body text);
    create table shop.files (id bigint primary key, message_id bigint, also_in bigint);
    insert into shop.tickets
      select n, 'closed', case when n % 3 = 0 then timestamptz '2023-07-01' else '2022-07-01' end, n % ${customers}
      from generate_series(1, ${tickets}) n;
    insert into shop.customers select customer_id, count(*) from shop.tickets group by customer_id;
    insert into shop.messages select n, (n - 1) % ${tickets} + 1, md5(n::text) from generate_series(1, ${messages * tickets}) n;
    insert into shop.files
      select n, n, case when n % 5 = 0 then n % ${tickets} + 1 end from generate_series(1, ${tickets}) n;
    create index on shop.messages (ticket_id); create index on shop.tickets (customer_id);
    create index on shop.files (message_id); create index on shop.files (also_in); analyze`,
  map: {
    tables: {
      tickets: ticketTable(),
      messages: { key: { id: 'bigint' }, concept: 'message' },
      files: { key: { id: 'bigint' } },
      customers: { key: { id: 'bigint' } },
    },
    edges: [
      { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
      { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete', lastParent: true },
      { child: 'files', parent: 'messages', on: { also_in: 'id' }, then: 'delete', lastParent: true },
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

/** What the desk's tables hold. */
export const contents = (desk: Desk): Promise<Json> => checksums(desk.admin, TABLES);

/** What an undisturbed run on a desk of its own leaves behind. */
export async function undisturbed(setup: DeskSetup): Promise<Json> {
  const desk = await openDesk(setup);
  await dispose(desk.engine(RULES));
  return contents(desk);
}

interface BatchBody {
  /** Absent where an entry counts rows of other tables alone. */
  readonly names?: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Chunks and ledger agree: each root once, as many names as roots taken, counts as the chunks say, nothing left to sweep. */
export async function expectBookkeeping(desk: Desk, plan: string, roots: number): Promise<void> {
  const [sum] = await desk.admin<{ taken: string }>(
    'select sum(taken)::text as taken from lethe.chunk where plan_id = $1',
    [plan],
  );
  expect(sum?.taken).to.equal(String(roots));
  const bodies = (await entries(desk, 'retention.batch', plan)) as readonly BatchBody[];
  const names = bodies.flatMap((body) => body.names ?? []);
  expect(names).to.have.length(roots);
  expect(new Set(names).size).to.equal(roots);
  expect(nonzero(total(bodies))).to.deep.equal(nonzero(await deletedRows(desk.admin, plan)));
  expect(await entries(desk, 'retention.finished', plan)).to.have.length(1);
  expect(await desk.admin('select 1 from lethe.swept_parent')).to.deep.equal([]);
  expect(await desk.admin("select 1 from lethe.chunk where state <> 'done'")).to.deep.equal([]);
}

/** The bodies of the ledger entries of a kind about a plan. */
export async function entries(desk: Desk, kind: string, plan: string): Promise<readonly unknown[]> {
  const rows = await desk.admin<{ body: string }>(
    "select body from lethe.ledger_entry where kind = $1 and body::json #>> '{about,plan}' = $2 order by at, id",
    [kind, plan],
  );
  return rows.map(({ body }): unknown => JSON.parse(body));
}

function total(bodies: readonly BatchBody[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { counts } of bodies)
    for (const [table, rows] of Object.entries(counts)) sums[table] = (sums[table] ?? 0) + rows;
  return sums;
}

const nonzero = (counts: Readonly<Record<string, number>>): Json =>
  Object.fromEntries(Object.entries(counts).filter(([, rows]) => rows !== 0));
