import { randomBytes } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import type { Database, Row } from '../../src/db/database.js';
import { openPglite } from '../../src/db/embedded.js';
import { migrate } from '../../src/db/migrate.js';
import type { MigrationSet } from '../../src/db/migrations.js';
import { parameters } from '../../src/db/parameters.js';
import { openPostgres } from '../../src/db/postgres.js';
import { parserOf } from '../../src/db/values.js';
import { serverUrl } from './server.js';

/** Runs SQL past the Database port. Without values the text may hold several statements; the last one's rows are returned. */
export type Admin = <R extends Row = Row>(text: string, values?: readonly unknown[]) => Promise<readonly R[]>;

export interface FreshDatabase {
  readonly url: string;
  readonly admin: Admin;
  /** A session of its own, for tests that hold locks; `drop` closes it. */
  readonly connect: () => Promise<pg.Client>;
  readonly drop: () => Promise<void>;
}

const types = { getTypeParser: parserOf as pg.CustomTypesConfig['getTypeParser'] };

export interface DatabaseOrder {
  readonly encoding?: string;
  /** URL of the administrator of another server than the one that the tests share. */
  readonly server?: string | undefined;
  /** The database it is a copy of; without one it is empty. */
  readonly template?: string;
}

/** A database of its own for a test. */
export async function freshDatabase(order: DatabaseOrder = {}): Promise<FreshDatabase> {
  const { encoding = 'UTF8', server, template = 'template0' } = order;
  const administrator = server ?? (await serverUrl());
  const name = `lethe_test_${randomBytes(6).toString('hex')}`;
  await onServer(
    administrator,
    `create database ${name} template ${template} encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`,
  );
  const url = Object.assign(new URL(administrator), { pathname: `/${name}` }).href;
  const clients: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url, types });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    await client.query("set timezone = 'UTC'");
    return client;
  };
  let admin: Promise<pg.Client> | undefined;
  const connectAdmin = async (): Promise<pg.Client> => {
    const client = await connect();
    // a server that crashed is asked over a new connection when it is back
    client.once('end', () => {
      admin = undefined;
    });
    return client;
  };
  return {
    url,
    connect,
    admin: async <R extends Row>(text: string, values?: readonly unknown[]) => {
      const client = await (admin ??= connectAdmin());
      const results = await client.query(text, values === undefined ? undefined : parameters(values));
      return rowsOf(results) as readonly R[];
    },
    drop: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await onServer(administrator, `drop database if exists ${name} with (force)`);
    },
  };
}

const rowsOf = (results: pg.QueryResult | pg.QueryResult[]): readonly Row[] =>
  ([results].flat().at(-1)?.rows ?? []) as readonly Row[];

async function onServer(url: string, text: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

const templates = new Map<string, Promise<FreshDatabase>>();

/** A database in which the migrations have run, to make others of: a copy takes a third of the time. */
export async function migratedTemplate(sets: readonly MigrationSet[]): Promise<string> {
  const made = templates.get(sets.join()) ?? makeTemplate(sets);
  templates.set(sets.join(), made);
  return new URL((await made).url).pathname.slice(1);
}

async function makeTemplate(sets: readonly MigrationSet[]): Promise<FreshDatabase> {
  const fresh = await freshDatabase();
  const db = await openPostgres(fresh.url, { max: 1 });
  await migrate(db, sets);
  await db.close();
  return fresh;
}

/** When all tests are over. */
export async function dropTemplates(): Promise<void> {
  for (const template of templates.values()) await (await template).drop();
  templates.clear();
}

export interface TestDatabase {
  readonly db: Database;
  readonly admin: Admin;
}

/** Runs the same tests on a PostgreSQL server and on PGlite in memory. What `open` opened is closed after each test. */
export function bothDatabases(title: string, tests: (open: () => Promise<TestDatabase>) => void): void {
  const openers = { postgres: openFresh, embedded: openEmpty };
  for (const [kind, opener] of Object.entries(openers)) {
    describe(`${title} (${kind})`, () => {
      const opened: (() => Promise<void>)[] = [];
      afterEach(async () => {
        for (const close of opened.splice(0)) await close();
      });
      tests(async () => {
        const { close, ...database } = await opener();
        opened.push(close);
        return database;
      });
    });
  }
}

/** The same over one database of each kind, for tests that put it in order themselves. */
export function bothDatabasesOnce(title: string, tests: (open: () => Promise<TestDatabase>) => void): void {
  const openers = { postgres: openFresh, embedded: openEmpty };
  for (const [kind, opener] of Object.entries(openers)) {
    describe(`${title} (${kind})`, () => {
      let opened: Promise<Opened> | undefined;
      after(async () => (await opened)?.close());
      tests(() => (opened ??= opener()));
    });
  }
}

type Opened = TestDatabase & { readonly close: () => Promise<void> };

async function openFresh(): Promise<Opened> {
  const { url, admin, drop } = await freshDatabase();
  const db = await openPostgres(url);
  const close = async (): Promise<void> => {
    await db.close();
    await drop();
  };
  return { db, admin, close };
}

async function openEmpty(): Promise<Opened> {
  const pglite = await PGlite.create({ dataDir: 'memory://', loadDataDir: await emptyImage() });
  const db = await openPglite(pglite);
  // PGlite has one session: inside an open transaction of the port this is inside it, too
  const admin: Admin = async <R extends Row>(text: string, values?: readonly unknown[]) => {
    if (values === undefined) return ((await pglite.exec(text)).at(-1)?.rows ?? []) as R[];
    return (await pglite.query<R>(text, parameters(values))).rows;
  };
  return { db, admin, close: () => db.close() };
}

let image: Promise<Blob> | undefined;

/** Creating a data folder takes seconds, loading a dump of one half a second. */
function emptyImage(): Promise<Blob> {
  return (image ??= dumpEmpty());
}

async function dumpEmpty(): Promise<Blob> {
  const pglite = await PGlite.create('memory://');
  const dump = await pglite.dumpDataDir('none');
  await pglite.close();
  return dump;
}
