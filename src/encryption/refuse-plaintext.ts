import type { Queryable, Row, Tx } from '../db/database.js';
import { identifier, literal, raw, sql } from '../db/sql.js';
import type { MapColumn, MapTable } from '../datamap/graph.js';
import { MAGIC, TEXT_PREFIX } from '../keys/envelope.js';

/** Of the constraints, and of the triggers while the first encryption goes on. */
const NAME = identifier('lethe_encrypted');
const ON_INSERT = identifier('lethe_refuses_inserted');
const ON_UPDATE = identifier('lethe_refuses_updated');
/** Header and tag of an envelope whose value is empty, as base64url. */
const LEAST_CHARACTERS = 64;
const SPELLING = `^${TEXT_PREFIX.replace('.', '[.]')}[A-Za-z0-9_-]{${LEAST_CHARACTERS},}$`;

/** Whether a value of row `alias` is spelled as an envelope; null for null. The keys alone know whether it is one. */
export function spelledAsEnvelope({ sql: name, type }: MapColumn, alias: string): string {
  const value = alias === '' ? name : `${alias}.${name}`;
  return type === 'bytes'
    ? `substring(${value} from 1 for ${MAGIC.length}) = decode('${MAGIC.toString('hex')}', 'hex')`
    : `${value} ~ ${literal(SPELLING)}`;
}

/** Predicate: a protected value of row `alias` stands in the clear. */
export const inTheClear = ({ protected: columns }: MapTable, alias: string): string =>
  (columns?.columns ?? []).map((column) => `not (${spelledAsEnvelope(column, alias)})`).join(' or ');

/**
 * From its commit on no writer stores plaintext in the table: not the process either that read a moment ago that nothing is
 * encrypted. Writers who are at it are waited for. What an update leaves as it is may still be in the clear.
 */
export async function refusePlaintext(tx: Tx, table: MapTable): Promise<void> {
  if (await hasTriggers(tx, table)) return;
  const columns = table.protected?.columns ?? [];
  const changed = columns.map(
    (column) =>
      `new.${column.sql} is distinct from old.${column.sql} and not (${spelledAsEnvelope(column, 'new')})`,
  );
  await tx.query(sql`
    create or replace trigger ${raw(ON_INSERT)} before insert on ${raw(table.sql)}
    for each row when (${raw(inTheClear(table, 'new'))}) execute function lethe.refuse_plaintext()`);
  await tx.query(sql`
    create or replace trigger ${raw(ON_UPDATE)} before update of ${raw(columns.map((column) => column.sql).join(', '))}
    on ${raw(table.sql)} for each row when (${raw(changed.join(' or '))}) execute function lethe.refuse_plaintext()`);
}

/** Once the table's constraint says the same. */
export async function stopRefusing(tx: Tx, table: MapTable): Promise<void> {
  if (!(await hasTriggers(tx, table))) return; // it would lock the table
  for (const name of [ON_INSERT, ON_UPDATE])
    await tx.query(sql`drop trigger if exists ${raw(name)} on ${raw(table.sql)}`);
}

/** Says it of every row that is written from now on; validateConstraint of the others. Nothing happens where it is there. */
export async function addConstraint(tx: Tx, table: MapTable): Promise<void> {
  if (await hasConstraint(tx, table)) return;
  const each = (table.protected?.columns ?? []).map((column) => spelledAsEnvelope(column, ''));
  // null is neither true nor false, and passes
  await tx.query(sql`
    alter table ${raw(table.sql)} add constraint ${raw(NAME)} check (${raw(each.join(' and '))}) not valid`);
}

/** For a constraint that says less than the map does by now; the triggers stand in for it meanwhile. */
export async function dropConstraint(tx: Tx, table: MapTable): Promise<void> {
  await tx.query(sql`alter table ${raw(table.sql)} drop constraint if exists ${raw(NAME)}`);
}

/** SQL names of the columns that each table's constraint speaks of, by the table's quoted name; a table without one is missing. */
export async function constrainedColumns(on: Queryable): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await on.query<Row & { schema: string; name: string; columns: readonly string[] }>(sql`
    select n.nspname as schema, t.relname as name, array_agg(a.attname::text) as columns
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class t on t.oid = c.conrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = any(c.conkey)
    where c.conname = 'lethe_encrypted' group by 1, 2`);
  return new Map(
    rows.map(({ schema, name, columns }) => [`${identifier(schema)}.${identifier(name)}`, columns]),
  );
}

/** Looks at every row. Fails with SQLSTATE 23514 where one is in the clear. */
export async function validateConstraint(tx: Tx, table: MapTable): Promise<void> {
  await tx.query(sql`alter table ${raw(table.sql)} validate constraint ${raw(NAME)}`);
}

async function hasConstraint(tx: Tx, { schema, name }: MapTable): Promise<boolean> {
  const { count } = await tx.query(sql`
    select 1 from pg_catalog.pg_constraint c
    join pg_catalog.pg_class t on t.oid = c.conrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    where c.conname = 'lethe_encrypted' and t.relname = ${name} and n.nspname = ${schema}`);
  return count > 0;
}

async function hasTriggers(tx: Tx, { schema, name }: MapTable): Promise<boolean> {
  const { count } = await tx.query(sql`
    select 1 from pg_catalog.pg_trigger g
    join pg_catalog.pg_class t on t.oid = g.tgrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    where g.tgname = 'lethe_refuses_inserted' and t.relname = ${name} and n.nspname = ${schema}`);
  return count > 0;
}
