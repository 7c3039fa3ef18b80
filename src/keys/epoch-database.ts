import { LetheError } from '../core/errors.js';
import { parseInstant } from '../core/instant.js';
import type { Database, Row } from '../db/database.js';
import { migrateEpochs } from '../db/migrate.js';
import { openPostgres } from '../db/postgres.js';
import { sql } from '../db/sql.js';
import type { EpochStore, StoredEpoch } from './epoch-store.js';

/**
 * Epoch keys in schema "lethe_epochs" of a PostgreSQL database, which is connected to at the first use: what needs no key goes on
 * without it. A removed row is gone for queries at once, from the server's files with its vacuum and its write-ahead log.
 */
export function epochDatabase(url: string): EpochStore {
  const place = placeOf(url);
  let opened: Promise<Database> | undefined;
  const use = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    opened ??= connect(url);
    try {
      return await work(await opened.catch(forget));
    } catch (error) {
      throw unreadable(place, error);
    }
  };
  const forget = (error: unknown): never => {
    opened = undefined; // the next one tries again
    throw error;
  };
  return {
    place,
    all: () => use(readAll),
    put: (epoch) => use((db) => put(db, epoch)),
    replace: ({ id, wrapped }) =>
      use(async (db) => {
        await db.query(sql`update lethe_epochs.epoch set wrapped = ${Buffer.from(wrapped)} where id = ${id}`);
      }),
    remove: (id) =>
      use(async (db) => {
        await db.query(sql`delete from lethe_epochs.epoch where id = ${id}`);
      }),
    close: async () => {
      const db = await opened?.catch(() => undefined);
      await db?.close();
    },
  };
}

async function connect(url: string): Promise<Database> {
  const db = await openPostgres(url, { max: 2 });
  try {
    await migrateEpochs(db);
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

interface EpochRow extends Row {
  readonly id: string;
  readonly wrapped: Uint8Array;
  readonly made_at: string;
}

async function readAll(db: Database): Promise<readonly StoredEpoch[]> {
  const { rows } = await db.query<EpochRow>(
    sql`select id, wrapped, made_at from lethe_epochs.epoch order by made_at, id`,
  );
  return rows.map(({ id, wrapped, made_at }) => {
    const madeAt = parseInstant(made_at);
    if (madeAt === null) throw new RangeError('made_at');
    return { id, wrapped, madeAt };
  });
}

async function put(db: Database, { id, wrapped, madeAt }: StoredEpoch): Promise<void> {
  await db.query(sql`
    insert into lethe_epochs.epoch (id, wrapped, made_at)
    values (${id}, ${Buffer.from(wrapped)}, ${madeAt}::timestamptz)
    on conflict (id) do update set wrapped = excluded.wrapped, made_at = excluded.made_at`);
}

/** Host and database: a URL also carries the password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `database ${host}${pathname}`;
}

const unreadable = (place: string, error: unknown): LetheError =>
  new LetheError('epochs_unreadable', { place, reason: reasonOf(error) });

function reasonOf(error: unknown): string {
  // the message of anything but our own errors may hold what was read
  if (!(error instanceof LetheError)) return 'what is in it cannot be understood';
  const { reason } = error.details;
  return error.code === 'database_unreachable' ? String(reason) : error.message;
}
