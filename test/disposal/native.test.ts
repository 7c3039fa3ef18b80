import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { seedHelpDesk } from '../../src/demo/seed.js';
import type { Engine } from '../../src/engine.js';
import {
  checksums,
  closeDesks,
  column,
  deletedRows,
  dispose,
  hold,
  officer,
  openDesk,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const POLICIES = new URL('../../policies/', import.meta.url);
const DAY = '2026-11-01T00:00:00Z';
const TABLES = [
  'agents',
  'attachments',
  'call_recordings',
  'customers',
  'messages',
  'tags',
  'ticket_events',
  'ticket_links',
  'ticket_tags',
  'tickets',
].map((table) => `desk.${table}`);

const json = (path: string): Json => JSON.parse(readFileSync(new URL(path, POLICIES), 'utf8')) as Json;
const shipped = readdirSync(new URL('native/', POLICIES))
  .filter((name) => name.endsWith('.json') && !name.includes('.test.'))
  .map((name) => json(`native/${name}`))
  .filter(({ kind }) => kind === 'retention');

/** The rule of resolved tickets and the floor over them, by hand. */
const DUE = `select t.id from desk.tickets t
  where t.status in ('resolved', 'closed') and t.category <> 'billing'
    and extract(year from t.closed_at at time zone 'Europe/Berlin') <= 2022
    and not (extract(year from t.closed_at at time zone 'Europe/Berlin') >= 2020 and exists (
      select from desk.ticket_tags x join desk.tags g on g.id = x.tag_id where x.ticket_id = t.id and g.name = 'credit-note'))
    and not exists (select from desk.ticket_links l join desk.tickets o on o.id = l.from_ticket_id
                    where l.to_ticket_id = t.id and o.status in ('new', 'open', 'pending'))
    and not exists (select from desk.ticket_links l join desk.tickets o on o.id = l.to_ticket_id
                    where l.from_ticket_id = t.id and l.type = 'duplicate' and o.status in ('new', 'open', 'pending'))`;

const BY_HAND = (keep: string): string => `begin;
  create temp table doomed on commit drop as select id from (${DUE}) due where id not in (${keep});
  delete from desk.attachments where message_id in (select id from desk.messages where ticket_id in (select id from doomed));
  delete from desk.messages where ticket_id in (select id from doomed);
  delete from desk.call_recordings where ticket_id in (select id from doomed);
  delete from desk.ticket_events where ticket_id in (select id from doomed);
  delete from desk.ticket_tags where ticket_id in (select id from doomed);
  delete from desk.ticket_links where from_ticket_id in (select id from doomed) or to_ticket_id in (select id from doomed);
  delete from desk.tickets where id in (select id from doomed);
  update desk.customers c set ticket_count = (select count(*) from desk.tickets t where t.customer_id = c.id);
  commit`;

async function helpDesk(): Promise<{ readonly desk: Desk; readonly engine: Engine }> {
  const desk = await openDesk({ ddl: '', map: json('data-maps/native.json'), migrations: ['desk'] });
  await desk.db.transaction((tx) => seedHelpDesk(tx, DAY));
  await desk.admin('analyze');
  const clock = fixedClock(parseInstant(DAY) as Instant);
  return { desk, engine: desk.engine(shipped, clock) };
}

const first = async ({ admin }: Desk, query: string): Promise<string> =>
  (await admin<{ id: string }>(`${query} limit 1`))[0]?.id ?? expect.fail(query);

describe('on the native help desk', () => {
  afterEach(closeDesks);

  it('resolved tickets go exactly as by hand, with a hold, a person held and the duty to keep', async () => {
    const [one, other] = [await helpDesk(), await helpDesk()];
    const ticket = await first(one.desk, `${DUE} order by t.id`);
    const customer = await first(
      one.desk,
      `select customer_id as id from desk.tickets where id in (${DUE}) and id <> ${ticket} order by id`,
    );
    await one.engine.holds.place({ ...hold, scope: { kind: 'record', record: `ticket/${ticket}` } }, officer);
    await one.engine.holds.place(
      { ...hold, scope: { kind: 'subject', record: `customer/${customer}` } },
      officer,
    );
    const due = await column(other.desk.admin, DUE);
    expect(due.length).to.be.greaterThan(100);
    const held = `select id from desk.tickets where id = ${ticket} or customer_id = ${customer}
      union select ticket_id from desk.messages where customer_id = ${customer}`;
    await other.desk.admin(BY_HAND(held));
    const before = await one.desk.admin<{ rows: string }>('select count(*)::text as rows from desk.messages');
    const plan = await dispose(one.engine, 'resolved-tickets', DAY);
    expect(await checksums(one.desk.admin, TABLES)).to.deep.equal(await checksums(other.desk.admin, TABLES));
    const after = await one.desk.admin<{ rows: string }>('select count(*)::text as rows from desk.messages');
    expect((await deletedRows(one.desk.admin, plan))['messages']).to.equal(
      Number(before[0]?.rows) - Number(after[0]?.rows),
    );
  }).timeout(60_000);

  it('attachments go six months after their ticket was settled, recordings after ninety days, tickets stay', async () => {
    const { desk, engine } = await helpDesk();
    const { admin } = desk;
    const others = TABLES.filter((table) => !/attachments|recordings/.test(table));
    const before = await checksums(admin, others);
    const ticket = await first(desk, 'select min(ticket_id) as id from desk.call_recordings');
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: `ticket/${ticket}` } }, officer);
    const heldRecordings = `select id from desk.call_recordings where ticket_id = ${ticket} and started_at < '2026-08-03'`;
    const held = await column(admin, heldRecordings);
    expect(held).not.to.deep.equal([]);
    await dispose(engine, 'call-recordings', DAY);
    expect(
      await column(admin, "select id from desk.call_recordings where started_at < '2026-08-03'"),
    ).to.deep.equal(held);
    const message = await first(
      desk,
      `select a.message_id as id from desk.attachments a join desk.messages m on m.id = a.message_id join desk.tickets t on t.id = m.ticket_id
       where t.status = 'closed' and t.category <> 'billing' and t.closed_at < '2026-05-01' order by a.id`,
    );
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: `message/${message}` } }, officer);
    const left = `select a.id from desk.attachments a join desk.messages m on m.id = a.message_id join desk.tickets t on t.id = m.ticket_id
      where not (t.status in ('resolved', 'closed') and t.category <> 'billing' and t.closed_at <= '2026-04-30 22:00+00'
        and not exists (select from desk.ticket_tags x join desk.tags g on g.id = x.tag_id where x.ticket_id = t.id and g.name = 'credit-note'))
        or a.message_id = ${message} or t.id = ${ticket}`;
    const expected = await column(admin, left);
    await dispose(engine, 'old-attachments', DAY);
    expect(await column(admin, 'select id from desk.attachments')).to.deep.equal(expected);
    expect(await checksums(admin, others)).to.deep.equal(before);
  }).timeout(60_000);

  it('customers go two years after their last contact once nothing of theirs is left', async () => {
    const { desk, engine } = await helpDesk();
    await dispose(engine, 'resolved-tickets', DAY);
    const idle = `select id from desk.customers c where last_contact_at <= '2024-10-31 23:00+00'
      and not exists (select from desk.tickets where customer_id = c.id) and not exists (select from desk.messages where customer_id = c.id)`;
    const due = await column(desk.admin, idle);
    expect(due).not.to.deep.equal([]);
    const plan = await dispose(engine, 'inactive-customers', DAY);
    const told = { provenance: 0, statements: 0 }; // belongs to a customer; the demo's have none
    expect(await deletedRows(desk.admin, plan)).to.deep.equal({ customers: due.length, ...told });
    expect(await column(desk.admin, idle)).to.deep.equal([]);
  }).timeout(60_000);

  it('agents who have left go three years after the year of their last act; what they wrote stays without them', async () => {
    const { desk, engine } = await helpDesk();
    await desk.admin(`update desk.agents set active = false where id in (select agent_id from desk.messages where agent_id is not null group by 1 order by 1 limit 3);
      update desk.agents set created_at = '2020-01-01';
      update desk.messages set sent_at = '2022-06-01' where agent_id in (select id from desk.agents where not active);
      update desk.ticket_events set happened_at = '2022-12-31 22:59:59+00' where agent_id in (select id from desk.agents where not active)`);
    const left = `select id from desk.agents a where not active and not exists (
      select from desk.tickets t where t.agent_id = a.id and t.status in ('new', 'open', 'pending'))`;
    await desk.admin(
      `update desk.tickets set agent_id = null where agent_id in (select min(id) from desk.agents where not active)`,
    );
    const due = await column(desk.admin, left);
    expect(due).not.to.deep.equal([]);
    const messages = `select count(*) from desk.messages where agent_id is null and author = 'agent'`;
    const [before = '0'] = await column(desk.admin, messages);
    const plan = await dispose(engine, 'former-agents', DAY);
    expect(await deletedRows(desk.admin, plan)).to.deep.equal({ agents: due.length });
    expect(await column(desk.admin, left)).to.deep.equal([]);
    const [after = '0'] = await column(desk.admin, messages);
    expect(Number(after)).to.be.greaterThan(Number(before));
  }).timeout(60_000);
});
