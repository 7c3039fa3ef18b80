import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { throughDoor } from '../../src/db/disposal-door.js';
import { Door } from '../../src/db/door.js';
import { migrate } from '../../src/db/migrate.js';
import { openPostgres } from '../../src/db/postgres.js';
import { raw, sql } from '../../src/db/sql.js';
import { bothDatabases, freshDatabase } from '../support/database.js';

const GUARDED = ['rt.tickets', 'rt.Attachments', 'public.users', 'public.odd"name'];

/** Statement → what is refused of it. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['delete from rt.tickets where id = 1', 'DELETE on rt.tickets'],
  ['DELETE\n\tFROM ONLY RT . Tickets *', 'DELETE on rt.tickets'],
  ['delete/* a /* nested */ comment */from--x\r"rt"."tickets"', 'DELETE on rt.tickets'],
  ['delete from tickets', 'DELETE on tickets'],
  ['delete from somewhere.rt.tickets', 'DELETE on rt.tickets'],
  ['delete from "Attachments"', 'DELETE on attachments'],
  ['delete from "odd""name"', 'DELETE on odd"name'],
  ['select 1; delete from rt.tickets', 'DELETE on rt.tickets'],
  [
    'with gone as (delete from rt.tickets returning *) insert into archive select * from gone',
    'DELETE on rt.tickets',
  ],
  ['with x as (select 1) delete from users using x', 'DELETE on users'],
  ['explain (analyze) delete from rt.tickets', 'DELETE on rt.tickets'],
  ['(with a as (update rt.tickets set x = 1 returning 1) select * from a)', 'UPDATE on rt.tickets'],
  ['update only (rt.tickets) set subject = null', 'UPDATE on rt.tickets'],
  ['update users u set name = null', 'UPDATE on users'],
  [
    'with recursive r as (select 1 a) search depth first by a set key update users set name = null',
    'UPDATE on users',
  ],
  ["select 'it''s', E'\\'', $a$ $b$ ; $a$; update users set a = 1", 'UPDATE on users'],
  ["select '\\'; delete from users; --'", 'DELETE on users'],
  ["select E'\\\\'; delete from users; --'", 'DELETE on users'],
  ['select 1 as a$b$; delete from users; select $b$ $b$', 'DELETE on users'],
  ['select $1::text; delete from users where id = $1', 'DELETE on users'],
  ['merge into rt.tickets t using x on true when matched then delete', 'MERGE on rt.tickets'],
  ['insert into rt.tickets values (1) on conflict (id) do update set subject = null', 'UPSERT on rt.tickets'],
  ['insert into users as u values (1) on conflict do /**/ update set a = 1', 'UPSERT on users'],
  ['truncate rt.tickets', 'TRUNCATE on rt.tickets'],
  ['truncate table only other, users restart identity', 'TRUNCATE on users'],
  ['truncate other cascade', 'TRUNCATE … CASCADE on this database'],
  ['drop table if exists other, rt.tickets', 'DROP on rt.tickets'],
  ['drop schema other cascade', 'DROP schema on this database'],
  ['drop owned by current_user', 'DROP owned on this database'],
  ['drop trigger t on lethe.ledger', 'DROP trigger on this database'],
  ['alter table rt.tickets drop column subject', 'ALTER on rt.tickets'],
  ['alter table other attach partition rt.tickets default', 'ALTER on rt.tickets'],
  ['alter table lethe.hold disable trigger all', 'ALTER on lethe.hold'],
  ['alter role current_user set search_path = lethe', 'ALTER role on this database'],
  ['delete from lethe.hold', 'DELETE on lethe.hold'],
  ['with a as (delete from "lethe"."plan" returning 1) select * from a', 'DELETE on lethe.plan'],
  ['truncate lethe.ledger', 'TRUNCATE on lethe.ledger'],
  ['drop table lethe.migration', 'DROP on lethe.migration'],
  ['merge into lethe.hold h using x on true when matched then delete', 'MERGE on lethe.hold'],
  ['delete from pg_class', 'DELETE on pg_class'],
  ['update pg_catalog.pg_trigger set tgenabled = false', 'UPDATE on pg_catalog.pg_trigger'],
  ['do $$ begin delete from users; end $$', 'do on this database'],
  ['call purge()', 'call on this database'],
  ['prepare p as select 1', 'prepare on this database'],
  ['execute p', 'execute on this database'],
  ["copy users from '/tmp/x'", 'copy on this database'],
  ['commit', 'commit on this database'],
  ['rollback; begin', 'ROLLBACK on this database'],
  ['grant all on users to public', 'grant on this database'],
  ['set role postgres', 'SET role on this database'],
  ['set local "role" = postgres', 'SET role on this database'],
  ['set session authorization postgres', 'SET authorization on this database'],
  ['set search_path = lethe', 'SET search_path on this database'],
  ["set schema 'lethe'", 'SET schema on this database'],
  ['set local session_replication_role = replica', 'SET session_replication_role on this database'],
  ['set standard_conforming_strings = off', 'SET standard_conforming_strings on this database'],
  ["set time zone 'Europe/Berlin'", 'SET time on this database'],
  ["select set_config('role', 'postgres', true)", 'SET role on this database'],
  [
    'create function f() returns void language sql as $$ delete from users $$',
    'CREATE function on this database',
  ],
  ['create or replace rule r as on insert to x do also delete from y', 'CREATE rule on this database'],
  ['create temporary view v as select * from users', 'CREATE view on this database'],
  ['create trigger t after insert on x execute function f()', 'CREATE trigger on this database'],
  ['delete from U&"\\0075sers"', 'an encoded name on this database'],
  ["select E'a'\n'\\'; delete from users; --'", 'an encoded name on this database'],
];

const ALLOWED: readonly string[] = [
  '',
  ' -- nothing\n;;',
  'select * from rt.tickets for update of tickets skip locked',
  'select * from rt.tickets for no key update',
  'select \'delete from users\', "delete from users" from x',
  "select E'\\'; delete from users; --'",
  'select $x$; delete from users $x$, $$ truncate users $$',
  'select 1 /* ; delete from users */ -- ; delete from users',
  'insert into rt.tickets values (1)',
  'insert into rt.tickets values (1) on conflict do nothing',
  'insert into lethe.hold values (1) on conflict (id) do update set note = excluded.note',
  'update lethe.plan set state = $1',
  'with a as (update lethe.plan set state = 1 returning 1) select * from a, rt.tickets',
  'delete from lethe.migration where number = 1',
  'delete from lethe.ledger_salt',
  'create temporary table if not exists batch (id int) on commit delete rows',
  'create table t (a int references x on delete cascade on update set null)',
  'delete from batch',
  'delete from pg_temp.tickets',
  'truncate batch',
  'drop table if exists batch',
  'alter table batch add b int',
  'delete from other.tickets where exists (select 1 from rt.tickets)',
  "set local jit = off; set local lock_timeout = '2s'",
  "select set_config('lethe.actor', $1, true)",
  'savepoint a; rollback to savepoint a; release a',
  'lock table rt.tickets in share mode',
  'analyze batch',
  'create materialized view m as select 1',
  'explain select 1',
  'values (1)',
  'select "update", t.delete from x t',
];

describe('the door', () => {
  const door = new Door();
  door.guard(GUARDED);

  for (const [text, refused] of REFUSED) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => {
        door.check(text);
      })
        .to.throw(LetheError)
        .with.property('message')
        .that.satisfies((message: string) => message.startsWith(`${refused} is refused here`));
    });
  }

  for (const text of ALLOWED) {
    it(`lets ${JSON.stringify(text)} pass`, () => {
      door.check(text);
    });
  }

  it('reads a long script in linear time', () => {
    const text = `insert into t values ${Array.from({ length: 100_000 }, (_, i) => `(${i}, 'it''s')`).join()}`;
    const start = performance.now();
    door.check(text);
    expect(performance.now() - start).to.be.below(2000);
    door.check(`select '${'x'.repeat(20_000_000)}'`);
  });

  it('wants guarded tables with their schema', () => {
    expect(() => {
      door.guard(['tickets']);
    }).to.throw(TypeError);
  });
});

bothDatabases('the door of a database', (open) => {
  const outcome = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof LetheError ? error.code : error),
    );

  it('is closed for every way but a disposal', async () => {
    const { db, admin } = await open();
    await migrate(db);
    await admin('create schema rt; create table rt.tickets (id int); insert into rt.tickets values (1)');
    const statement = sql`delete from rt.tickets`;
    db.guard(['rt.tickets']);
    expect(await outcome(db.query(statement))).to.equal('door_closed');
    expect(await outcome(db.transaction((tx) => tx.query(statement)))).to.equal('door_closed');
    expect(await outcome(db.transaction((tx) => tx.script(statement.text)))).to.equal('door_closed');
    expect(await outcome(db.query(sql`delete from lethe.hold`))).to.equal('door_closed');
    expect(await admin('select id from rt.tickets')).to.have.length(1);
    expect(await outcome(throughDoor(db, (tx) => tx.query(statement)))).to.equal('done');
    expect(await admin('select id from rt.tickets')).to.have.length(0);
  });

  it('does not open for an object that only looks like the database', async () => {
    const { db } = await open();
    expect(() => throughDoor({ ...db }, () => Promise.resolve())).to.throw(TypeError);
  });

  it('keeps the rules of transactions', async () => {
    const { db } = await open();
    const inside = throughDoor(db, () => outcome(db.query(sql`select 1`)));
    expect(await inside).to.equal('query_outside_transaction');
  });
});

describe('a database user named lethe', () => {
  it('does not mean the tables of schema "lethe" by names without a schema', async () => {
    const fresh = await freshDatabase();
    await fresh.admin(`create schema lethe; create table lethe.hold (id int); create table public.hold (id int);
      insert into lethe.hold values (1); insert into public.hold values (2);
      alter database ${new URL(fresh.url).pathname.slice(1)} set search_path = lethe, "$user", public`);
    const db = await openPostgres(fresh.url);
    await db.query(sql`delete from hold`);
    const { rows } = await db.query(raw('select current_schemas(false) as path'));
    await db.close();
    expect(rows).to.deep.equal([{ path: ['public'] }]);
    expect(await fresh.admin('select id from lethe.hold')).to.deep.equal([{ id: 1 }]);
    expect(await fresh.admin('select id from public.hold')).to.deep.equal([]);
    await fresh.drop();
  });
});
