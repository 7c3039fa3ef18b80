import { cpSync } from 'node:fs';
import pg from 'pg';
import { expect } from 'chai';
import { grantsText } from '../../src/cli/grants.js';
import type { Clock } from '../../src/core/clock.js';
import { sql } from '../../src/db/sql.js';
import { openPostgres } from '../../src/db/postgres.js';
import { throughDoor } from '../../src/db/disposal-door.js';
import { replay } from '../../src/disposal/replay.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import {
  approver,
  closeDesks,
  column,
  dispose,
  hold,
  ids,
  officer,
  operator,
  policiesOf,
  refusal,
  rule,
  TODAY,
} from '../support/small-desk.js';
import { serverUrl } from '../support/server.js';
import { dropVault, vaultFolder, vaultOf } from '../support/vault.js';
import { LATER, LATER_DAY, plans, selfDesk } from './self-desk.js';

describe("Lethe's own records, disposed of like any others", () => {
  afterEach(closeDesks);

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
