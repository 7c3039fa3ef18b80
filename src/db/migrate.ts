import { LetheError } from '../core/errors.js';
import type { Database, Queryable, Row, Tx } from './database.js';
import {
  BOOTSTRAP,
  MIGRATIONS,
  readEpochsSchema,
  readMigrations,
  readVaultMigrations,
  recordOf,
  VAULT_BOOTSTRAP,
  vaultRecordOf,
  type Migration,
  type MigrationSet,
} from './migrations.js';
import { sqlstateOf } from './failures.js';
import { sql } from './sql.js';
import { unchecked } from './unchecked.js';

export type SchemaState = 'missing' | 'older' | 'current';

/** Any number that nobody else takes as an advisory lock in this database. */
const MIGRATION_LOCK = 7_233_684_115_200n;

/**
 * Applies what is missing of the sets, all in one transaction, and returns the names of what it applied. A second process waits
 * for the first and finds nothing left to do. Throws schema_newer, schema_changed, database_right_missing.
 */
export function migrate(
  db: Database,
  sets: readonly MigrationSet[] = [],
  folder = MIGRATIONS,
): Promise<string[]> {
  const known = readMigrations(sets, folder);
  return unchecked(db)(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const applied = await appliedMigrations(tx);
    const pending = pendingOf(known, applied ?? []);
    // an existing schema is not made again: that would need a right which its user may not have
    if (applied === undefined) await tx.script(BOOTSTRAP);
    for (const migration of pending) await apply(tx, migration);
    return pending.map(({ set, name }) => `${set}/${name}`);
  });
}

/**
 * Makes schema "lethe_vault" in the vault's own database, or what is missing of it. One that is as it should be is only read: its
 * user may lack the right to make anything. Throws database_right_missing, schema_newer, schema_changed.
 */
export async function migrateVault(db: Database): Promise<void> {
  const known = readVaultMigrations();
  if (pendingOf(known, (await appliedToVault(db)) ?? []).length === 0) return;
  await unchecked(db)(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const applied = await appliedToVault(tx);
    if (applied === undefined) await tx.script(VAULT_BOOTSTRAP);
    for (const migration of pendingOf(known, applied ?? []))
      await tx.script(`${migration.text}\n${vaultRecordOf(migration)}`);
  });
}

/** Undefined: nothing is recorded. The vaults of the first version have no record of what made them. */
async function appliedToVault(on: Queryable): Promise<readonly Applied[] | undefined> {
  const found = await on.query(
    sql`select 1 from pg_catalog.pg_tables where schemaname = 'lethe_vault' and tablename = 'migration'`,
  );
  if (found.count === 0) return undefined;
  const { rows } = await on.query<Applied>(
    sql`select 'vault' as set_name, number, name, digest from lethe_vault.migration`,
  );
  return rows;
}

/** Makes schema "lethe_epochs" in the database of the epoch keys, unless it is there. Throws database_right_missing. */
export async function migrateEpochs(db: Database): Promise<void> {
  const { count } = await db.query(
    sql`select 1 from pg_catalog.pg_tables where schemaname = 'lethe_epochs' and tablename = 'epoch'`,
  );
  if (count > 0) return;
  await unchecked(db)(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await tx.script(readEpochsSchema());
  });
}

/** How the database's schema compares to this code. Throws schema_newer, schema_changed. */
export async function schemaState(
  db: Database,
  sets: readonly MigrationSet[] = [],
  folder = MIGRATIONS,
): Promise<SchemaState> {
  const applied = await appliedMigrations(db);
  if (applied === undefined) return 'missing';
  return pendingOf(readMigrations(sets, folder), applied).length > 0 ? 'older' : 'current';
}

/** Throws schema_missing, schema_older, schema_newer or schema_changed unless the schema is the one this code knows. */
export async function requireSchema(db: Database, sets: readonly MigrationSet[] = []): Promise<void> {
  const state = await schemaState(db, sets);
  if (state === 'missing') throw new LetheError('schema_missing');
  if (state === 'older') throw new LetheError('schema_older');
}

/** duplicate_table, duplicate_schema, duplicate_function, duplicate_object */
const EXISTS = ['42P07', '42P06', '42723', '42710'];

async function apply(tx: Tx, migration: Migration): Promise<void> {
  try {
    await tx.script(migration.text);
  } catch (error) {
    if (!EXISTS.includes(sqlstateOf(error) ?? '')) throw error;
    const { where = '' } = error instanceof LetheError ? error.details : {};
    throw new LetheError('schema_occupied', { where });
  }
  await tx.script(recordOf(migration));
}

interface Applied extends Row {
  readonly set_name: string;
  readonly number: number;
  readonly name: string;
  readonly digest: string;
}

async function appliedMigrations(db: Queryable): Promise<readonly Applied[] | undefined> {
  const found = await db.query(
    sql`select 1 from pg_catalog.pg_tables where schemaname = 'lethe' and tablename = 'migration'`,
  );
  if (found.count === 0) return undefined;
  const { rows } = await db.query<Applied>(sql`select set_name, number, name, digest from lethe.migration`);
  return rows;
}

function pendingOf(known: readonly Migration[], applied: readonly Applied[]): Migration[] {
  for (const one of applied) refuseUnknown(one, known);
  return known.filter(
    ({ set, number }) => !applied.some((one) => one.set_name === set && one.number === number),
  );
}

function refuseUnknown(applied: Applied, known: readonly Migration[]): void {
  const ofSet = known.filter(({ set }) => set === applied.set_name);
  const newest = ofSet.at(-1);
  // a set that was not asked for is none of our business
  if (newest === undefined) return;
  if (applied.number > newest.number) {
    throw new LetheError('schema_newer', { found: applied.name, known: newest.name });
  }
  const same = ofSet.some(({ number, digest }) => number === applied.number && digest === applied.digest);
  if (!same) throw new LetheError('schema_changed', { name: `${applied.set_name}/${applied.name}` });
}
