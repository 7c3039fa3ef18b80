import { cpSync } from 'node:fs';
import pg from 'pg';
import type { Clock } from '../../src/core/clock.js';
import type { Database } from '../../src/db/database.js';
import { openPostgres } from '../../src/db/postgres.js';
import { guardedTables, type MapGraph } from '../../src/datamap/graph.js';
import { engineOver, type Engine } from '../../src/engine.js';
import type { Vault } from '../../src/vault/vault.js';
import { serverUrl } from './server.js';
import { policiesOf, rule, TODAY, type Desk } from './small-desk.js';
import { dropVault, vaultFolder, vaultOf } from './vault.js';

/** The database as it was at a moment: a copy under another name, whose vault is today's. */
export interface Yesterday {
  readonly engine: Engine;
  readonly db: Database;
  readonly rows: (query: string) => Promise<readonly string[]>;
}

const opened: (() => Promise<void>)[] = [];
let backups = 0;

/** For `afterEach`. */
export async function closeRestored(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

const onServer = async (text: string): Promise<void> => {
  const client = new pg.Client(await serverUrl());
  await client.connect();
  await client.query(text).finally(() => client.end());
};

const nameOf = (desk: Desk): string => new URL(desk.url).pathname.slice(1);

const urlOf = (desk: Desk, name: string): string =>
  Object.assign(new URL(desk.url), { pathname: `/${name}` }).href;

/** Copies the database as it is now; ends every connection to it. Returns the copy's name. */
export async function backUp(desk: Desk): Promise<string> {
  backups += 1;
  const name = `${nameOf(desk)}_backup_${backups}`;
  await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${nameOf(desk)}'`);
  await onServer(`create database ${name} template ${nameOf(desk)}`);
  opened.push(() => onServer(`drop database if exists ${name} with (force)`));
  return name;
}

/** The backup under a copy of the vault as it is now. */
export async function restored(desk: Desk, name: string): Promise<Yesterday> {
  const url = urlOf(desk, name);
  cpSync(vaultFolder(desk.url), vaultFolder(url), { recursive: true });
  const db = await openPostgres(url, { max: 4 });
  opened.push(async () => {
    await db.close();
    dropVault(url);
  });
  db.guard(guardedTables(desk.graph));
  const client = new pg.Client(url);
  await client.connect();
  opened.push(() => client.end());
  const rows = async (query: string): Promise<readonly string[]> =>
    (
      await client.query<{ value: unknown }>(`select value::text from (${query}) q(value) order by value`)
    ).rows.map(({ value }) => String(value));
  const policies = policiesOf(desk.graph, [rule()]);
  return {
    db,
    rows,
    engine: engineOver({
      db,
      graph: desk.graph,
      policiesInForce: () => Promise.resolve(policies),
      clock: TODAY,
      vault: vaultOf(url),
    }),
  };
}

/** What replay and verify work with. */
export const context = (
  { engine: { db, graph, clock } }: Yesterday,
  desk: Desk,
  name: string,
): { readonly db: Database; readonly graph: MapGraph; readonly clock: Clock; readonly vault: Vault } => ({
  db,
  graph,
  clock,
  vault: vaultOf(urlOf(desk, name)),
});
