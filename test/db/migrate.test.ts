import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { migrate, requireSchema, schemaState } from '../../src/db/migrate.js';
import { MIGRATIONS, migrationsText, readMigrations } from '../../src/db/migrations.js';
import { openPostgres } from '../../src/db/postgres.js';
import { sql } from '../../src/db/sql.js';
import { bothDatabases, freshDatabase } from '../support/database.js';

const names = readMigrations(['desk']).map(({ set, name }) => `${set}/${name}`);

const refusal = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('nothing was refused'),
    (error: unknown) => error,
  );

bothDatabases('migrations', (open) => {
  it('are applied once, in order, and recorded', async () => {
    const { db } = await open();
    expect(await schemaState(db, ['desk'])).to.equal('missing');
    expect(await refusal(requireSchema(db))).to.include({ code: 'schema_missing' });
    expect(await migrate(db, ['desk'])).to.deep.equal(names);
    expect(await migrate(db, ['desk'])).to.deep.equal([]);
    expect(await schemaState(db, ['desk'])).to.equal('current');
    const { rows } = await db.query<{ name: string }>(
      sql`select set_name || '/' || name as name from lethe.migration order by set_name desc, number`,
    );
    expect(rows.map(({ name }) => name)).to.deep.equal(names);
  });

  it('of the help desk come only when asked for', async () => {
    const { db } = await open();
    expect(await migrate(db)).to.deep.equal(names.filter((name) => name.startsWith('lethe/')));
    expect(await schemaState(db)).to.equal('current');
    expect(await schemaState(db, ['desk'])).to.equal('older');
    expect(await refusal(requireSchema(db, ['desk']))).to.include({ code: 'schema_older' });
    expect(await migrate(db, ['desk'])).to.deep.equal(names.filter((name) => name.startsWith('desk/')));
  });

  it('that this code does not know yet stop it', async () => {
    const { db, admin } = await open();
    await migrate(db);
    await admin(`insert into lethe.migration values ('lethe', 9999, '9999-future', '')`);
    expect(await refusal(migrate(db))).to.include({ code: 'schema_newer' });
    expect(await refusal(requireSchema(db))).to.include({ code: 'schema_newer' });
  });

  it('whose file was changed after they were applied stop it', async () => {
    const { db, admin } = await open();
    await migrate(db);
    await admin(`update lethe.migration set digest = 'other' where number = 1`);
    const error = await refusal(migrate(db));
    expect(error).to.include({ code: 'schema_changed' });
    expect(error).to.have.property('message').that.includes(names[0]);
  });

  it('of the help desk do not mix with tables of that name that somebody else made', async () => {
    const { db, admin } = await open();
    await admin('create schema desk; create table desk.agents (id int)');
    const error = await refusal(migrate(db, ['desk']));
    expect(error).to.include({ code: 'schema_occupied' });
    expect(await schemaState(db, ['desk'])).to.equal('missing');
  });

  it('fail as a whole', async () => {
    const { db } = await open();
    const folder = mkdtempSync(join(tmpdir(), 'lethe-migrations-'));
    cpSync(MIGRATIONS, folder, { recursive: true });
    writeFileSync(join(folder, 'lethe', '9999-broken.sql'), 'create table lethe.half (); select 1 / 0;');
    const error = await refusal(migrate(db, [], folder));
    rmSync(folder, { recursive: true });
    expect(error).to.include({ code: 'database_failed' });
    expect(await schemaState(db)).to.equal('missing');
  });

  it('printed for a DBA leave nothing to do', async () => {
    const { db, admin } = await open();
    await admin(migrationsText(['desk']));
    expect(await schemaState(db, ['desk'])).to.equal('current');
    expect(await migrate(db, ['desk'])).to.deep.equal([]);
  });
});

describe('migrations on a server', () => {
  it('started by several processes at once are applied by one of them', async () => {
    const fresh = await freshDatabase();
    const dbs = await Promise.all(Array.from({ length: 4 }, () => openPostgres(fresh.url)));
    const applied = await Promise.all(dbs.map((db) => migrate(db, ['desk'])));
    for (const db of dbs) await db.close();
    await fresh.drop();
    expect(applied.filter((list) => list.length > 0)).to.deep.equal([names]);
  });

  it('tell a user without the right to create a schema which right is missing', async () => {
    const fresh = await freshDatabase();
    const role = `erika_${new URL(fresh.url).pathname.slice(1)}`;
    await fresh.admin(`create role ${role} login password 'geheim'`);
    const limited = await openPostgres(
      Object.assign(new URL(fresh.url), { username: role, password: 'geheim' }).href,
    );
    expect(await refusal(migrate(limited))).to.include({ code: 'database_right_missing' });
    await fresh.admin(migrationsText());
    await fresh.admin(`grant usage on schema lethe to ${role}; grant select on lethe.migration to ${role}`);
    expect(await migrate(limited)).to.deep.equal([]);
    await limited.close();
    await fresh.admin(`drop owned by ${role}; drop role ${role}`);
    await fresh.drop();
  });
});
