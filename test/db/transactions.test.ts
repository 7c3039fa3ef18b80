import { inspect } from 'node:util';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { sqlstateOf } from '../../src/db/failures.js';
import { openPostgres } from '../../src/db/postgres.js';
import { sql } from '../../src/db/sql.js';
import { bothDatabases, freshDatabase, type FreshDatabase } from '../support/database.js';

const MARKER = 'Erika.Mustermann@example.org';

async function refusal(work: Promise<unknown>): Promise<LetheError> {
  const error = await work.then(
    () => expect.fail('nothing was refused'),
    (reason: unknown) => reason,
  );
  expect(error, inspect(error)).to.be.instanceOf(LetheError);
  return error as LetheError;
}

bothDatabases('transactions', (open) => {
  it('what fails inside is rolled back, and the error comes out as it was thrown', async () => {
    const { db, admin } = await open();
    await admin('create table t (a int)');
    const mine = new Error('mine');
    const thrown = await db
      .transaction(async (tx) => {
        await tx.query(sql`insert into t values (1)`);
        throw mine;
      })
      .catch((error: unknown) => error);
    expect(thrown).to.equal(mine);
    expect(await admin('select a from t')).to.deep.equal([]);
  });

  it('a statement that failed and was ignored does not look committed', async () => {
    const { db, admin } = await open();
    await admin('create table t (a int)');
    const error = await refusal(
      db.transaction(async (tx) => {
        await tx.query(sql`insert into t values (1)`);
        await tx.query(sql`select 1 / 0`).catch(() => undefined);
      }),
    );
    expect(error.code).to.equal('database_failed');
    expect(await admin('select a from t')).to.deep.equal([]);
  });

  it('a constraint checked at COMMIT rolls back and is reported', async () => {
    const { db, admin } = await open();
    await admin('create table t (a int unique deferrable initially deferred)');
    const error = await refusal(
      db.transaction((tx) => tx.script('insert into t values (1); insert into t values (1)')),
    );
    expect(sqlstateOf(error)).to.equal('23505');
    expect(sqlstateOf(await refusal(db.query(sql`insert into t values (2), (2)`)))).to.equal('23505');
    expect(await admin('select a from t')).to.deep.equal([]);
  });

  it('a transaction reads committed unless it asks for repeatable read', async () => {
    const { db } = await open();
    const isolation = sql`select current_setting('transaction_isolation') as level`;
    const levels = [
      await db.transaction((tx) => tx.query(isolation)),
      await db.transaction((tx) => tx.query(isolation), { isolation: 'repeatable read' }),
      await db.query(isolation),
    ].map(({ rows }) => rows[0]?.['level']);
    expect(levels).to.deep.equal(['read committed', 'repeatable read', 'read committed']);
  });

  it('a query beside an open transaction throws instead of waiting', async () => {
    const { db } = await open();
    const codes = await db.transaction(async () => [
      (await refusal(db.query(sql`select 1`))).code,
      (await refusal(db.transaction(() => Promise.resolve()))).code,
      (await refusal(db.close())).code,
    ]);
    expect(codes).to.deep.equal(Array(3).fill('query_outside_transaction'));
  });

  it('a transaction within one of another database is inside both, and nothing beside either', async () => {
    const [{ db: outer }, { db: inner }] = [await open(), await open()];
    const codes = await outer.transaction(async () => {
      await inner.query(sql`select 1`);
      const within = await inner.transaction(async () => [
        (await refusal(inner.query(sql`select 1`))).code,
        (await refusal(outer.query(sql`select 1`))).code,
      ]);
      await inner.query(sql`select 1`);
      return [...within, (await refusal(outer.query(sql`select 1`))).code];
    });
    expect(codes).to.deep.equal(Array(3).fill('query_outside_transaction'));
  });

  it('what a transaction leaves running may query again when it is over', async () => {
    const { db } = await open();
    let later: Promise<unknown> = Promise.resolve();
    let ended = (): void => undefined;
    const over = new Promise<void>((resolve) => (ended = resolve));
    await db.transaction(() => {
      later = over.then(() => db.query(sql`select 1`));
      return Promise.resolve();
    });
    ended();
    await later;
  });

  it('a transaction cannot be used after its end', async () => {
    const { db } = await open();
    const tx = await db.transaction((open) => Promise.resolve(open));
    const error: unknown = await tx.query(sql`select 1`).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('message', 'this transaction has ended');
  });

  it('callers side by side do not see each other', async () => {
    const { db, admin } = await open();
    await admin('create table t (a int)');
    const add = (a: number): Promise<string> =>
      db.transaction(async (tx) => {
        await tx.query(sql`insert into t values (${a})`);
        const { rows } = await tx.query<{ seen: string }>(sql`select count(*) as seen from t where a = ${a}`);
        if (a % 2 === 1) throw new Error('odd');
        return rows[0]?.seen ?? '';
      });
    const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, a) => add(a)));
    expect(settled.filter(({ status }) => status === 'fulfilled')).to.have.length(10);
    expect(await admin('select count(*) as n from t')).to.deep.equal([{ n: '10' }]);
  });

  it('errors name tables and constraints, never the values in them', async () => {
    const { db, admin } = await open();
    await admin(`create table person (email text unique, age int check (age < 200), note varchar(5));
      insert into person values ('${MARKER}')`);
    const statements = [
      sql`insert into person values (${MARKER})`,
      sql`insert into person values (${MARKER + '2'}, 999)`,
      sql`select ${MARKER}::int`,
      sql`select email::int from person`,
      sql`insert into person (note) values (${MARKER})`,
      sql`select ${MARKER}::date, nonsense from person`,
    ];
    for (const statement of statements) {
      for (const failed of [db.query(statement), db.transaction((tx) => tx.query(statement))]) {
        const error = await refusal(failed);
        expect(error.code).to.equal('database_failed');
        expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.to.include(
          'Mustermann',
        );
      }
    }
    const script = `insert into person values ('${MARKER}')`;
    const error = await refusal(db.transaction((tx) => tx.script(script)));
    expect(inspect(error, { depth: 9, showHidden: true })).not.to.include('Mustermann');
    expect(error.message).to.equal(
      'the database refused a statement (23505 on table public.person, constraint person_email_key)',
    );
    expect(sqlstateOf(error)).to.equal('23505');
  });

  it('errors about names say which', async () => {
    const { db } = await open();
    const { message } = await refusal(db.query(sql`select 1 from nowhere`));
    expect(message).to.include('42P01').and.include('"nowhere"');
  });

  it('closing twice is closing once, and later queries say so', async () => {
    const { db } = await open();
    await Promise.all([db.close(), db.close()]);
    expect((await refusal(db.query(sql`select 1`))).message).to.include('this connection was closed');
  });
});

describe('a PostgreSQL server', () => {
  let fresh: FreshDatabase;
  beforeEach(async () => {
    fresh = await freshDatabase();
  });
  afterEach(() => fresh.drop());

  it('answers in UTC and ISO, whatever the database and its user have as defaults', async () => {
    const { pathname } = new URL(fresh.url);
    await fresh.admin(`alter database ${pathname.slice(1)} set timezone = 'Asia/Kolkata';
      alter database ${pathname.slice(1)} set datestyle = 'German, DMY';
      alter database ${pathname.slice(1)} set intervalstyle = 'iso_8601';
      alter database ${pathname.slice(1)} set bytea_output = 'escape';
      alter database ${pathname.slice(1)} set extra_float_digits = -10;
      alter database ${pathname.slice(1)} set default_transaction_isolation = 'serializable';
      alter database ${pathname.slice(1)} set standard_conforming_strings = off`);
    const db = await openPostgres(fresh.url);
    const question = sql`select timestamptz '2026-11-21 00:00:00' as t, date '2026-11-21' as d, interval '1 day' as i,
      ${Uint8Array.of(1, 200)}::bytea as b, 1::float8 / 3 as f, 'a\\b' as s,
      current_setting('transaction_isolation') as level`;
    const expected = {
      t: '2026-11-21T00:00:00.000000Z',
      d: '2026-11-21',
      i: '1 day',
      b: Uint8Array.of(1, 200),
      f: 1 / 3,
      s: 'a\\b',
      level: 'read committed',
    };
    try {
      expect((await db.query(question)).rows).to.deep.equal([expected]);
      expect((await db.transaction((tx) => tx.query(question))).rows).to.deep.equal([expected]);
    } finally {
      await db.close();
    }
  });

  it('in another encoding than UTF8 is refused', async () => {
    const latin = await freshDatabase({ encoding: 'LATIN1' });
    const { code, message } = await refusal(openPostgres(latin.url));
    await latin.drop();
    expect(code).to.equal('database_encoding');
    expect(message).to.include('LATIN1');
  });

  it('that cannot be reached is named by host, port and database only', async () => {
    const url = 'postgres://erika:geheim@127.0.0.1:1/tickets?application_name=erika';
    const error = await refusal(openPostgres(url));
    expect(error.code).to.equal('database_unreachable');
    expect(error.message).to.include('127.0.0.1:1/tickets: connection refused');
    expect(inspect(error, { depth: 9, showHidden: true })).not.to.match(/erika|geheim/);
  });

  it('that does not know the user, the password or the database says so without naming them', async () => {
    const wrong = (change: Partial<URL>): string => Object.assign(new URL(fresh.url), change).href;
    for (const [url, reason] of [
      [wrong({ username: 'erika', password: 'geheim' }), 'not accepted'],
      [wrong({ password: 'geheim' }), 'not accepted'],
      [wrong({ pathname: '/nowhere' }), 'no database of that name'],
    ] as const) {
      const error = await refusal(openPostgres(url));
      expect(error.code).to.equal('database_unreachable');
      expect(error.message).to.include(reason);
      expect(inspect(error, { depth: 9, showHidden: true })).not.to.match(/erika|geheim/);
    }
  });

  it('is not looked for under a URL that cannot be read, nor is the URL repeated', async () => {
    for (const url of ['', 'geheim', 'mysql://erika:geheim@h/d', 'postgres://erika:geheim@h:port/d']) {
      const error = await refusal(openPostgres(url));
      expect(error.code).to.equal('config_invalid');
      expect(inspect(error, { depth: 9, showHidden: true })).not.to.match(/erika|geheim/);
    }
  });

  it('that ends a connection in a transaction makes that transaction fail and no other', async () => {
    const db = await openPostgres(fresh.url, { max: 1 });
    try {
      const error = await refusal(
        db.transaction(async (tx) => {
          const { rows } = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
          await fresh.admin('select pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
          await tx.query(sql`select 1`);
        }),
      );
      expect(error.code).to.equal('database_unreachable');
      expect((await db.query(sql`select 1 as one`)).rows).to.deep.equal([{ one: 1 }]);
    } finally {
      await db.close();
    }
  });

  it('may end idle connections', async () => {
    const db = await openPostgres(fresh.url, { max: 1 });
    try {
      const { rows } = await db.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await fresh.admin('select pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect((await db.query(sql`select 1 as one`)).rows).to.deep.equal([{ one: 1 }]);
    } finally {
      await db.close();
    }
  });

  it('tells a user without the right that the right is missing, and which SQLSTATE it was', async () => {
    await fresh.admin('create table secret (a int)');
    const role = `erika_${new URL(fresh.url).pathname.slice(1)}`;
    await fresh.admin(`create role ${role} login password 'geheim'`);
    const db = await openPostgres(
      Object.assign(new URL(fresh.url), { username: role, password: 'geheim' }).href,
    );
    const error = await refusal(db.query(sql`select * from secret`));
    await db.close();
    await fresh.admin(`drop role ${role}`);
    expect(error.code).to.equal('database_right_missing');
    expect(sqlstateOf(error)).to.equal('42501');
  });
});
