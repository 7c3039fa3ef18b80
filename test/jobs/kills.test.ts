import { expect } from 'chai';
import { setTimeout as pause } from 'node:timers/promises';
import { fixedClock } from '../../src/core/clock.js';
import { parseCron, slotsBetween, type Cron } from '../../src/core/cron.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { busyDesk, contents } from '../support/busy-desk.js';
import { fastClock, published } from '../support/published.js';
import { startOwnServer, type TestServer } from '../support/server.js';
import {
  approver,
  closeDesks,
  deletedRows,
  dispose,
  isSoak,
  officer,
  openDesk,
  rule,
  until,
  type Desk,
  type Json,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';
import { startWorker, stopWorkers, type WorkerJob, type WorkerProcess } from '../support/workers.js';
import { at } from '../core/at.js';

interface Form {
  /** A third of them is young. */
  readonly tickets: number;
  readonly messages: number;
  readonly customers: number;
  /** Minutes of the clock over which tickets become due, one slot a minute. */
  readonly minutes: number;
  /** Seconds of the clock in a second. */
  readonly speed: number;
  /** Kills at least, and milliseconds between them. */
  readonly kills: number;
  readonly pause: number;
  /** Certificates that are made. */
  readonly certificates: number;
}

const FORM: Form = isSoak
  ? {
      tickets: 300_000,
      messages: 5,
      customers: 30_000,
      minutes: 40,
      speed: 8,
      kills: 30,
      pause: 3000,
      certificates: 20,
    }
  : {
      tickets: 4_500,
      messages: 2,
      customers: 7,
      minutes: 9,
      speed: 30,
      kills: 5,
      pause: 500,
      certificates: 3,
    };
const DUE = (FORM.tickets * 2) / 3;
const WORKERS = [0, 1, 2];
const CRASHES = 2;
const CRON = '* * * * *';
const START = '2024-01-02T00:00:30.000000Z';
const SPREAD = `update shop.tickets set closed_at = timestamptz '2023-01-01 23:59:00+00' + n * interval '${FORM.minutes} minutes' / ${DUE}
  from (select id as other, row_number() over (order by id) as n from shop.tickets where id % 3 <> 0) due where id = other`;
/** Makes batches long enough to be hit. */
const SLOW = `create function shop.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return null; end $$;
  create trigger slow after delete on shop.messages for each statement execute function shop.slow()`;

const policies = [
  rule({ schedule: { cron: CRON, timeZone: 'UTC', withoutApproval: { upTo: FORM.tickets } } }),
];

interface Job extends Json {
  readonly slot: string;
  readonly state: string;
}

const jobsOf = (desk: Desk): Promise<readonly Job[]> =>
  desk.admin<Job>('select slot, state, plan_id from lethe.job order by lethe.job.slot');

const takenBy = async (desk: Desk): Promise<number> => {
  const [row] = await desk.admin<{ taken: number }>(
    'select coalesce(sum(taken), 0)::int as taken from lethe.chunk',
  );
  return row?.taken ?? 0;
};

const isSettled = async (desk: Desk): Promise<boolean> => {
  const [left] = await desk.admin<{ left: boolean }>(
    `select exists (select from lethe.job where state in ('open', 'waiting', 'applying'))
       or exists (select from lethe.plan where state not in ('done', 'withdrawn'))
       or (select sum(taken) from lethe.chunk) < ${DUE} as left`,
  );
  return left?.left === false;
};

describe('workers that are killed while their database crashes', () => {
  let server: TestServer | undefined;

  afterEach(stopWorkers);
  afterEach(closeDesks);
  afterEach(() => server?.stop());

  it(`${WORKERS.length} of them, again and again, ${CRASHES} crashes: the result is that of an undisturbed run, and every slot ran once`, async () => {
    server = await startOwnServer();
    const setup = { ...busyDesk(FORM.tickets, FORM), server: server.url };
    const quiet = await undisturbed(setup);
    const desk = await openDesk({ ...setup, ddl: `${setup.ddl}; ${SPREAD}; ${SLOW}` });
    await published(desk, policies, START);
    await vouch(desk);

    const clock = { start: START, began: Date.now(), speed: FORM.speed };
    const crew = new Crew({ url: desk.url, map: setup.map, policies, clock });
    await crew.begin();
    await disturb(desk, crew, server);
    await untilQuiet(desk);
    expect(await crew.stop()).to.deep.equal(WORKERS.map(() => 0));

    expect(await contents(desk)).to.deep.equal(quiet.contents);
    expect(await deletedInAll(desk)).to.deep.equal(quiet.deleted);
    crew.expectOnlyCrashesWentWrong();
    await expectOneJobEach(desk);
    await expectBooks(desk);
    await expectJournal(desk);
    await expectNothingLeft(desk);
  }).timeout(isSoak ? 0 : 180_000);
});

/** What one run that nobody disturbs leaves, and what it deletes. */
async function undisturbed(
  setup: Parameters<typeof openDesk>[0],
): Promise<{ readonly contents: Json; readonly deleted: Json }> {
  const desk = await openDesk({ ...setup, ddl: `${setup.ddl}; ${SPREAD}` });
  const clock = fixedClock(at('2024-01-02T04:00:00Z'));
  await dispose(desk.engine(policies, clock), 'old-tickets', '2024-01-02T03:00:00Z');
  return { contents: await contents(desk), deleted: await deletedInAll(desk) };
}

/** Rows deleted by table, over all plans; a file whose two messages went side by side goes with the sweep. */
async function deletedInAll(desk: Desk): Promise<Json> {
  const plans = await desk.admin<{ id: string }>('select id from lethe.plan');
  const sums: Record<string, number> = {};
  for (const { id } of plans)
    for (const [table, rows] of Object.entries(await deletedRows(desk.admin, id)))
      sums[table] = (sums[table] ?? 0) + rows;
  const [late] = await desk.admin<{ rows: number }>(
    `select coalesce(sum((body::json #>> '{counts,late}')::int), 0)::int as rows from lethe.ledger_entry where kind = 'retention.swept'`,
  );
  return { ...sums, files: (sums['files'] ?? 0) + (late?.rows ?? 0) };
}

/** A plan of this version, which takes the oldest few, is approved: from then on the schedule goes by itself. */
async function vouch(desk: Desk): Promise<void> {
  const engine = desk.engine(policies, fastClock({ start: START, began: Date.now(), speed: 1 }));
  await engine.retention.approve(
    (await engine.retention.plan('old-tickets', officer, '2024-01-01T23:59:10Z')).id,
    approver,
  );
}

/** So many workers at a time, and one that is loaded and waits to take the next one's place. */
class Crew {
  private readonly all: WorkerProcess[] = [];
  private members: WorkerProcess[] = [];
  private spare: Promise<WorkerProcess> | undefined;

  constructor(private readonly job: WorkerJob) {}

  async begin(): Promise<void> {
    this.members = await Promise.all(WORKERS.map(() => startWorker(this.job)));
    this.all.push(...this.members);
    for (const worker of this.members) worker.go();
    this.spare = startWorker(this.job);
  }

  /** `kill -9`; the spare one goes on at once. */
  async replace(place: number): Promise<void> {
    const next = (await this.spare) as WorkerProcess;
    this.spare = startWorker(this.job);
    const index = place % this.members.length;
    await this.members[index]?.kill();
    next.go();
    this.members[index] = next;
    this.all.push(next);
  }

  /** @returns exit codes */
  async stop(): Promise<readonly (number | null)[]> {
    await (await this.spare)?.kill();
    return Promise.all(this.members.map((worker) => worker.stop()));
  }

  /** Whatever else was an error would be one; somebody lived through each crash and saw the database come back. */
  expectOnlyCrashesWentWrong(): void {
    const lines = this.all.flatMap((worker) => worker.lines);
    const errors = lines.filter(({ level, event }) => level === 'error' && event !== 'database.away');
    expect(errors).to.deep.equal([]);
    expect(lines.filter(({ event }) => event === 'database.back').length).to.be.at.least(CRASHES);
  }
}

/** As long as there is work, one worker after the other is killed; twice the database crashes, and a worker with it. */
async function disturb(desk: Desk, crew: Crew, server: TestServer): Promise<void> {
  let [kills, crashes] = [0, 0];
  for (let taken = 0; taken < DUE; taken = await takenBy(desk)) {
    await pause(FORM.pause * (1 + kills / 10)); // ever longer, so that a slow machine comes to an end
    const isCrash = crashes < CRASHES && taken > DUE * (0.05 + 0.25 * crashes);
    if (isCrash) await server.crash();
    await crew.replace(kills);
    kills += 1;
    if (!isCrash) continue;
    crashes += 1;
    await pause(FORM.pause / 2);
    await server.restart();
  }
  expect(crashes).to.equal(CRASHES);
  expect(kills).to.be.at.least(FORM.kills);
}

async function untilQuiet(desk: Desk): Promise<void> {
  const end = Date.now() + (isSoak ? 600_000 : 90_000);
  while (!(await isSettled(desk))) {
    if (Date.now() > end) expect.fail(`it never settled: ${JSON.stringify(await jobsOf(desk))}`);
    await pause(200);
  }
}

async function expectOneJobEach(desk: Desk): Promise<void> {
  const jobs = await jobsOf(desk);
  const slots = slotsBetween(parseCron(CRON) as Cron, 'UTC', at(START), at(jobs.at(-1)?.slot ?? ''));
  expect(jobs.map(({ slot }) => slot)).to.deep.equal([...slots]);
  expect(slots.length).to.be.at.least(FORM.minutes - 2);
  // the clock goes on: whoever was asked to leave left the last slot's run to the next worker
  for (const { state } of jobs.slice(0, -1)) expect(state).to.be.oneOf(['done', 'skipped']);
  expect(jobs.filter(({ state }) => state === 'done').length).to.be.greaterThan(1);
}

async function expectBooks(desk: Desk): Promise<void> {
  const [sums] = await desk.admin<Json>(
    `select (select sum(taken) from lethe.chunk)::int as taken,
       (select count(*) from (select slot from lethe.plan where slot is not null group by policy, slot having count(*) > 1) twice)::int as twice,
       (select count(*) from lethe.ledger_entry where kind = 'retention.finished')::int
         - (select count(*) from lethe.plan where state = 'done')::int as unfinished`,
  );
  expect(sums).to.deep.equal({ taken: DUE, twice: 0, unfinished: 0 });
  const engine = desk.engine(policies);
  await engine.ledger.seal();
  const verification = await engine.ledger.verify();
  expect(verification.findings).to.deep.equal([]);
  expect(verification.ok).to.equal(true);
  const runs = (await engine.retention.status()).filter(({ deleted }) => deleted > 0);
  expect(runs).to.have.length.at.least(2);
  for (const { id, deleted } of runs.slice(0, FORM.certificates))
    expect((await engine.retention.certificate(id)).records.deleted).to.equal(deleted);
}

/** The vault knows of every record once, and of no act that may or may not have committed. */
async function expectJournal(desk: Desk): Promise<void> {
  const vault = vaultOf(desk.url);
  await requireCurrent(desk.db, vault);
  const { acts } = await vault.acts(0);
  expect(acts.filter(({ state }) => state === 'open')).to.deep.equal([]);
  const keys = acts.flatMap(({ act, state }) =>
    state === 'done' && act.kind === 'disposal' ? act.keys : [],
  );
  expect(keys).to.have.length(DUE);
  expect(new Set(keys).size).to.equal(DUE);
}

/** No late parents to sweep, nobody in a transaction, no lock, and no work table once the sessions are over. */
async function expectNothingLeft(desk: Desk): Promise<void> {
  const others = `datname = current_database() and pid <> pg_backend_pid()`;
  const none = async (query: string): Promise<boolean> => (await desk.admin(query)).length === 0;
  expect(await desk.admin('select from lethe.swept_parent')).to.deep.equal([]);
  expect(
    await desk.admin(`select from pg_stat_activity where ${others} and xact_start is not null
    and backend_type = 'client backend'`),
  ).to.deep.equal([]);
  expect(await desk.admin("select from pg_locks where locktype = 'advisory'")).to.deep.equal([]);
  await desk.admin(
    `select pg_terminate_backend(pid) from pg_stat_activity where ${others} and application_name = 'lethe'`,
  );
  // what a crashed session leaves of its temporary tables is their names alone; the server removes them by and by
  await until(() => none("select from pg_class where relpersistence = 't'"), 'no temporary table is left');
}
