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
  floor,
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
  TICKETS,
  ticketRows,
  ticketTable,
  TODAY,
} from '../support/small-desk.js';

describe('engines at once', () => {
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
