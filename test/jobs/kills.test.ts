import { expect } from 'chai';
import { setTimeout as pause } from 'node:timers/promises';
import { fixedClock } from '../../src/core/clock.js';
import { parseCron, slotsBetween, type Cron } from '../../src/core/cron.js';
import { busyDesk, contents } from '../support/busy-desk.js';
import { fastClock, published, type FastClock } from '../support/published.js';
import {
  approver,
  closeDesks,
  dispose,
  officer,
  openDesk,
  rule,
  type Desk,
  type Json,
} from '../support/small-desk.js';
import { startWorker, stopWorkers, type WorkerProcess } from '../support/workers.js';
import { at } from '../core/at.js';

const TICKETS = 4_500;
const KILLS = 7;
const CRON = '*/2 * * * *';
const START = '2024-01-02T00:00:30.000000Z';
/** Due one after the other over ten minutes of the clock; every third is young. */
const SPREAD = `update shop.tickets set closed_at = timestamptz '2023-01-01 23:59:00+00' + n * interval '0.2 seconds'
  from (select id as other, row_number() over (order by id) as n from shop.tickets where id % 3 <> 0) due where id = other`;
/** Makes batches long enough to be hit. */
const SLOW = `create function shop.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return null; end $$;
  create trigger slow after delete on shop.messages for each statement execute function shop.slow()`;

const policies = [rule({ schedule: { cron: CRON, timeZone: 'UTC', withoutApproval: { upTo: TICKETS } } })];

interface Job extends Json {
  readonly slot: string;
  readonly state: string;
}

const jobsOf = (desk: Desk): Promise<readonly Job[]> =>
  desk.admin<Job>('select slot, state, plan_id from lethe.job order by lethe.job.slot');

const isSettled = async (desk: Desk): Promise<boolean> => {
  const [left] = await desk.admin<{ left: boolean }>(
    `select exists (select from lethe.job where state in ('open', 'waiting', 'applying'))
       or exists (select from lethe.plan where state not in ('done', 'withdrawn'))
       or exists (select from shop.tickets where id % 3 <> 0) as left`,
  );
  return left?.left === false;
};

describe('workers that are killed', () => {
  afterEach(stopWorkers);
  afterEach(closeDesks);

  it(`three of them, ${KILLS} kills: the result is that of an undisturbed run, and every slot has one job`, async () => {
    const setup = busyDesk(TICKETS);
    const quiet = await openDesk({ ...setup, ddl: `${setup.ddl}; ${SPREAD}` });
    await dispose(
      quiet.engine(policies, fixedClock(at('2024-01-02T01:00:00Z'))),
      'old-tickets',
      '2024-01-02T00:20:00Z',
    );
    const expected = await contents(quiet);

    const desk = await openDesk({ ...setup, ddl: `${setup.ddl}; ${SPREAD}; ${SLOW}` });
    await published(desk, policies, START);
    await vouch(desk);
    const clock = { start: START, began: Date.now(), speed: 30 };
    const job = { url: desk.url, map: setup.map, policies, clock };
    const crew = await Promise.all([0, 1, 2].map(() => startWorker(job)));
    for (const worker of crew) worker.go();
    let spare = startWorker(job);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await pause(900);
      const next = await spare;
      const victim = kill % crew.length;
      await (crew[victim] as WorkerProcess).kill();
      next.go();
      crew[victim] = next;
      spare = startWorker(job);
    }
    await (await spare).kill();
    await untilQuiet(desk, clock);
    expect(await Promise.all(crew.map((worker) => worker.stop()))).to.deep.equal([0, 0, 0]);

    expect(await contents(desk)).to.deep.equal(expected);
    await expectOneJobEach(desk);
    await expectBooks(desk);
  }).timeout(180_000);
});

/** A plan of this version, which takes nothing yet, is approved: from then on the schedule goes by itself. */
async function vouch(desk: Desk): Promise<void> {
  const engine = desk.engine(policies, fastClock({ start: START, began: Date.now(), speed: 1 }));
  await engine.retention.approve(
    (await engine.retention.plan('old-tickets', officer, '2023-06-01T00:00:00Z')).id,
    approver,
  );
}

/** Everything is due after eleven minutes of the clock; then the last slot has to be done. */
async function untilQuiet(desk: Desk, clock: FastClock): Promise<void> {
  const end = Date.now() + 90_000;
  while (!(await isSettled(desk))) {
    if (Date.now() > end) expect.fail(`it never settled: ${JSON.stringify(await jobsOf(desk))}`);
    await pause(300);
  }
  expect(fastClock(clock).now() > at('2024-01-02T00:08:00Z')).to.equal(true);
}

async function expectOneJobEach(desk: Desk): Promise<void> {
  const jobs = await jobsOf(desk);
  const slots = slotsBetween(parseCron(CRON) as Cron, 'UTC', at(START), at(jobs.at(-1)?.slot ?? ''));
  expect(jobs.map(({ slot }) => slot)).to.deep.equal([...slots]);
  expect(slots.length).to.be.greaterThan(4);
  for (const { state } of jobs) expect(state).to.be.oneOf(['done', 'skipped']);
  expect(jobs.filter(({ state }) => state === 'done').length).to.be.greaterThan(1);
}

async function expectBooks(desk: Desk): Promise<void> {
  const [sums] = await desk.admin<Json>(
    `select (select sum(taken) from lethe.chunk)::int as taken,
       (select count(*) from (select slot from lethe.plan where slot is not null group by policy, slot having count(*) > 1) twice)::int as twice,
       (select count(*) from lethe.swept_parent)::int as unswept,
       (select count(*) from lethe.ledger_entry where kind = 'retention.finished')::int
         - (select count(*) from lethe.plan where state = 'done')::int as unfinished`,
  );
  expect(sums).to.deep.equal({ taken: (TICKETS * 2) / 3, twice: 0, unswept: 0, unfinished: 0 });
  const engine = desk.engine(policies);
  await engine.ledger.seal();
  const verification = await engine.ledger.verify();
  expect(verification.findings).to.deep.equal([]);
  expect(verification.ok).to.equal(true);
}
