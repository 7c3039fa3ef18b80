import pg from 'pg';
import { LetheError } from '../core/errors.js';
import type { Database, Isolation, Result } from './database.js';
import { databaseFailure } from './failures.js';
import { openPort, type Driver, type Outcome, type Session } from './port.js';
import { createPool, type PostgresOptions } from './pool.js';
import { identifier } from './sql.js';

/**
 * Transaction-local, because a pooler gives the next transaction another session, and a database or role may have defaults of
 * its own. One message with BEGIN: no round trip more.
 */
const SETTINGS = [
  "timezone = 'UTC'",
  "datestyle = 'ISO, YMD'",
  "intervalstyle = 'postgres'",
  "bytea_output = 'hex'",
  'extra_float_digits = 1',
  'standard_conforming_strings = on',
].map((setting) => `; set local ${setting}`);

/**
 * Opens a pool on a PostgreSQL server. Works behind a transaction-mode pooler: no named statements, no session settings.
 * Throws config_invalid, database_unreachable, database_encoding.
 */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Database> {
  const { pool, address } = createPool(url, options);
  try {
    const needed = await inspect(pool, address);
    return openPort(postgresDriver(pool, address, needed));
  } catch (error) {
    await pool.end();
    throw error;
  }
}

interface Found {
  readonly encoding: string;
  readonly schemas: readonly string[];
  readonly exposed: boolean;
  readonly forgetful: boolean;
}

/** Refuses another encoding than UTF8, and returns the part of BEGIN that this server, database or user needs. */
async function inspect(pool: pg.Pool, address: string): Promise<string> {
  const statement = `select current_setting('server_encoding') as encoding, current_schemas(false) as schemas,
    current_user = 'lethe' or current_setting('search_path') like '%lethe%' as exposed,
    current_setting('synchronous_commit') = 'off' as forgetful`;
  const { rows } = await failing(address, () => pool.query<Found>(statement));
  const [found = { encoding: '', schemas: [], exposed: false, forgetful: false }] = rows;
  if (found.encoding !== 'UTF8') throw new LetheError('database_encoding', { encoding: found.encoding });
  return `${found.exposed ? searchPathWithoutLethe(found.schemas) : ''}${found.forgetful ? KEEP_COMMITS : ''}`;
}

/** A crash would undo acts that the vault was told of as committed: the database would count as restored from a backup. */
const KEEP_COMMITS = '; set local synchronous_commit = on';

/** A user named lethe has schema "lethe" first in its path, and every unqualified name of the ticket system could mean it. */
function searchPathWithoutLethe(schemas: readonly string[]): string {
  const others = schemas.filter((schema) => schema !== 'lethe').map(identifier);
  return `; set local search_path = ${others.length === 0 ? "''" : others.join(', ')}`;
}

function postgresDriver(pool: pg.Pool, address: string, needed: string): Driver {
  const begin = (isolation: Isolation): string =>
    `begin isolation level ${isolation}${SETTINGS.join('')}${needed}`;
  return {
    kind: 'postgres',
    begin,
    session: () => failing(address, async () => sessionOn(await pool.connect(), address)),
    query: (text, values) => failing(address, () => queryAlone(pool, begin('read committed'), text, values)),
    close: () => pool.end(),
  };
}

function sessionOn(client: pg.PoolClient, address: string): Session {
  return {
    query: (text, values) =>
      failing(address, async () => resultOf(await client.query(extended(text, values)))),
    script: (text) => failing(address, async () => outcomesOf(await client.query(text))),
    release: (broken) => {
      client.release(broken);
    },
  };
}

/** BEGIN, the statement and COMMIT leave in one go: one round trip, not three. */
async function queryAlone(
  pool: pg.Pool,
  begin: string,
  text: string,
  values: readonly (string | null)[],
): Promise<Result> {
  const client = await pool.connect();
  const stream = streamOf(client);
  stream.cork(); // one packet, not three
  const sent = [client.query(begin), client.query(extended(text, values)), client.query('commit')] as const;
  stream.uncork();
  const settled = await Promise.allSettled(sent);
  client.release(client.getTransactionStatus() !== 'I');
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return resultOf(await sent[1]);
}

interface Corkable {
  cork(): void;
  uncork(): void;
}

/** The driver corks its stream itself, query by query; its types do not show it. */
const streamOf = (client: pg.PoolClient): Corkable =>
  (client as unknown as { readonly connection: { readonly stream: Corkable } }).connection.stream;

/** Also without values: the simple protocol would take several statements, which PGlite does not. */
function extended(text: string, values: readonly (string | null)[]): pg.QueryConfig {
  const query = { text, values: [...values], queryMode: 'extended' };
  return query;
}

const resultOf = ({ rows, rowCount }: pg.QueryResult): Result => ({
  rows: rows as Result['rows'],
  count: rowCount ?? 0,
});

/** The driver returns one result, or an array of them, as the text had one statement or several. */
function outcomesOf(results: pg.QueryResult | pg.QueryResult[]): Outcome[] {
  return [results].flat().map(({ command, rowCount }) => ({ command, count: rowCount ?? 0 }));
}

async function failing<T>(address: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw databaseFailure(error, address);
  }
}
