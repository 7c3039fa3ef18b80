import { fixedClock, type Clock } from '../../src/core/clock.js';
import { fromMicros, toMicros, type Instant } from '../../src/core/instant.js';
import type { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import { openPostgres } from '../../src/db/postgres.js';
import { appendEntry } from '../../src/ledger/append.js';
import { exportLedger } from '../../src/ledger/export.js';
import { sealLedger, type SealContext } from '../../src/ledger/seal.js';
import { verifyLedger } from '../../src/ledger/verify.js';
import { verifyExport } from '../../src/ledger/verify-export.js';
import type { Vault } from '../../src/vault/vault.js';
import { freshDatabase, type Admin, type FreshDatabase } from './database.js';
import { TODAY } from './small-desk.js';
import { dropVault, vaultOf } from './vault.js';

/** A database with Lethe's schema, and its vault. */
export interface LedgerBench extends SealContext {
  readonly url: string;
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly admin: Admin;
  readonly connect: FreshDatabase['connect'];
  /** Another pool on the same database, like another process. */
  readonly another: () => Promise<Database>;
}

const opened: (() => Promise<void>)[] = [];

/** For `afterEach`. */
export async function closeLedgers(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

export async function openLedger(): Promise<LedgerBench> {
  const fresh = await freshDatabase();
  opened.push(async () => {
    dropVault(fresh.url);
    await fresh.drop();
  });
  const another = async (): Promise<Database> => {
    const db = await openPostgres(fresh.url, { max: 20 });
    opened.push(() => db.close());
    return db;
  };
  const db = await another();
  await migrate(db);
  const { url, admin, connect } = fresh;
  return { url, db, vault: vaultOf(url), clock: TODAY, admin, connect, another };
}

/** `count` entries a second apart, each in its own transaction; returns their ids. */
export async function append(db: Database, count: number, kind = 'test'): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1)
    ids.push(
      await db.transaction((tx) => appendEntry(tx, { kind, at: later(n), actor: 'actor-1', about: { n } })),
    );
  return ids;
}

export const later = (seconds: number): Instant =>
  fromMicros(toMicros(TODAY.now()) + BigInt(seconds) * 1_000_000n);

/** A clock that stands at so many seconds after the tests' day. */
export const clockAt = (seconds: number): Clock => fixedClock(later(seconds));

/** Seals what waits in blocks of at most so many entries. */
export const seal = (ledger: SealContext, blockEntries?: number): Promise<unknown> =>
  sealLedger(ledger, blockEntries);

/** What verify has to say, one line a finding. */
export async function findings(
  ledger: LedgerBench,
  pinned: readonly string[] = [],
): Promise<readonly string[]> {
  const found = await verifyLedger(ledger, pinned);
  return found.findings.map(({ where, problem }) => `${where}: ${problem}`);
}

export async function exported(ledger: LedgerBench): Promise<Buffer> {
  const lines: string[] = [];
  for await (const line of exportLedger(ledger)) lines.push(line);
  return Buffer.from(lines.join(''));
}

/** What verify has to say of an exported file. */
export async function fileFindings(
  file: Uint8Array,
  pinned: readonly string[] = [],
): Promise<readonly string[]> {
  const found = await verifyExport(inParts(file), pinned);
  return found.findings.map(({ where, problem }) => `${where}: ${problem}`);
}

async function* inParts(file: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += 1000) yield await Promise.resolve(file.subarray(at, at + 1000));
}

/** Changes the ledger as somebody can who owns the database: past the triggers. */
export async function tamper(
  { admin }: LedgerBench,
  statement: string,
  values?: readonly unknown[],
): Promise<void> {
  await admin('set session_replication_role = replica');
  await admin(statement, values);
  await admin('set session_replication_role = origin');
}
