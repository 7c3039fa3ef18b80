import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect } from 'chai';
import { grantsText } from '../../src/cli/grants.js';
import { fixedClock, type Clock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { compileMap } from '../../src/datamap/compile.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { readJsonFile } from '../../src/datamap/json-file.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import { sql } from '../../src/db/sql.js';
import { openPostgres } from '../../src/db/postgres.js';
import { throughDoor } from '../../src/db/disposal-door.js';
import { replay } from '../../src/disposal/replay.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { readPolicyFiles } from '../../src/policy/policy-set.js';
import {
  approvedPlan,
  approver,
  closeDesks,
  column,
  dispose,
  hold,
  ids,
  officer,
  openDesk,
  operator,
  policiesOf,
  refusal,
  rule,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
  TODAY,
  type Desk,
  type Json,
} from '../support/small-desk.js';
import { serverUrl } from '../support/server.js';
import { dropVault, vaultFolder, vaultOf } from '../support/vault.js';

const at = (text: string): Instant => parseInstant(text) as Instant;
/** Four years after the last of what the tests do, by the clock and by the server's. */
const LATER = fixedClock(at('2031-01-02T00:00:00Z'));
const LATER_DAY = '2031-01-01T00:00:00Z';

const path = (name: string): string => fileURLToPath(new URL(`../../policies/${name}`, import.meta.url));

const MAP = {
  kind: 'data-map',
  id: 'small',
  schema: 'shop',
  enforces: [],
  tables: {
    tickets: ticketTable(),
    people: {
      key: { id: 'bigint' },
      concept: 'customer',
      columns: { seen: { type: 'timestamptz' } },
      facts: { seenAt: { column: 'seen' } },
    },
  },
  edges: [],
  subject: {
    record: 'people',
    key: 'id',
    edges: [{ as: 'owner', child: 'tickets', on: { person_id: 'id' } }],
  },
};
const DDL = `${TICKETS}; alter table shop.tickets add person_id bigint;
  create table shop.people (id bigint primary key, seen timestamptz);
  insert into shop.people values (7, '2020-01-01'), (8, '2020-01-01')`;

/** The small desk with Lethe's own tables in its map, and the rules shipped for them. */
interface SelfDesk extends Desk {
  readonly graph: MapGraph;
  readonly rules: readonly Json[];
  readonly old: Engine;
  readonly later: Engine;
}

async function selfDesk(tickets: readonly number[], more: readonly Json[] = []): Promise<SelfDesk> {
  const desk = await openDesk({ ddl: `${DDL}; ${ticketRows(tickets)}`, map: MAP });
  const own = dataMapSchema.parse(await readJsonFile(path('data-maps/merged/lethe.json'), 'lethe.json', []));
  const graph = compileMap(dataMapSchema.parse(MAP), 'small.json', {}, own);
  const files = await readPolicyFiles(path('lethe'), 'lethe', []);
  const rules = [rule(), ...files.map(({ content }) => content as Json), ...more];
  const old = desk.engine(rules, TODAY, graph);
  const later = desk.engine(rules, LATER, graph);
  return { ...desk, graph, rules, old, later };
}

const plans = ({ admin }: Desk, where = 'true'): Promise<readonly string[]> =>
  column(admin, `select id from lethe.plan where ${where}`);

const CHILDREN = ['approval', 'chunk', 'exception', 'swept_parent'];

/** Tables in which something of this plan is left. */
async function leftOf({ admin }: Desk, plan: string): Promise<readonly string[]> {
  const [row] = await admin<{ left: readonly string[] }>(
    `select array_remove(array[${CHILDREN.map((table) => `case when exists (select from lethe.${table} where plan_id = $1) then '${table}' end`).join(', ')}], null) as left`,
    [plan],
  );
  return row?.left ?? [];
}

describe("Lethe's own records, disposed of like any others", () => {
  afterEach(closeDesks);

  it('old plans go with everything that is theirs; the run that takes them stays, proven and sealed', async () => {
    const desk = await selfDesk([1, 2, 3]);
    const { admin, old, later } = desk;
    await old.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/2' } }, officer);
    const first = await dispose(old);
    await admin(
      `insert into lethe.job (id, policy, slot, state, plan_id) values ('job-1', 'old-tickets', '2024-01-01', 'done', '${first}')`,
    );
    expect(await leftOf(desk, first)).to.deep.equal(['approval', 'chunk', 'exception']);

    const plan = await later.retention.plan('lethe-finished-plans', officer, LATER_DAY);
    expect(plan.report.tables).to.deep.equal({
      'lethe-plan': 1,
      'lethe-approval': 1,
      'lethe-chunk': 1,
      'lethe-exception': 1,
      'lethe-swept-parent': 0,
    });
    expect(await shown(later, plan.id)).to.deep.equal([`lethe-plan/${first} delete`]);
    await later.retention.approve(plan.id, approver);
    await later.retention.apply(plan.id, operator);

    expect(await plans(desk)).to.deep.equal([plan.id]);
    expect(await leftOf(desk, first)).to.deep.equal([]);
    expect(await leftOf(desk, plan.id)).to.deep.equal(['approval', 'chunk']);
    const slots = await admin('select id, plan_id from lethe.job');
    expect(slots, 'the slot stays claimed').to.deep.equal([{ id: 'job-1', plan_id: null }]);
    expect((await later.ledger.verify()).findings).to.deep.equal([]);
    const certificate = await later.retention.certificate(plan.id);
    expect(certificate.tables.find(({ table }) => table === 'lethe-plan')).to.include({ deleted: 1 });
    const gone = await refusal(later.retention.certificate(first), 'plan_gone');
    expect(gone.message).to.contain(plan.id).and.to.contain('certificate had to be issued');
    await refusal(later.retention.apply(first, operator), 'plan_gone');
    await refusal(later.retention.certificate('plan-none'), 'plan_unknown');
  });

  it('no rule takes a plan that is being applied, or that a slot waits for, nor the run itself', async () => {
    const greedy = rule({
      id: 'all-plans',
      record: 'lethe-plan',
      keep: { for: 'P1D', from: 'createdAt', timeZone: 'UTC' },
      overrides: ['lethe-finished-plans', 'lethe-unused-plans'],
    });
    const desk = await selfDesk([1, 2, 3], [greedy]);
    const { admin, old, later } = desk;
    const states = ['applying', 'incomplete', 'failed', 'planned', 'withdrawn', 'done'];
    const made: Record<string, string> = {};
    for (const state of [...states, 'awaited']) {
      const { id } = await old.retention.plan('old-tickets', officer);
      made[state] = id;
      if (states.includes(state)) await admin(`update lethe.plan set state = $1 where id = $2`, [state, id]);
    }
    await admin(
      `insert into lethe.job (id, policy, slot, state, plan_id) values ('job-1', 'old-tickets', '2024-01-01', 'waiting', $1)`,
      [made['awaited']],
    );
    const own = await dispose(later, 'all-plans', LATER_DAY);
    const kept = ['applying', 'incomplete', 'failed', 'awaited'].map((state) => made[state] ?? '');
    expect(await plans(desk)).to.have.members([...kept, own]);
    for (const plan of kept) expect(await leftOf(desk, plan)).to.include('chunk');
    expect((await later.ledger.verify()).findings).to.deep.equal([]);
  });

  it('a plan that is begun after it was itself planned for deletion stays', async () => {
    const desk = await selfDesk([1, 2]);
    const { admin, old, later } = desk;
    const { id } = await old.retention.plan('old-tickets', officer);
    const { id: unused } = await old.retention.plan('old-tickets', officer);
    const taking = await approvedPlan(later, 'lethe-unused-plans', LATER_DAY);
    await admin(`update lethe.plan set state = 'applying', started_at = now() where id = $1`, [id]);
    await later.retention.apply(taking, operator);
    expect(await plans(desk)).to.have.members([id, taking]);
    expect(await shown(later, taking)).to.have.members([
      `lethe-plan/${id} changed`,
      `lethe-plan/${unused} deleted`,
    ]);
  });

  it('the last approved plan of a version in force stays: the schedule goes on by it', async () => {
    const desk = await selfDesk([1, 2]);
    const { admin, old, later } = desk;
    const first = await dispose(old);
    await admin(ticketRows([3]));
    const second = await dispose(old);
    await admin(`insert into lethe.publication (id, policy, kind, digest, published_at, published_by, change, not_before, approvers, assurance)
      select 'publication-1', policy, 'retention', policy_digests ->> policy, now(), created_by, 'initial', now(), 0, 'asserted'
      from lethe.plan limit 1`);
    await dispose(later, 'lethe-finished-plans', LATER_DAY);
    expect(await plans(desk, `policy = 'old-tickets'`)).to.deep.equal([second]);
    expect(first).to.not.equal(second);
    await admin(`insert into lethe.publication (id, policy, kind, digest, published_at, published_by, change, not_before, approvers, assurance)
      select 'publication-2', policy, 'retention', null, now(), published_by, 'keeps', now(), 0, 'asserted' from lethe.publication`);
    await dispose(later, 'lethe-finished-plans', LATER_DAY);
    expect(await plans(desk, `policy = 'old-tickets'`), 'the policy is removed').to.deep.equal([]);
  });

  it('a hold keeps a plan, and `why` answers for it: here, held, gone', async () => {
    const desk = await selfDesk([1, 2]);
    const { old, later } = desk;
    const first = await dispose(old);
    const record = `lethe-plan/${first}`;
    const placed = await later.holds.place({ ...hold, scope: { kind: 'record', record } }, officer);
    expect(placed.records).to.equal(1);
    const held = await later.retention.why(record);
    expect(held.protections.map(({ id }) => id)).to.deep.equal([placed.id]);
    expect(held.rules.filter(({ matches }) => matches).map(({ policy }) => policy)).to.deep.equal([
      'lethe-finished-plans',
    ]);
    await dispose(later, 'lethe-finished-plans', LATER_DAY);
    expect(await plans(desk)).to.include(first);
    await later.holds.lift(placed.id, 'settled', approver);
    const taking = await dispose(later, 'lethe-finished-plans', LATER_DAY);
    const gone = await later.retention.why(record);
    expect(gone).to.include({ exists: false });
    expect(gone.verdict).to.contain(taking).and.to.contain('lethe-finished-plans');
  });

  it('a lifted hold stays while a plan says it kept records because of it; one in force always does', async () => {
    const desk = await selfDesk([1, 2, 3]);
    const { admin, old, later } = desk;
    const place = (record: string) =>
      old.holds.place({ ...hold, scope: { kind: 'record', record } }, officer);
    const [named, unnamed, standing] = [
      await place('ticket/1'),
      await place('customer/7'),
      await place('customer/8'),
    ];
    const first = await dispose(old);
    await old.holds.lift(named.id, 'settled', approver);
    await old.holds.lift(unnamed.id, 'settled', approver);
    const holds = () => column(admin, `select id from lethe.protection where kind = 'hold'`);
    await dispose(later, 'lethe-lifted-protections', LATER_DAY);
    expect(await holds()).to.have.members([named.id, standing.id]);
    expect((await later.retention.certificate(first)).kept.map(({ by }) => by)).to.deep.equal([named.id]);
    await dispose(later, 'lethe-finished-plans', LATER_DAY);
    await dispose(later, 'lethe-lifted-protections', LATER_DAY);
    expect(await holds()).to.deep.equal([standing.id]);
  });

  it('slots go after a year, but not the last of a policy nor one that is still to do', async () => {
    const desk = await selfDesk([1]);
    const { admin, later } = desk;
    await admin(`insert into lethe.job (id, policy, slot, state) values
      ('job-a1', 'a', '2024-01-01', 'done'), ('job-a2', 'a', '2024-01-02', 'open'), ('job-a3', 'a', '2024-01-03', 'failed'),
      ('job-b1', 'b', '2024-01-01', 'skipped')`);
    await dispose(later, 'lethe-schedule-slots', LATER_DAY);
    expect(await column(admin, 'select id from lethe.job')).to.deep.equal(['job-a2', 'job-a3', 'job-b1']);
  });

  it('the key of a person goes once the ticket system has no such person, unless a hold is on them', async () => {
    const desk = await selfDesk([1]);
    const { admin, old, later } = desk;
    const place = (record: string) =>
      old.holds.place({ ...hold, scope: { kind: 'subject', record } }, officer);
    const [gone] = [await place('customer/7'), await place('customer/8')];
    await old.holds.lift(gone.id, 'settled', approver);
    const keys = () => column(admin, 'select key from lethe.subject_record');
    await dispose(later, 'lethe-gone-persons', LATER_DAY);
    expect(await keys()).to.deep.equal(['7', '8']);
    await admin('delete from shop.people');
    await dispose(later, 'lethe-gone-persons', LATER_DAY);
    expect(await keys()).to.deep.equal(['8']);
  });

  it('no rule takes the key of a held person: the hold finds them by it', async () => {
    const greedy = rule({
      id: 'all-keys',
      record: 'lethe-subject-record',
      keep: { for: 'P1D', from: 'createdAt', timeZone: 'UTC' },
      overrides: ['lethe-gone-persons'],
    });
    const { admin, old, later } = await selfDesk([1, 2], [greedy]);
    await admin('update shop.tickets set person_id = 7 where id = 1');
    await old.holds.place({ ...hold, scope: { kind: 'subject', record: 'customer/7' } }, officer);
    await admin("update lethe.subject set created_at = '2020-01-01'");
    await dispose(later, 'all-keys', LATER_DAY);
    await dispose(later, 'old-tickets', LATER_DAY);
    expect(await ids(admin, 'tickets')).to.deep.equal(['1']);
  });

  it('the printed grants suffice for all of it, and let nobody delete a version or a name', async () => {
    const desk = await selfDesk([1, 2]);
    const { admin, url, graph, rules } = desk;
    const user = `lethe_${new URL(url).pathname.slice(-12)}`;
    await admin(`create role ${user} login password 'x'`);
    await admin(grantsText(graph).replace(/ to lethe;$/gm, ` to ${user};`));
    const db = await openPostgres(Object.assign(new URL(url), { username: user, password: 'x' }).href);
    try {
      const as = (clock: Clock): Engine =>
        engineOver({
          db,
          graph,
          clock,
          vault: vaultOf(url),
          policiesInForce: () => Promise.resolve(policiesOf(graph, rules)),
        });
      await dispose(as(TODAY));
      const taking = await dispose(as(LATER), 'lethe-finished-plans', LATER_DAY);
      expect(await plans(desk)).to.deep.equal([taking]);
      expect((await as(LATER).ledger.verify()).findings).to.deep.equal([]);
      for (const table of ['version', 'actor', 'publication', 'migration'])
        await refusal(
          throughDoor(db, (tx) => tx.script(`delete from lethe.${table}`)),
          'database_right_missing',
        );
    } finally {
      await db.close();
      await admin(`drop owned by ${user}; drop role ${user}`);
    }
  });

  it('what went so is gone again after a restore and replay', async () => {
    const desk = await selfDesk([1, 2]);
    const { old, later, graph } = desk;
    await dispose(old);
    const placed = await old.holds.place(
      { ...hold, scope: { kind: 'record', record: 'customer/7' } },
      officer,
    );
    await later.ledger.seal();
    const name = new URL(desk.url).pathname.slice(1);
    await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    await onServer(`create database ${name}_yesterday template ${name}`);
    await old.holds.lift(placed.id, 'settled', approver);
    await dispose(later, 'lethe-finished-plans', LATER_DAY);
    await dispose(later, 'lethe-lifted-protections', LATER_DAY);
    const { rows: before } = await desk.db.query(sql`select id from lethe.plan where policy = 'old-tickets'`);
    expect(before).to.deep.equal([]);

    const url = Object.assign(new URL(desk.url), { pathname: `/${name}_yesterday` }).href;
    cpSync(vaultFolder(desk.url), vaultFolder(url), { recursive: true });
    const db = await openPostgres(url, { max: 4 });
    try {
      const parts = { db, graph, clock: LATER, vault: vaultOf(url) };
      await refusal(requireCurrent(db, parts.vault), 'database_restored');
      const done = await replay(parts, operator);
      expect(done).to.include({ acts: 3, records: 2, kept: 0, holdsLifted: 1 });
      await requireCurrent(db, parts.vault);
      const left = await db.query(sql`
        select (select count(*) from lethe.plan) as plans, (select count(*) from lethe.chunk) as chunks,
          (select count(*) from lethe.approval) as approvals, (select count(*) from lethe.protection) as protections`);
      expect(left.rows).to.deep.equal([{ plans: '0', chunks: '0', approvals: '0', protections: '0' }]);
    } finally {
      await db.close();
      dropVault(url);
      await onServer(`drop database ${name}_yesterday with (force)`);
    }
  });
});

async function onServer(text: string): Promise<void> {
  const client = new pg.Client(await serverUrl());
  await client.connect();
  await client.query(text).finally(() => client.end());
}
