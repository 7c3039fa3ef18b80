import { literal } from '../../src/db/sql.js';
import type { Admin } from '../support/database.js';
import { TYPES, VALUES } from './hostile-values.js';

/** The tables of the hostile map, empty. */
export async function createHostileTables(admin: Admin): Promise<void> {
  const collation = await collationThatKnowsUmlauts(admin);
  const columns = Object.entries(TYPES).map(([name, type]) =>
    type === 'text' ? `${name} text ${collation}` : `${name} ${type}`,
  );
  await admin(`
    create schema parity;
    create type parity.mood as enum ('happy', 'sad', 'so so', 'it''s', '', 'Happy', 'ä');
    create table parity.thing (id int primary key, ${columns.join(', ')});
    create table parity.other (thing int, amount numeric, label text, at timestamptz);`);
}

/** Every value in several rows, in the company of ever other neighbours; row 0 has nothing but its key. */
export async function fillHostileTables(admin: Admin, rows: number): Promise<void> {
  const columns = Object.keys(TYPES);
  const values = Array.from({ length: rows }, (_, row) => {
    const cells = columns.map((name, column) => cell(VALUES[name] ?? [], row, column));
    return `(${[String(row + 1), ...cells].join(', ')})`;
  });
  await admin(`
    insert into parity.thing (id) values (0);
    insert into parity.thing values ${values.join(', ')};
    insert into parity.other
    select case when n % 7 > 0 then n % ${rows} end,
      case when n % 11 = 0 then 'NaN' when n % 5 > 0 then n / 4.0 end,
      case when n % 3 > 0 then 'label ' || n % 4 end,
      case when n % 13 = 0 then 'infinity' else timestamptz '2024-02-28 12:00Z' + n * interval '11 hours' end
    from generate_series(1, ${rows}) n`);
}

function cell(values: readonly (string | null)[], row: number, column: number): string {
  const round = Math.floor(row / values.length);
  const value = values[(row + round * (column + 1)) % values.length];
  return value === null || value === undefined ? 'null' : literal(value);
}

/** Test databases have collation C, under which nobody would notice a fold beyond ASCII. */
async function collationThatKnowsUmlauts(admin: Admin): Promise<string> {
  const [found] = await admin<{ readonly name: string }>(
    `select collname as name from pg_collation where collname in ('und-x-icu', 'pg_c_utf8') order by collname desc`,
  );
  return found ? `collate pg_catalog."${found.name}"` : '';
}
