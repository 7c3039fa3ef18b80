import { expect } from 'chai';
import { busyDesk, expectBookkeeping, RULES } from '../support/busy-desk.js';
import {
  approvedPlan,
  closeDesks,
  column,
  ids,
  openDesk,
  ONCE,
  operator,
  refusal,
  rule,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
} from '../support/small-desk.js';

describe('records in use while a run takes its batch', () => {
  afterEach(closeDesks);

  it('a ticket that an agent has locked is left busy, said so, and taken by the next apply', async () => {
    const desk = await openDesk(busyDesk(30));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const agent = await desk.connect();
    await agent.query('begin; select from shop.tickets where id = 7 for update');
    const error = await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(error.exitCode).to.equal(1);
    expect(await column(desk.admin, 'select id from shop.tickets where id % 3 <> 0')).to.deep.equal(['7']);
    const [status] = await engine.retention.status();
    expect(status).to.include({ state: 'incomplete', busy: 1, deleted: 19 });
    expect(await shown(engine, plan)).to.include('ticket/7 busy');
    await agent.query('rollback');
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
    expect(await ids(desk.admin, 'tickets')).to.have.length(10);
    expect((await shown(engine, plan)).filter((item) => item !== 'ticket/7 deleted')).to.have.length(19);
    await expectBookkeeping(desk, plan, 20);
  });

  it('a ticket that an agent closed over again while the run waited is left alone', async () => {
    const desk = await openDesk(busyDesk(30));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const agent = await desk.connect();
    await agent.query("begin; update shop.tickets set closed_at = '2023-12-01' where id = 7");
    await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    await agent.query('commit');
    await engine.retention.apply(plan, operator);
    expect(await shown(engine, plan)).to.include('ticket/7 changed');
    expect(await ids(desk.admin, 'tickets')).to.have.length(11);
    expect(await column(desk.admin, 'select id from shop.messages where ticket_id = 7')).to.have.length(2);
  });

  it('a merged ticket that an agent has locked keeps its survivor, and what hangs on both', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add split_from bigint; ${ticketRows([1, 5])};
        create table shop.messages (id bigint primary key, ticket_id bigint);
        insert into shop.tickets (id, status, split_from) values (2, 'open', 10), (6, 'open', 50);
        insert into shop.messages values (10, 1), (20, 2), (50, 5), (60, 6)`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'tickets', parent: 'messages', on: { split_from: 'id' }, then: 'delete' },
        ],
      },
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const agent = await desk.connect();
    await agent.query('begin; select from shop.tickets where id = 1 for update');
    await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['1', '2']);
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['10', '20']);
    await agent.query('rollback; begin; select from shop.tickets where id = 2 for update');
    await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['10', '20']);
    await agent.query('rollback');
    await engine.retention.apply(plan, operator);
    expect(await ids(desk.admin, 'tickets')).to.deep.equal([]);
    expect(await ids(desk.admin, 'messages')).to.deep.equal([]);
  });

  it('a message that an agent has locked keeps its own ticket waiting and no other', async () => {
    const desk = await openDesk(busyDesk(30));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const agent = await desk.connect();
    await agent.query('begin; select from shop.messages where ticket_id = 7 for update');
    await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(await column(desk.admin, 'select id from shop.tickets where id % 3 <> 0')).to.deep.equal(['7']);
    await agent.query('rollback');
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
    await expectBookkeeping(desk, plan, 20);
  }).timeout(120_000);

  it('a record that rows outside the map refer to stays, alone, and the run says why', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; insert into shop.tickets select n, 'closed', '2021-01-01' from generate_series(1, 100) n;
        create table shop.forgotten (ticket_id bigint references shop.tickets);
        insert into shop.forgotten values (42)`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const error = await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(error.message).to.include('1 records').and.to.include('rows that the data map does not reach');
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['42']);
    expect((await shown(engine, plan)).filter((item) => !item.endsWith('deleted'))).to.deep.equal([
      'ticket/42 busy 23503',
    ]);
  });

  it('what changed between plan and apply is left alone and said', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; alter table shop.tickets add opener bigint; ${ticketRows([1, 2, 3, 4, 5], [9])};
        create table shop.links (base bigint, target bigint)`,
      map: {
        tables: {
          tickets: ticketTable({
            facts: {
              closedAt: { column: 'closed_at' },
              status: { column: 'status' },
              linkedFromOpen: {
                type: 'boolean',
                sql: "this.id in (select l.target from shop.links l join shop.tickets o on o.id = l.base where o.status = 'open')",
              },
            },
          }),
          links: {},
        },
        edges: [
          { child: 'links', parent: 'tickets', on: { base: 'id' }, then: 'delete' },
          { child: 'links', parent: 'tickets', on: { target: 'id' }, then: 'delete' },
        ],
      },
    });
    const when = {
      all: [
        { fact: 'status', operator: 'equal', value: 'closed' },
        { fact: 'linkedFromOpen', operator: 'equal', value: false },
      ],
    };
    const engine = desk.engine([rule({ when })]);
    const plan = await approvedPlan(engine);
    await desk.admin(`update shop.tickets set status = 'open' where id in (1, 9);
      update shop.tickets set closed_at = null where id = 2;
      insert into shop.links values (9, 3);
      delete from shop.tickets where id = 4`);
    await engine.retention.apply(plan, operator);
    expect(await shown(engine, plan)).to.deep.equal([
      'ticket/1 changed',
      'ticket/2 changed',
      'ticket/3 changed',
      'ticket/4 gone',
      'ticket/5 deleted',
    ]);
    await refusal(engine.retention.why('ticket/4'), 'record_unknown');
    expect((await engine.retention.why('ticket/5')).verdict)
      .to.match(/^gone: /)
      .and.include(plan);
  });
});
