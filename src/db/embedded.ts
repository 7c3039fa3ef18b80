import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite, type Results } from '@electric-sql/pglite';
import type { Database, Result, Row } from './database.js';
import { databaseFailure } from './failures.js';
import { lockFolder } from './folder-lock.js';
import { openPort, type Driver, type Session } from './port.js';
import { Turns } from './turns.js';
import { PARSERS } from './values.js';

/**
 * Opens the database in `<folder>/db`, creating it on first use (some seconds), and holds the folder until it is closed.
 * Throws folder_in_use.
 */
export async function openEmbedded(folder: string): Promise<Database> {
  const { release } = await lockFolder(folder);
  try {
    return await openPglite(await openFolder(folder), folder, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** The port over a PGlite that nobody else uses; it is closed with the port. */
export async function openPglite(
  pglite: PGlite,
  address = 'memory',
  closed = (): void => undefined,
): Promise<Database> {
  // its own tables would turn bigint into number and instants into Date; parameters come as text already
  pglite.parsers = { ...PARSERS };
  pglite.serializers = {};
  await pglite.exec("set timezone = 'UTC'; set datestyle = 'ISO, YMD'");
  return openPort(embeddedDriver(pglite, address, closed));
}

/** A creation that was killed leaves a folder without end; the mark says so, and nothing was stored in it yet. */
async function openFolder(folder: string): Promise<PGlite> {
  const [data, unfinished] = [join(folder, 'db'), join(folder, 'db-unfinished')];
  if (existsSync(unfinished)) rmSync(data, { recursive: true, force: true });
  if (existsSync(data)) return PGlite.create(data);
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(unfinished, '');
  const pglite = await PGlite.create(data);
  rmSync(unfinished);
  return pglite;
}

function embeddedDriver(pglite: PGlite, address: string, closed: () => void): Driver {
  const turns = new Turns();
  const session = async (): Promise<Session> => sessionOn(pglite, address, await turns.take());
  return {
    kind: 'embedded',
    begin: (isolation) => `begin isolation level ${isolation}`,
    session,
    query: async (text, values) => {
      const alone = await session();
      try {
        return await alone.query(text, values);
      } finally {
        alone.release(false);
      }
    },
    close: async () => {
      const end = await turns.take();
      await pglite.close();
      closed();
      end();
    },
  };
}

function sessionOn(pglite: PGlite, address: string, release: () => void): Session {
  return {
    query: (text, values) =>
      failing(address, async () => resultOf(await pglite.query<Row>(text, [...values]))),
    script: (text) =>
      failing(address, async () =>
        (await pglite.exec(text)).map(({ command = '', rowCount = 0 }) => ({ command, count: rowCount })),
      ),
    release,
  };
}

const resultOf = ({ rows, rowCount = 0 }: Results<Row>): Result => ({ rows, count: rowCount });

async function failing<T>(address: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw databaseFailure(error, address);
  }
}
