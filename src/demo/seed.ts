import type { Tx } from '../db/database.js';
import { identifier, literal } from '../db/sql.js';
import { makeHelpDesk } from './help-desk.js';
import type { HelpDesk } from './rows.js';

type TableName = keyof HelpDesk;
type Value = string | number | boolean | null | Uint8Array;

/** Rows of one INSERT: enough to save round trips, small enough to parse quickly. */
const BATCH = 400;

/** Parents before children, as the foreign keys want it. */
const ORDER = [
  'agents',
  'customers',
  'tags',
  'tickets',
  'messages',
  'attachments',
  'call_recordings',
  'ticket_tags',
  'ticket_links',
  'ticket_events',
] as const satisfies readonly TableName[];

const WITHOUT_ID: readonly TableName[] = ['ticket_tags', 'ticket_links'];

export type SeededRows = Readonly<Record<TableName, number>>;

function sqlValue(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `decode('${Buffer.from(value).toString('hex')}', 'hex')`;
  return typeof value === 'string' ? literal(value) : String(value);
}

function insertText(table: TableName, rows: readonly Readonly<Record<string, Value>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const tuples = rows.map((row) => `(${columns.map((column) => sqlValue(row[column] ?? null)).join(', ')})`);
  const names = columns.map(identifier).join(', ');
  return `insert into desk.${identifier(table)} (${names}) values\n${tuples.join(',\n')}`;
}

async function insertRows(tx: Tx, table: TableName, rows: readonly object[]): Promise<void> {
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows.slice(start, start + BATCH) as readonly Readonly<Record<string, Value>>[];
    await tx.script(insertText(table, batch));
  }
}

/** The rows bring their own ids, so the sequences have to be told where to go on. */
const nextIds = (tables: readonly TableName[]): string =>
  tables
    .map(
      (table) => `select setval(pg_get_serial_sequence('desk.${table}', 'id'), max(id)) from desk.${table}`,
    )
    .join(';\n');

/**
 * Fills the empty schema `desk` with the demo's help desk as it stands at `now` (an ISO instant) and returns how many
 * rows each table got. Throws where the tables already hold rows with the same ids.
 */
export async function seedHelpDesk(tx: Tx, now: string): Promise<SeededRows> {
  const desk = makeHelpDesk(now);
  for (const table of ORDER) await insertRows(tx, table, desk[table]);
  await tx.script(nextIds(ORDER.filter((table) => !WITHOUT_ID.includes(table))));
  return Object.fromEntries(ORDER.map((table) => [table, desk[table].length])) as Record<TableName, number>;
}
