import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database, Row, Tx } from '../db/database.js';
import { throughDoor } from '../db/disposal-door.js';
import { sqlstateOf } from '../db/failures.js';
import { raw, sql } from '../db/sql.js';
import type { MapGraph } from '../datamap/graph.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { ConvertContext } from './convert-context.js';
import { sharedIdentifiers } from './convert-index.js';
import { encryptRows } from './convert-rows.js';
import { lockNext, protectedTables, requireOwners, type ProtectedTable } from './convert-table.js';
import { advance, beginAgain, encryptedRows, lockProgress } from './progress.js';
import {
  addConstraint,
  constrainedColumns,
  dropConstraint,
  refusePlaintext,
  stopRefusing,
  validateConstraint,
} from './refuse-plaintext.js';
import { encryptionState } from './state.js';

export interface ConvertWatch {
  /** Rows of all tables, and those that were looked at. */
  readonly progress?: ((progress: { readonly items: number; readonly done: number }) => void) | undefined;
  /** Checked between batches; the next call goes on where this one stopped. */
  readonly signal?: AbortSignal | undefined;
}

export interface Encrypted {
  /** False: everything was encrypted already. */
  readonly isNew: boolean;
  /** Rows encrypted, by table; those that were written encrypted from the beginning are not among them. */
  readonly rows: Readonly<Record<string, number>>;
  /** People whose e-mail address or number is another's, in normal form; they are found with them, and should be looked at. */
  readonly shared: number;
}

/**
 * A lock is not waited for longer: everybody who comes after would wait, too. Shorter than the server's deadlock_timeout, so that where
 * this and a writer wait for each other it is this that is tried again.
 */
const LOCK_TIMEOUT = raw(`set local lock_timeout = '500ms'`);
const DEADLOCK = '40P01';
const LOCK_WAITED = '55P03';
const CHECK_FAILED = '23514';
const PAUSE_MS = 200;
const ATTEMPTS = 100;
/** Rows that a sweep missed because they were written in the clear past every trigger are swept again so often. */
const SWEEPS = 3;

/**
 * Encrypts what the map protects, while others read and write: from the first transaction on new values are encrypted, the old ones
 * follow in batches, and at the end constraints say that nothing is left. Killed anywhere, the next call goes on; two at once share
 * the work. Nothing happens where everything is encrypted already; what the map protects in addition by now is encrypted, too.
 * @param actor name of who asked for it
 * @throws LetheError `value_unowned`, `encryption_incomplete` (interrupted, or somebody keeps a table locked), and what
 *   Keyring.open throws: what was done stays done
 */
export async function encryptDatabase(
  context: ConvertContext,
  actor: string,
  watch: ConvertWatch = {},
): Promise<Encrypted> {
  const tables = protectedTables(context.graph.tables.values());
  await protectMore(context, tables, actor);
  if ((await encryptionState(context.db)) === 'on')
    return { isNew: false, ...(await encryptedSoFar(context)) };
  await beginEncryption(context, actor);
  const tell = await teller(context, tables, watch);
  for (const table of tables) await encryptTable(context, table, watch, tell);
  await provenEncrypted(context, tables, watch);
  const isNew = await finishEncryption(context, actor);
  return { isNew, ...(await encryptedSoFar(context)) };
}

const encryptedSoFar = async ({ db, graph }: ConvertContext): Promise<Omit<Encrypted, 'isNew'>> => ({
  rows: await encryptedRows(db),
  shared: await sharedIdentifiers(db, graph),
});

/**
 * From its commit on new values are encrypted; who had read before that they are not is waited for, or refused. One table at a time:
 * whoever locks several at once waits for writers who wait for it.
 * @throws LetheError `value_unowned`
 */
export async function beginEncryption(
  { db, graph, clock }: Omit<ConvertContext, 'keyring'>,
  actor: string,
): Promise<void> {
  const tables = protectedTables(graph.tables.values());
  if ((await encryptionState(db)) === 'off') {
    await requireOwners(db, tables);
    await patiently(db, async (tx) => {
      const { count } = await tx.query(sql`
        insert into lethe.encryption (state, map_id, begun_at)
        values ('converting', ${graph.id}, ${clock.now()}::timestamptz) on conflict do nothing`);
      if (count > 0) await note(tx, 'encryption.begun', clock, actor, { tables: tables.length });
    });
  }
  for (const table of tables) await patiently(db, (tx) => refusePlaintext(tx, table));
}

/**
 * Where everything was encrypted, and the map protects more by now: those tables are converted again, from their triggers to their
 * constraints. Encrypted values stay as they are.
 * @throws LetheError `value_unowned`
 */
async function protectMore(
  { db, clock }: ConvertContext,
  tables: readonly ProtectedTable[],
  actor: string,
): Promise<void> {
  const state = await encryptionState(db);
  if (state === 'off') return;
  const constrained = await constrainedColumns(db);
  const lacking = tables.filter((table) => {
    const said = constrained.get(table.sql);
    if (!said) return state === 'on'; // else its turn has not come yet
    return table.protected.columns.some(({ name }) => !said.includes(name));
  });
  await requireOwners(db, lacking);
  for (const table of lacking) {
    await patiently(db, (tx) => refusePlaintext(tx, table));
    await patiently(db, async (tx) => {
      const { count } = await tx.query(sql`
        update lethe.encryption set state = 'converting', done_at = null where state = 'on'`);
      if (count > 0) await note(tx, 'encryption.begun', clock, actor, { tables: lacking.length });
      await dropConstraint(tx, table);
      await beginAgain(tx, table.id);
    });
  }
}

/** Batch by batch from where the last one stopped, whoever did it. */
async function encryptTable(
  context: ConvertContext,
  table: ProtectedTable,
  { signal }: ConvertWatch,
  tell: (rows: number) => void,
): Promise<void> {
  for (;;) {
    if (signal?.aborted) throw incomplete('it was interrupted');
    const looked = await patiently(context.db, async (tx) => {
      const { after, isDone } = await lockProgress(tx, table.id);
      if (isDone) return null;
      const rows = await lockNext(tx, table, after, 'all');
      const encrypted = await encryptRows(tx, context, table, rows);
      await advance(tx, table.id, rows.at(-1)?.key ?? null, encrypted);
      return rows.length;
    });
    if (looked === null) return;
    tell(looked);
  }
}

/** Every row of every table is looked at once more, by the database. */
async function provenEncrypted(
  context: ConvertContext,
  tables: readonly ProtectedTable[],
  { signal }: ConvertWatch,
): Promise<void> {
  for (const table of tables)
    for (let sweep = 1; ; sweep += 1) {
      if (signal?.aborted) throw incomplete('it was interrupted');
      await sweepTable(context, table);
      await patiently(context.db, async (tx) => {
        await lockProgress(tx, table.id);
        await addConstraint(tx, table);
      });
      if (await validated(context.db, table)) break;
      if (sweep === SWEEPS) throw incomplete(`values in the clear keep coming into ${table.id}`);
    }
}

/** What came into the table before the constraint did, and past the trigger: with replication, or while it was disabled. */
async function sweepTable(context: ConvertContext, table: ProtectedTable): Promise<void> {
  for (let encrypted = 1; encrypted > 0;)
    encrypted = await patiently(context.db, async (tx) => {
      await lockProgress(tx, table.id);
      const swept = await encryptRows(tx, context, table, await lockNext(tx, table, null, 'sweep'));
      await advance(tx, table.id, null, swept);
      return swept;
    });
}

async function validated(db: Database, table: ProtectedTable): Promise<boolean> {
  try {
    await patiently(db, (tx) => validateConstraint(tx, table));
    return true;
  } catch (error) {
    if (sqlstateOf(error) !== CHECK_FAILED) throw error;
    return false;
  }
}

/** False: somebody else was first. */
async function finishEncryption({ db, graph, clock }: ConvertContext, actor: string): Promise<boolean> {
  const isFirst = await patiently(db, async (tx) => {
    const { count } = await tx.query(sql`
      update lethe.encryption set state = 'on', done_at = ${clock.now()}::timestamptz where state = 'converting'`);
    if (count > 0) await note(tx, 'encryption.finished', clock, actor, await encryptedRows(tx));
    return count > 0;
  });
  await dropTriggers(db, graph);
  return isFirst;
}

/** Constraints say the same by now. */
async function dropTriggers(db: Database, graph: MapGraph): Promise<void> {
  for (const table of protectedTables(graph.tables.values()))
    await patiently(db, (tx) => stopRefusing(tx, table));
}

async function note(
  tx: Tx,
  kind: string,
  clock: Clock,
  actor: string,
  counts: Readonly<Record<string, number>>,
): Promise<void> {
  await appendEntry(tx, { kind, at: clock.now(), actor: await actorId(tx, actor), about: {}, counts });
}

/** One transaction through the door, again when another writer crossed it or held a lock. */
async function patiently<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await throughDoor(db, async (tx) => {
        await tx.query(sql`${LOCK_TIMEOUT}`);
        return work(tx);
      });
    } catch (error) {
      const state = sqlstateOf(error);
      if (state !== DEADLOCK && state !== LOCK_WAITED) throw error;
      if (attempt === ATTEMPTS) throw incomplete('another session keeps rows or a table locked');
      await wait(PAUSE_MS * (1 + Math.random()));
    }
}

const incomplete = (reason: string): LetheError => new LetheError('encryption_incomplete', { reason });

/** Tells how far it is, of the rows that there were at the beginning. */
async function teller(
  { db }: ConvertContext,
  tables: readonly ProtectedTable[],
  { progress }: ConvertWatch,
): Promise<(rows: number) => void> {
  if (!progress) return () => undefined;
  let [items, done] = [0, 0];
  for (const table of tables) {
    const { rows } = await db.query<Row & { count: string }>(
      sql`select count(*)::text as count from ${raw(table.sql)}`,
    );
    items += Number(rows[0]?.count ?? 0);
  }
  return (rows) => {
    done += rows;
    progress({ items: Math.max(items, done), done });
  };
}
