import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { actorId } from '../../src/ledger/actor-directory.js';
import { migrate } from '../../src/db/migrate.js';
import { openPostgres } from '../../src/db/postgres.js';
import { syncFloors } from '../../src/disposal/floors.js';
import { setPlanState } from '../../src/disposal/plan-store.js';
import { busyDesk, contents, expectBookkeeping, RULES, undisturbed } from '../support/busy-desk.js';
import { startApplier, stopAppliers } from '../support/appliers.js';
import { freshDatabase } from '../support/database.js';
import {
  AS_OF,
  approvedPlan,
  approver,
  closeDesks,
  column,
  deletedRows,
  floor,
  hold,
  ids,
  isSoak,
  officer,
  openDesk,
  pauseDeletes,
  resume,
  untilPaused,
  operator,
  policiesOf,
  refusal,
  rule,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
  TODAY,
  untilBlocked,
} from '../support/small-desk.js';

/** Busy records are not waited for. */
const ONCE = { rounds: 1 };

describe('races', () => {
  afterEach(stopAppliers);
  afterEach(closeDesks);

  for (const appliers of [2, 4])
    it(`${appliers} engines on one plan do together what one does alone, each root once`, async () => {
      const setup = busyDesk(3000);
      const expected = await undisturbed(setup);
      const desk = await openDesk(setup);
      const plan = await approvedPlan(desk.engine(RULES));
      const engines = await Promise.all(Array.from({ length: appliers }, () => desk.another(RULES)));
      const outcomes = await Promise.allSettled(
        engines.map((engine) => engine.retention.apply(plan, operator)),
      );
      for (const outcome of outcomes)
        if (outcome.status === 'rejected')
          expect((outcome.reason as LetheError).code).to.equal('plan_finished');
      expect(await contents(desk)).to.deep.equal(expected);
      await expectBookkeeping(desk, plan, 2000);
    });

  it('two processes on one plan do together what one does alone', async () => {
    const setup = busyDesk(6000);
    const expected = await undisturbed(setup);
    const desk = await openDesk(setup);
    const plan = await approvedPlan(desk.engine(RULES));
    const job = { url: desk.url, map: setup.map, policies: RULES, plan };
    const processes = await Promise.all([startApplier(job), startApplier(job, 'worker')]);
    for (const process of processes) process.go();
    const outcomes = await Promise.all(processes.map(({ outcome }) => outcome));
    expect(outcomes).to.include('done');
    expect(['done', 'plan_finished', '']).to.include.members(outcomes);
    expect(await contents(desk)).to.deep.equal(expected);
    await expectBookkeeping(desk, plan, 4000);
  });

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

  it('a hold placed during a run waits for the batch; nothing it covers goes after it returned', async () => {
    const desk = await openDesk(busyDesk(3000));
    const [engine, desk2] = [desk.engine(RULES), await desk.another(RULES)];
    const plan = await approvedPlan(engine);
    await pauseDeletes(desk.admin, 'shop.messages');
    const applying = engine.retention.apply(plan, operator);
    await untilPaused(desk.admin);
    const condition = { all: [{ fact: 'status', operator: 'equal', value: 'closed' }] };
    let placed = false;
    const placing = desk2.holds
      .place({ ...hold, scope: { kind: 'condition', record: 'ticket', condition } }, officer)
      .then(async (answer) => {
        placed = true;
        return { answer, left: await column(desk.admin, 'select id from shop.tickets where id % 3 <> 0') };
      });
    await untilBlocked(desk.admin, 'pg_advisory_xact_lock');
    expect(placed).to.equal(false);
    await resume(desk.admin);
    const { answer, left } = await placing;
    await applying;
    expect(await column(desk.admin, 'select id from shop.tickets where id % 3 <> 0')).to.deep.equal(left);
    expect(left.length).to.be.within(1, 1999);
    expect(answer.records).to.equal(left.length + 1000);
    expect(answer.alreadyGone).to.deep.equal([
      `${plan}, which has not finished, had deleted ${2000 - left.length} ticket records before`,
    ]);
    const kept = (await shown(engine, plan)).filter((item) => item.endsWith(`protected ${answer.id}`));
    expect(kept).to.have.length(left.length);
  });

  it('holds placed at random moments of a run: what they cover is there afterwards, or was said to be gone', async () => {
    const desk = await openDesk(busyDesk(3000));
    const [engine, other] = [desk.engine(RULES), await desk.another(RULES)];
    const plan = await approvedPlan(engine);
    const held: string[] = [];
    const applying = engine.retention.apply(plan, operator);
    for (let n = 1; n <= 12; n++) {
      const id = (n * 230) % 3 === 0 ? n * 230 + 1 : n * 230;
      const { alreadyGone } = await other.holds.place(
        { ...hold, scope: { kind: 'record', record: `ticket/${id}` } },
        officer,
      );
      const rows = await desk.admin('select 1 from shop.tickets where id = $1', [id]);
      expect(rows.length, alreadyGone.join()).to.equal(alreadyGone.length === 0 ? 1 : 0);
      if (rows.length === 1) held.push(String(id));
    }
    await applying;
    const left = await ids(desk.admin, 'tickets');
    expect(left).to.include.members(held);
  });

  it('a child with a foreign key that arrives during the batch goes along: the batch is tried again', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.messages (id bigint primary key, ticket_id bigint references shop.tickets);
        create table shop.files (id bigint primary key, message_id bigint references shop.messages);
        insert into shop.messages select n * 10, n from generate_series(1, 3) n`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } }, files: {} },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
        ],
      },
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const agent = await desk.connect();
    await agent.query('begin; insert into shop.files values (100, 10)');
    const applying = engine.retention.apply(plan, operator);
    await untilBlocked(desk.admin, 'delete from');
    await agent.query('commit');
    await applying;
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['3']);
    expect(await ids(desk.admin, 'files')).to.deep.equal([]);
    expect(await deletedRows(desk.admin, plan)).to.deep.equal({ tickets: 2, messages: 2, files: 1 });
  });

  it('a child without a foreign key that arrives during the run is swept; orphans that were there before stay', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.messages (id bigint primary key, ticket_id bigint);
        create table shop.files (id bigint primary key, message_id bigint);
        create table shop.words (id bigint primary key, ticket_id bigint references shop.tickets);
        insert into shop.messages values (10, 1), (20, 2), (30, 3), (99, 77);
        insert into shop.files values (100, 10), (999, 88);
        insert into shop.words values (1, 1)`,
      map: {
        tables: {
          tickets: ticketTable(),
          messages: { key: { id: 'bigint' } },
          files: {},
          words: { key: { id: 'bigint' } },
        },
        edges: [
          { child: 'words', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
        ],
      },
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    await pauseDeletes(desk.admin, 'shop.words');
    const applying = engine.retention.apply(plan, operator);
    await untilPaused(desk.admin);
    // after the batch has read its closure: a message of a doomed ticket with a file, a file of a doomed message
    await desk.admin(
      'insert into shop.messages values (11, 1); insert into shop.files values (110, 11), (101, 10)',
    );
    await resume(desk.admin);
    await applying;
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['30', '99']);
    expect(await ids(desk.admin, 'files')).to.deep.equal(['999']);
    expect(await desk.admin('select 1 from lethe.swept_parent')).to.deep.equal([]);
    const [entry] = await desk.admin<{ body: string }>(
      "select body from lethe.ledger_entry where kind = 'retention.swept'",
    );
    expect(JSON.parse(entry?.body ?? '{}')).to.deep.include({ counts: { late: 3 } });
  });

  it('a late child that is protected or in use is not swept, and the run says that it is not finished', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.files (id bigint primary key, ticket_id bigint);
        insert into shop.files values (10, 1), (20, 2), (30, 3);
        create function shop.late() returns trigger language plpgsql as $$ begin insert into shop.files values (old.id + 1000, old.ticket_id); return null; end $$;
        create trigger late after delete on shop.files for each row when (old.id = 10) execute function shop.late()`,
      map: {
        tables: {
          tickets: ticketTable(),
          files: {
            key: { id: 'bigint' },
            concept: 'file',
            columns: { id: { type: 'bigint' } },
            facts: { id: { column: 'id' } },
          },
        },
        edges: [{ child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
      },
    });
    const engine = desk.engine(RULES);
    const condition = { all: [{ fact: 'id', operator: 'greaterThan', value: 1000 }] };
    const { id } = await engine.holds.place(
      { ...hold, scope: { kind: 'condition', record: 'file', condition } },
      officer,
    );
    const plan = await approvedPlan(engine);
    await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(await ids(desk.admin, 'files')).to.deep.equal(['1010', '30']);
    await engine.holds.lift(id, 'settled', approver);
    const agent = await desk.connect();
    await agent.query('begin; select from shop.files where id = 1010 for update');
    await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(await ids(desk.admin, 'files')).to.deep.equal(['1010', '30']);
    await agent.query('rollback');
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
    expect(await ids(desk.admin, 'files')).to.deep.equal(['30']);
    expect(await desk.admin('select 1 from lethe.swept_parent')).to.deep.equal([]);
  });

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

  it('two runs that delete the two parents of one child leave no child, with and without foreign keys', async () => {
    for (const references of ['', 'references shop.tickets']) {
      const clear = references === '' ? [] : ['first_id', 'second_id'];
      const desk = await openDesk({
        ddl: `${TICKETS}; ${ticketRows([1, 401])};
          create table shop.files (id bigint primary key, first_id bigint ${references}, second_id bigint ${references});
          create table shop.words (id bigint primary key, ticket_id bigint);
          insert into shop.tickets select n, 'closed', '2021-01-01' from generate_series(2, 400) n;
          insert into shop.files values (10, 1, 401), (11, 401, 1), (12, 1, 77);
          insert into shop.words values (1, 1), (2, 401)`.replace(
          '(12, 1, 77)',
          references === '' ? '(12, 1, 77)' : '(12, 1, 2)',
        ),
        map: {
          tables: {
            tickets: ticketTable(),
            files: { key: { id: 'bigint' } },
            words: { key: { id: 'bigint' } },
          },
          edges: [
            { child: 'files', parent: 'tickets', on: { first_id: 'id' }, then: 'delete', lastParent: true },
            { child: 'files', parent: 'tickets', on: { second_id: 'id' }, then: 'delete', lastParent: true },
            { child: 'words', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
            ...clear.map((column) => ({
              child: 'files',
              parent: 'tickets',
              on: { [column]: 'id' },
              then: 'clear',
            })),
          ],
        },
      });
      const engines = [desk.engine(RULES), await desk.another(RULES)] as const;
      const plan = await approvedPlan(engines[0]);
      await pauseDeletes(desk.admin, 'shop.words');
      const runs = engines.map((engine) =>
        engine.retention.apply(plan, operator).catch((error: unknown) => error),
      );
      // both batches have worked out their closures and stand before the deletes
      await untilPaused(desk.admin, 2);
      await resume(desk.admin);
      await Promise.all(runs);
      expect(await ids(desk.admin, 'tickets'), references).to.deep.equal([]);
      expect(await ids(desk.admin, 'files'), references).to.deep.equal([]);
    }
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

  it('two plans over the same records, applied at once, take each record once', async () => {
    const setup = busyDesk(3000);
    const expected = await undisturbed(setup);
    const desk = await openDesk(setup);
    const engines = [desk.engine(RULES), await desk.another(RULES)] as const;
    const plans = [await approvedPlan(engines[0]), await approvedPlan(engines[1])] as const;
    await Promise.all(engines.map((engine, index) => engine.retention.apply(plans[index] ?? '', operator)));
    expect(await contents(desk)).to.deep.equal(expected);
    const taken = (await engines[0].retention.status()).map(({ deleted }) => deleted);
    expect((taken[0] ?? 0) + (taken[1] ?? 0)).to.equal(2000);
  });

  it('a plan is finished once: who comes late is told so, and a finished plan stays finished', async () => {
    const desk = await openDesk(busyDesk(30));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const runs = await Promise.allSettled(
      Array.from({ length: 6 }, () => engine.retention.apply(plan, operator)),
    );
    const refused = runs.flatMap((run) =>
      run.status === 'rejected' ? [(run.reason as LetheError).code] : [],
    );
    expect([...new Set([...refused, 'plan_finished'])]).to.deep.equal(['plan_finished']);
    expect((await engine.retention.status())[0]?.state).to.equal('done');
    expect(await setPlanState(desk.db, plan, 'applying', null, TODAY.now())).to.equal(false);
    expect((await engine.retention.status())[0]?.state).to.equal('done');
    await expectBookkeeping(desk, plan, 20);
  });

  it('floors, actors and migrations are made once, however many come at once', async () => {
    const desk = await openDesk(busyDesk(3));
    const many = Array.from({ length: 6 });
    const names = await Promise.all(many.map(() => actorId(desk.db, 'Grace  Hopper')));
    expect(new Set(names).size).to.equal(1);
    const policies = policiesOf(desk.graph, [rule(), floor()]);
    await Promise.all(many.map(() => syncFloors(desk.db, () => Promise.resolve(policies), names[0] ?? '')));
    expect(await desk.admin('select 1 from lethe.protection')).to.have.length(1);
    await Promise.all(
      many.map(() => syncFloors(desk.db, () => Promise.resolve(policies.slice(0, 1)), names[0] ?? '')),
    );
    expect(await desk.admin('select 1 from lethe.protection where lifted_at is null')).to.have.length(0);
    const empty = await freshDatabase();
    const pools = await Promise.all([openPostgres(empty.url), openPostgres(empty.url)]);
    const applied = await Promise.all(pools.map((db) => migrate(db, ['desk'])));
    expect(applied.filter((list) => list.length === 0)).to.have.length(1);
    await Promise.all(pools.map((db) => db.close()));
    await empty.drop();
  });

  it('approvals given at once count once a person', async () => {
    const desk = await openDesk(busyDesk(3));
    const engine = desk.engine([rule({ approval: { approvers: 2, assurance: 'asserted' } })]);
    const { id } = await engine.retention.plan('old-tickets', officer, AS_OF);
    const given = await Promise.allSettled(
      ['Approver', ' approver', 'APPROVER'].map((name) =>
        engine.retention.approve(id, { ...approver, name }),
      ),
    );
    expect(given.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    await refusal(engine.retention.apply(id, operator), 'plan_not_approved');
  });

  if (isSoak)
    it('soak: many rounds of four engines', async () => {
      for (let round = 0; round < 20; round++) {
        const setup = busyDesk(2000);
        const expected = await undisturbed(setup);
        const desk = await openDesk(setup);
        const plan = await approvedPlan(desk.engine(RULES));
        const engines = await Promise.all(Array.from({ length: 4 }, () => desk.another(RULES)));
        await Promise.allSettled(engines.map((engine) => engine.retention.apply(plan, operator)));
        expect(await contents(desk)).to.deep.equal(expected);
        await closeDesks();
      }
    }).timeout(0);
});
