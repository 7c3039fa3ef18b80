import { compileMap } from '../../src/datamap/compile.js';
import type { MapTable } from '../../src/datamap/graph.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import { literal } from '../../src/db/sql.js';
import type { Admin } from '../support/database.js';

/** A table with a column of every type a map knows, and a fact for every way of reading it. */
export function hostileTable(): MapTable {
  const graph = compileMap(dataMapSchema.parse(MAP), 'hostile.json', {});
  const table = graph.records.get('thing');
  if (!table) throw new Error('the hostile map has lost its record');
  return table;
}

/** SQL column → the values that have gone wrong somewhere, as PostgreSQL reads them. */
const VALUES: Readonly<Record<string, readonly (string | null)[]>> = {
  small: ['0', null, '1', '-1', '32767', '-32768', '7'],
  whole: ['0', null, '1', '-1', '2147483647', '-2147483648', '7', '42'],
  big: [
    ...['0', null, '1', '-1', '9223372036854775807', '-9223372036854775808'],
    ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '7'],
  ],
  exact: [
    ...['0', null, '0.00', '1', '1.0', '-1.50', '0.1', '0.3', '0.30000000000000004', 'NaN', 'Infinity', '-Infinity'],
    ...['1234567890123456789012345678901234567890', '0.1234567890123456789012345678901234567890'],
    ...['-99999999999999999999.999999999999999999', '1e-30', '9007199254740993', '1e100', '7'],
  ],
  single: [
    ...['0', null, '-0', '1', '0.1', '-0.1', '16777216', '16777217', '3.4028235e38', '1e-45', '1.17549435e-38'],
    ...['NaN', 'Infinity', '-Infinity', '7', '1e10'],
  ],
  double: [
    ...['0', null, '-0', '1', '0.1', '0.3', '0.30000000000000004', '1e23', '9.999999999999999e22', '5e-324', '1e21'],
    ...['2.2250738585072014e-308', '1.7976931348623157e308', '-1.7976931348623157e308', '9007199254740993', '1e22'],
    ...['NaN', 'Infinity', '-Infinity', '-7', '123456789012345680000', '2e-44', '5.684341886080802e-14', '2e23'],
  ],
  flag: ['true', null, 'false'],
  words: [
    ...['', null, ' ', 'a', 'a ', ' a', 'A', 'ab', 'abc', 'Straße', 'STRASSE', 'ß', 'Ä', 'ä', 'a\u0308', 'A\u0308', 'İ'],
    ...['ﬁ', '\u00a0', '\u200b', '\ufeff', '👩‍👩‍👧', '🏳️‍🌈', '\u{1f600}x', '\uffff', "it's", '"', '""', '\\', '\\\\', '\\n', '\n'],
    ...['%', '_', '%_', 'a%', '%s', '$1', ':x', '{}', '{a}', 'NULL', 'null', 'true', 'undefined', '0', '12abc', '1e1', 'n/a'],
    ...['constructor', '__proto__', "'; drop table thing; --", '/*', 'é', 'e\u0301', '日本語', 'a\tb', 'x'.repeat(5000)],
  ],
  code: ['', null, 'a', 'a  ', ' a', 'A', 'ab', 'Ä', 'a\u0308', '12345678', '%_', "'", '\\', 'n/a', '\t', '        '],
  mood: ['happy', null, 'sad', 'so so', "it's", '', 'Happy', 'ä'],
  mixed: ['open', null, 'OPEN', 'Open', 'öPEN', 'ÖPEN', 'ı', 'I', 'i', 'İ', 'K', 'K', 'k', 'ſ', 'S', 's', '', ' Open', 'N/A', 'n/a'],
  uid: [
    ...['6ba7b810-9dad-11d1-80b4-00c04fd430c8', null, '6BA7B810-9DAD-11D1-80B4-00C04FD430C9'],
    ...['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ],
  day: [
    ...['2024-02-29', null, '2024-02-28', '2023-02-28', '1970-01-01', '1969-12-31', 'infinity', '-infinity', '0044-03-15 BC'],
    ...['0001-01-01', '0001-01-02', '0001-01-03', '9999-12-30', '9999-12-31', '10000-01-01', '5874897-12-31', '4713-01-01 BC'],
    ...['2026-03-29', '2026-10-25', '2026-10-24', '1893-04-01', '1945-05-24', '2026-11-21'],
  ],
  wall: [
    ...['2024-02-29 12:34:56.000001', null, '1970-01-01 00:00:00', '1969-12-31 23:59:59.999999', 'infinity', '-infinity'],
    ...['0044-03-15 00:00:00 BC', '0001-01-01 00:00:00', '0001-01-02 00:00:00', '0001-01-01 23:59:59.999999'],
    ...['9999-12-30 23:59:59.999999', '9999-12-31 00:00:00', '9999-12-31 23:59:59.999999', '10000-01-01 00:00:00', '294276-12-31 23:59:59'],
    ...['2026-03-29 02:30:00', '2026-03-29 01:59:59.999999', '2026-03-29 03:00:00', '2026-10-25 02:30:00', '2026-10-25 03:00:00'],
    ...['2026-10-25 01:59:59.999999', '1893-04-01 00:00:00', '1945-05-24 01:30:00', '2026-11-21 00:00:00.1'],
  ],
  moment: [
    ...['2024-02-29 12:34:56.000001+00', null, '1970-01-01 00:00:00+00', '1969-12-31 23:59:59.999999+00', 'infinity', '-infinity'],
    ...['0044-03-15 00:00:00+00 BC', '0001-01-01 00:00:00+00', '0001-01-02 00:00:00+00', '0001-01-01 23:59:59.999999+00'],
    ...['9999-12-30 23:59:59.999999+00', '9999-12-31 00:00:00+00', '10000-01-01 00:00:00+00', '294276-12-31 23:59:59+00'],
    ...['2026-03-29 01:00:00+00', '2026-03-29 00:59:59.999999+00', '2026-10-25 00:30:00+00', '2026-10-25 01:30:00+00'],
    ...['2026-11-21 00:00:00.100000+01', '2025-02-28 18:00:00+00', '2025-02-28 12:00:00+00', '2023-11-20 23:59:59.999999+00'],
  ],
  tags: [
    ...['{}', null, '{a}', '{a,b}', '{NULL}', '{NULL,a}', '{"NULL"}', '{""}', '{" a"}', '{ä}', '{a\u0308}', '{"a,b"}', '{"{a}"}'],
    ...['{"\\""}', '{"\\\\"}', '{{a,b},{c,d}}', '{{{x}}}', '[0:1]={a,c}', '{%_}', '{it\'s}', '{👩‍👩‍👧}', '{A}', '{true}'],
  ],
  numbers: [
    ...['{}', null, '{1}', '{1,2}', '{NULL}', '{NULL,7}', '{9223372036854775807}', '{-9223372036854775808}', '{{1,2},{3,4}}'],
    ...['{9007199254740993}', '{9007199254740992}', '[0:1]={5,6}', '{0}', '{-1}'],
  ],
};

const TYPES: Readonly<Record<string, string>> = {
  small: 'smallint',
  whole: 'int',
  big: 'bigint',
  exact: 'numeric',
  single: 'float4',
  double: 'float8',
  flag: 'boolean',
  words: 'text',
  code: 'char(8)',
  mood: 'parity.mood',
  mixed: 'text',
  uid: 'uuid',
  day: 'date',
  wall: 'timestamp',
  moment: 'timestamptz',
  tags: 'text[]',
  numbers: 'bigint[]',
};

const MAP = {
  kind: 'data-map',
  id: 'hostile',
  schema: 'parity',
  enforces: [],
  tables: {
    thing: {
      key: { id: 'int' },
      concept: 'thing',
      otherColumns: 'made up for a test',
      columns: {
        small: { type: 'int' },
        whole: { type: 'int' },
        wholeUnset: { column: 'whole', type: 'int', unset: ['0', '-1'] },
        big: { type: 'bigint' },
        bigUnset: { column: 'big', type: 'bigint', unset: ['9223372036854775807', '0'] },
        exact: { type: 'numeric' },
        exactUnset: { column: 'exact', type: 'numeric', unset: ['0.0', 'NaN'] },
        single: { type: 'float' },
        singleUnset: { column: 'single', type: 'float', unset: ['0.1', '-0'] },
        double: { type: 'float' },
        doubleUnset: { column: 'double', type: 'float', unset: ['1e23', 'NaN', '0'] },
        flag: { type: 'boolean' },
        flagUnset: { column: 'flag', type: 'boolean', unset: ['f'] },
        words: { type: 'text' },
        wordsUnset: { column: 'words', type: 'text', unset: ['', 'n/a', ' ', '\\', "it's"] },
        code: { type: 'char' },
        codeUnset: { column: 'code', type: 'char', unset: ['', 'n/a     '] },
        codeFolded: { column: 'code', type: 'char', fold: 'ascii' },
        mood: { type: 'enum' },
        moodUnset: { column: 'mood', type: 'enum', unset: ['', "it's"] },
        mixed: { type: 'text', fold: 'ascii' },
        mixedUnset: { column: 'mixed', type: 'text', fold: 'ascii', unset: ['', 'N/A'] },
        uid: { type: 'uuid' },
        uidUnset: { column: 'uid', type: 'uuid', unset: ['00000000-0000-0000-0000-000000000000'] },
        dayUtc: { column: 'day', type: 'date', zone: 'UTC' },
        dayBerlin: { column: 'day', type: 'date', zone: 'Europe/Berlin', unset: ['1970-01-01', '0044-03-15 BC'] },
        dayKiritimati: { column: 'day', type: 'date', zone: 'Pacific/Kiritimati' },
        wallUtc: { column: 'wall', type: 'timestamp', zone: 'UTC' },
        wallUtcUnset: { column: 'wall', type: 'timestamp', zone: 'UTC', unset: ['1970-01-01 00:00:00', 'infinity'] },
        wallBerlin: { column: 'wall', type: 'timestamp', zone: 'Europe/Berlin' },
        wallBerlinUnset: { column: 'wall', type: 'timestamp', zone: 'Europe/Berlin', unset: ['1970-01-01 00:00:00'] },
        wallHonolulu: { column: 'wall', type: 'timestamp', zone: 'Pacific/Honolulu' },
        moment: { type: 'timestamptz' },
        momentUnset: { column: 'moment', type: 'timestamptz', unset: ['1970-01-01 00:00:00+00', '-infinity'] },
        tags: { type: 'text[]' },
        tagsUnset: { column: 'tags', type: 'text[]', unset: ['{}', '{NULL}'] },
        numbers: { type: 'bigint[]' },
        numbersUnset: { column: 'numbers', type: 'bigint[]', unset: ['{}', '{0}'] },
      },
      facts: {} as Record<string, object>,
    },
  },
  edges: [],
};

/** Facts with SQL of their own, also of neighbouring types that a map's author may well write. */
const SQL_FACTS = {
  sqlText: { type: 'text', sql: 'nullif(upper(this.words), $$A$$)' },
  sqlTextOfChar: { type: 'text', sql: 'this.code' },
  sqlTextOfEnum: { type: 'text', sql: 'this.mood' },
  sqlNumber: { type: 'number', sql: '(select sum(o.amount) from parity.other o where o.thing = this.id)' },
  sqlNumberOfDouble: { type: 'number', sql: 'this.double' },
  sqlNumberOfInt: { type: 'number', sql: 'length(this.words)' },
  sqlBoolean: { type: 'boolean', sql: 'this.id in (select o.thing from parity.other o where o.thing is not null)' },
  sqlBooleanOverNulls: { type: 'boolean', sql: 'this.id in (select o.thing from parity.other o)' },
  sqlBooleanComparison: { type: 'boolean', sql: 'this.whole > 0 or this.flag' },
  sqlInstant: { type: 'instant', sql: '(select max(o.at) from parity.other o where o.thing = this.id)' },
  sqlInstantOfMoment: { type: 'instant', sql: 'this.moment' },
  sqlInstantOfDate: { type: 'instant', sql: 'this.day' },
  sqlInstantOfTimestamp: { type: 'instant', sql: 'this.wall' },
  sqlUuid: { type: 'uuid', sql: 'coalesce(this.uid, gen_random_uuid_never())' },
  sqlTexts: { type: 'text[]', sql: 'array(select o.label from parity.other o where o.thing = this.id order by 1)' },
  sqlNumbers: { type: 'number[]', sql: '(select array_agg(o.amount) from parity.other o where o.thing = this.id)' },
};
SQL_FACTS.sqlUuid.sql = 'nullif(this.uid, $$00000000-0000-0000-0000-000000000000$$)';

MAP.tables.thing.facts = {
  ...Object.fromEntries(Object.keys(MAP.tables.thing.columns).map((column) => [column, { column }])),
  ...SQL_FACTS,
};

/** Every value in several rows, in the company of ever other neighbours; the first row has nothing but its key. */
export async function createHostileTable(admin: Admin, rows: number): Promise<void> {
  const columns = Object.entries(TYPES);
  const own = await admin<{ nothing: null }>(`
    create schema parity;
    create type parity.mood as enum ('happy', 'sad', 'so so', 'it''s', '', 'Happy', 'ä');
    create table parity.thing (id int primary key, ${columns.map(([name, type]) => `${name} ${type}`).join(', ')});
    create table parity.other (thing int, amount numeric, label text, at timestamptz);
    insert into parity.thing (id) values (0);
    select null as nothing`);
  if (own.length !== 1) throw new Error('the hostile table was not made');
  const values = Array.from({ length: rows }, (_, row) => {
    const cells = columns.map(([name], column) => cell(VALUES[name] ?? [], row, column));
    return `(${[String(row + 1), ...cells].join(', ')})`;
  });
  await admin(`insert into parity.thing values ${values.join(', ')}`);
  await admin(`insert into parity.other
    select case when n % 7 = 0 then null else n % ${rows} end, case when n % 5 = 0 then null when n % 11 = 0 then 'NaN' else n / 4.0 end,
      case when n % 3 = 0 then null else 'label ' || n % 4 end, case when n % 13 = 0 then 'infinity' else timestamptz '2024-02-28 12:00Z' + n * interval '11 hours' end
    from generate_series(1, ${rows}) n`);
}

function cell(values: readonly (string | null)[], row: number, column: number): string {
  const round = Math.floor(row / values.length);
  const value = values[(row + round * (column + 1)) % values.length];
  return value === null || value === undefined ? 'null' : literal(value);
}
