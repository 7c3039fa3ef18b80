import { expect } from 'chai';
import type { PlacedHold } from '../../src/disposal/hold.js';
import { startApplier, stopAppliers } from '../support/appliers.js';
import { expectBookkeeping } from '../support/busy-desk.js';
import { applyTelling, PARTITIONED, partitionedDesk, rowByRow, YEAR } from '../support/partitioned-desk.js';
import {
  approvedPlan,
  checksums,
  closeDesks,
  column,
  dispose,
  hold,
  officer,
  openDesk,
  operator,
  pauseDeletes,
  refusal,
  resume,
  rule,
  shown,
  untilBlocked,
  untilPaused,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const RULES = [rule()];
const ids = (desk: Desk, where: string): Promise<readonly string[]> =>
  column(desk.admin, `select id from shop.tickets where ${where}`);

/** Stands still while files are deleted: the rows of the partition are locked and checked, the table is open to everybody. */
const pauseBeforeLock = (desk: Desk): Promise<void> => pauseDeletes(desk.admin, 'shop.files');

/** Stands still when the partition is gone for the transaction that drops it, and locked for everybody else. */
const pauseAfterDrop = async (desk: Desk): Promise<void> => {
  await pauseDeletes(desk.admin, 'shop.customers');
  await desk.admin(
    'create trigger pause_update before update on shop.customers for each statement execute function shop.pause()',
  );
};

/** What a run row by row leaves behind. */
async function undisturbed(perYear: number): Promise<Json> {
  const setup = partitionedDesk(perYear);
  const desk = await openDesk({ ...setup, map: rowByRow(setup.map) });
  await dispose(desk.engine(RULES));
  return checksums(desk.admin, PARTITIONED);
}

interface Held {
  readonly desk: Desk;
  readonly plan: string;
  readonly placed: PlacedHold;
  /** What became of the partitions. */
  readonly told: readonly string[];
}

/** A run that stands still while somebody places a hold on ticket/2021003, which waits for it. */
async function holdDuring(pause: (desk: Desk) => Promise<void>): Promise<Held> {
  const desk = await openDesk(partitionedDesk(20));
  const [engine, other] = [desk.engine(RULES), await desk.another(RULES)];
  const plan = await approvedPlan(engine);
  await pause(desk);
  const applying = applyTelling(engine, plan);
  await untilPaused(desk.admin);
  const placing = other.holds.place(
    { ...hold, scope: { kind: 'record', record: 'ticket/2021003' } },
    officer,
  );
  await untilBlocked(desk.admin, 'pg_advisory_xact_lock');
  await resume(desk.admin);
  return { desk, plan, placed: await placing, told: await applying };
}

describe('partition drop, with others at work', () => {
  afterEach(stopAppliers);
  afterEach(closeDesks);

  it('a row that comes to the partition while its children go is kept, and the others go one by one', async () => {
    const desk = await openDesk(partitionedDesk(20));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    await pauseBeforeLock(desk);
    const applying = applyTelling(engine, plan);
    await untilPaused(desk.admin);
    await desk.admin(
      "insert into shop.tickets values (2021999, 'closed', '2021-05-05', 1); insert into shop.messages values (5, 2021999, '2021-05-05', 'kept')",
    );
    await resume(desk.admin);
    expect(await applying).to.deep.equal([`${YEAR[2021]}: rows, a row came to it`, `${YEAR[2022]}: dropped`]);
    expect(await ids(desk, 'id < 2023000')).to.deep.equal(['2021999']);
    expect(await column(desk.admin, 'select id from shop.messages where id < 20230000')).to.deep.equal(['5']);
    await expectBookkeeping(desk, plan, 60);
  });

  it('a late child goes along with the partition it belongs to; one that came to another is swept', async () => {
    const desk = await openDesk(partitionedDesk(20));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    await pauseBeforeLock(desk);
    const applying = applyTelling(engine, plan);
    await untilPaused(desk.admin);
    await desk.admin(
      "insert into shop.messages values (5, 2021001, '2023-05-05', 'late'); insert into shop.files values (5, 20210011)",
    );
    await resume(desk.admin);
    expect(await applying).to.deep.equal([`${YEAR[2021]}: dropped`, `${YEAR[2022]}: dropped`]);
    expect(await column(desk.admin, 'select id from shop.messages where id < 20230000')).to.deep.equal([]);
    expect(await column(desk.admin, 'select id from shop.files where id = 5')).to.deep.equal([]);
    await expectBookkeeping(desk, plan, 60);
  });

  it('a row that comes to a child partition, and stays, keeps that partition', async () => {
    const desk = await openDesk(partitionedDesk(20));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    await pauseBeforeLock(desk);
    const applying = applyTelling(engine, plan);
    await untilPaused(desk.admin);
    await desk.admin("insert into shop.messages values (5, 2023001, '2021-05-05', 'of a young ticket')");
    await resume(desk.admin);
    expect(await applying).to.deep.equal([
      `${YEAR[2021]}: busy, rows came to what hangs on it`,
      `${YEAR[2022]}: dropped`,
      `${YEAR[2021]}: dropped`,
    ]);
    expect(await column(desk.admin, 'select id from shop.messages where id < 20230000')).to.deep.equal(['5']);
    await expectBookkeeping(desk, plan, 60);
  });

  it('an agent who changes a row while its partition goes is let through, and the row is kept', async () => {
    const desk = await openDesk(partitionedDesk(20));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    await pauseBeforeLock(desk);
    const applying = applyTelling(engine, plan);
    await untilPaused(desk.admin);
    const agent = await desk.connect();
    const changing = agent.query("update shop.tickets set closed_at = '2021-12-30' where id = 2021003");
    await untilBlocked(desk.admin, 'update shop.tickets');
    await desk.admin("update shop.messages set body = 'x' where id = 20230011");
    const reopening = agent.query("update shop.tickets set closed_at = '2023-12-30' where id = 2021003");
    await resume(desk.admin);
    await Promise.all([changing, reopening]);
    const told = await applying;
    expect(told[0]).to.equal(`${YEAR[2021]}: busy, somebody waits for rows of it`);
    expect(await ids(desk, 'id < 2023000')).to.deep.equal(['2021003']);
    expect(await shown(engine, plan)).to.include('ticket/2021003 changed');
  });

  it('a row that an agent has locked keeps the drop waiting, then its own record alone', async () => {
    const desk = await openDesk(partitionedDesk(20));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const agent = await desk.connect();
    await agent.query('begin; select from shop.tickets where id = 2021003 for update');
    const told: string[] = [];
    await refusal(applyTelling(engine, plan, told), 'run_incomplete');
    expect(told.filter((one) => one.startsWith(YEAR[2021]))).to.deep.equal(
      Array<string>(3).fill(`${YEAR[2021]}: busy, a row of it is locked`),
    );
    expect(await ids(desk, 'id < 2023000')).to.deep.equal(['2021003']);
    await agent.query('rollback');
    await engine.retention.apply(plan, operator);
    expect(await ids(desk, 'id < 2023000')).to.deep.equal([]);
    await expectBookkeeping(desk, plan, 60);
  });

  it('a transaction that stays open on the table is not waited for, and stops no writer meanwhile', async () => {
    const desk = await openDesk(partitionedDesk(20));
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const host = await desk.connect();
    await host.query('begin; select from shop.tickets limit 1');
    const run = { over: false };
    const applying = applyTelling(engine, plan).finally(() => {
      run.over = true;
    });
    const slowest = await slowestWrite(desk, run);
    const told = await applying;
    expect(told.filter((one) => one === `${YEAR[2021]}: busy, 55P03`)).to.have.length(3);
    expect(slowest, 'milliseconds a writer waited').to.be.below(1500);
    expect(await ids(desk, 'id between 2000000 and 2023000')).to.deep.equal([]);
    await host.query('rollback');
    await expectBookkeeping(desk, plan, 60);
  });

  it('a hold that is placed while a partition goes comes first, and keeps what it covers', async () => {
    const { desk, placed, told } = await holdDuring(pauseBeforeLock);
    expect(placed.alreadyGone).to.deep.equal([]);
    expect(told[0]).to.equal(`${YEAR[2021]}: busy, somebody waits for rows of it`);
    expect(await ids(desk, 'id < 2023000')).to.deep.equal(['2021003']);
  });

  it('a hold that comes when the partition has gone waits for the commit, and is told what was gone', async () => {
    const { plan, placed, told } = await holdDuring(pauseAfterDrop);
    expect(placed.records).to.equal(0);
    expect(placed.alreadyGone.join()).to.match(new RegExp(`^it was deleted by ${plan}, whose batch ended `));
    expect(told[0]).to.equal(`${YEAR[2021]}: dropped`);
  });

  it('two engines on one plan drop each partition once, and leave what one alone leaves', async () => {
    const expected = await undisturbed(450);
    const desk = await openDesk(partitionedDesk(450));
    const plan = await approvedPlan(desk.engine(RULES));
    const engines = [await desk.another(RULES), await desk.another(RULES)];
    const told: string[] = [];
    await Promise.allSettled(engines.map((engine) => applyTelling(engine, plan, told)));
    expect(told.filter((one) => one.endsWith('dropped')).sort()).to.deep.equal(
      [`${YEAR[2021]}: dropped`, `${YEAR[2022]}: dropped`].sort(),
    );
    expect(await checksums(desk.admin, PARTITIONED)).to.deep.equal(expected);
    await expectBookkeeping(desk, plan, 1350);
  });

  for (const [moment, pause] of [
    ['before it locks the table', pauseBeforeLock],
    ['after the drop, before the commit', pauseAfterDrop],
  ] as const)
    it(`kill -9 ${moment}: nothing is gone, and the next apply ends as if nothing had happened`, async () => {
      const expected = await undisturbed(450);
      const setup = partitionedDesk(450);
      const desk = await openDesk(setup);
      const engine = desk.engine(RULES);
      const before = await checksums(desk.admin, PARTITIONED);
      const plan = await approvedPlan(engine);
      await pause(desk);
      const applier = await startApplier({ url: desk.url, map: setup.map, policies: RULES, plan });
      applier.go();
      await untilPaused(desk.admin);
      await applier.kill();
      await desk.admin(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
      );
      await resume(desk.admin);
      expect(await checksums(desk.admin, PARTITIONED)).to.deep.equal(before);
      await applyTelling(engine, plan);
      expect(await checksums(desk.admin, PARTITIONED)).to.deep.equal(expected);
      await expectBookkeeping(desk, plan, 1350);
    });
});

/** Writes to the partitioned table until the run is over; the longest that one write took, in milliseconds. */
async function slowestWrite(desk: Desk, run: { readonly over: boolean }): Promise<number> {
  const writer = await desk.connect();
  let slowest = 0;
  for (let id = 1; !run.over; id += 1) {
    const start = Date.now();
    await writer.query("insert into shop.tickets values ($1, 'open', '2023-12-01', 1)", [id]);
    slowest = Math.max(slowest, Date.now() - start);
  }
  return slowest;
}
