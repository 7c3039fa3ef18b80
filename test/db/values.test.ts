import { expect } from 'chai';
import fc from 'fast-check';
import { arrayLiteral, parseArray } from '../../src/db/arrays.js';
import { parameter } from '../../src/db/parameters.js';
import { raw, sql } from '../../src/db/sql.js';
import { bothDatabases } from '../support/database.js';

/** SQL expression → what both databases return for it. */
const RETURNED: readonly (readonly [string, unknown])[] = [
  ['null::text', null],
  ["''::text", ''],
  ["'Zürich ÄÖÜß'", 'Zürich ÄÖÜß'],
  ["'👩‍👩‍👧 🏳️‍🌈'", '👩‍👩‍👧 🏳️‍🌈'],
  [String.raw`'it''s "a" \back\ slash'`, String.raw`it's "a" \back\ slash`],
  ['9223372036854775807::int8', '9223372036854775807'],
  ['count(*) from (values (1), (2)) v', '2'],
  ['32767::int2', 32767],
  ['(-2147483648)::int4', -2147483648],
  ["'nan'::numeric", 'NaN'],
  ['123456789012345678901234567890.12345678900', '123456789012345678901234567890.12345678900'],
  ['0.1::float8 + 0.2::float8', 0.1 + 0.2],
  ["'infinity'::float8", Infinity],
  ["'nan'::float4", NaN],
  ['true', true],
  ['false', false],
  ["date '2024-02-29'", '2024-02-29'],
  ["date 'infinity'", 'infinity'],
  ["timestamp '2024-02-29 12:34:56.000001'", '2024-02-29 12:34:56.000001'],
  ["timestamptz '2026-11-21 01:00:00.1+01'", '2026-11-21T00:00:00.100000Z'],
  ["timestamptz '2026-11-21 00:00:00.123456Z'", '2026-11-21T00:00:00.123456Z'],
  ["timestamptz 'infinity'", 'infinity'],
  ["timestamptz '-infinity'", '-infinity'],
  ["timestamptz '0044-03-15 00:00:00+00 BC'", '0044-03-15 00:00:00+00 BC'],
  ["timestamptz '12345-01-01 00:00:00Z'", '12345-01-01T00:00:00.000000Z'],
  ["interval '1 year 2 days'", '1 year 2 days'],
  ["'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
  ['26::oid', '26'],
  [`'{"a": [1, null, "ü"]}'::json`, { a: [1, null, 'ü'] }],
  [`'[true]'::jsonb`, [true]],
  [String.raw`'\x00ff10'::bytea`, Uint8Array.of(0, 255, 16)],
  ["''::bytea", new Uint8Array()],
  [
    "array['NULL', null, '', 'a,b', '{c}', 'd\"e', E'f\\\\g']",
    ['NULL', null, '', 'a,b', '{c}', 'd"e', 'f\\g'],
  ],
  ["'{}'::text[]", []],
  ['array[[1, 2], [3, null]]', [[1, 2], [3, null]]], // prettier-ignore
  ["'[0:1]={5,6}'::int4[]", [5, 6]],
  ['array[9007199254740993, null]', ['9007199254740993', null]],
  ["array[timestamptz 'infinity', '2026-01-01Z']", ['infinity', '2026-01-01T00:00:00.000000Z']],
  ['array[true, false, null]', [true, false, null]],
  [String.raw`array['\x61'::bytea]`, [Uint8Array.of(97)]],
  [`array['{"a": "\\"}"}'::jsonb]`, [{ a: '"}' }]],
  ["array['a'::name]", ['a']],
  ["array[1.50, 'nan']::numeric[]", ['1.50', 'NaN']],
  ["point '(1,2)'", '(1,2)'],
];

/** Parameter, its type in SQL, and the text PostgreSQL then has. */
const SENT: readonly (readonly [unknown, string, string | null])[] = [
  [null, 'text', null],
  [undefined, 'text', null],
  ['', 'text', ''],
  ['Zoë 🎈 \' " \\ {,} NULL', 'text', 'Zoë 🎈 \' " \\ {,} NULL'],
  ['ä\uDC00b\uD800', 'text', 'ä\uFFFDb\uFFFD'],
  [true, 'boolean', 'true'],
  [42, 'int', '42'],
  [-0.5, 'float8', '-0.5'],
  [NaN, 'numeric', 'NaN'],
  [9223372036854775807n, 'bigint', '9223372036854775807'],
  [Uint8Array.of(0, 255), 'bytea', String.raw`\x00ff`],
  [Buffer.from('a'), 'bytea', String.raw`\x61`],
  [{ a: [1, 'ü'] }, 'json', '{"a":[1,"ü"]}'],
  [[], 'text[]', '{}'],
  [['a', null, 'NULL', '', 'x"y', 'z\\'], 'text[]', String.raw`{a,NULL,"NULL","","x\"y","z\\"}`],
  [[[1, 2], [3, 4]], 'int[]', '{{1,2},{3,4}}'], // prettier-ignore
  [[1n, 2n], 'bigint[]', '{1,2}'],
  [[Uint8Array.of(92)], 'bytea[]', String.raw`{"\\x5c"}`],
  ['2026-11-21T00:00:00.123456Z', 'timestamptz', '2026-11-21 00:00:00.123456+00'],
];

bothDatabases('values', (open) => {
  it('every type comes back as the contract says', async () => {
    const { db } = await open();
    for (const [expression, expected] of RETURNED) {
      const { rows } = await db.query(sql`select ${raw(expression.replace(/( from .*)?$/, ' as value$1'))}`);
      expect(rows, expression).to.deep.equal([{ value: expected }]);
    }
  });

  it('every parameter arrives as it was meant', async () => {
    const { db } = await open();
    for (const [value, type, expected] of SENT) {
      const { rows } = await db.query(sql`select ${value}::${raw(type)}::text as value`);
      expect(rows, `${type} ${String(expected)}`).to.deep.equal([{ value: expected }]);
    }
  });

  it('a value survives the way there and back', async () => {
    const { db } = await open();
    const texts = fc.array(fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))));
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.uint8Array(),
        fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        async (list, bytes, big) => {
          const { rows } = await db.query(
            sql`select ${list}::text[] as list, ${bytes}::bytea as bytes, ${big}::int8 as big`,
          );
          expect(rows).to.deep.equal([{ list, bytes: Uint8Array.from(bytes), big: String(big) }]);
        },
      ),
      { seed: 20261121, numRuns: 60 },
    );
  });

  it('a failed parameter leaves the connection usable', async () => {
    const { db } = await open();
    const failed = await db.query(sql`select ${'a\0b'}::text`).catch((error: unknown) => error);
    expect(failed).to.include({ code: 'database_failed' });
    expect((await db.query(sql`select ${'ok'}::text as value`)).rows).to.deep.equal([{ value: 'ok' }]);
  });

  it('rows are counted, returned or not', async () => {
    const { db } = await open();
    const counts = await db.transaction(async (tx) => {
      await tx.query(sql`create temporary table t (a int)`);
      return [
        (await tx.query(sql`insert into t select generate_series(1, 5)`)).count,
        (await tx.query(sql`update t set a = a where a > 2 returning a`)).count,
        (await tx.query(sql`delete from t where a > 99`)).count,
        (await tx.query(sql`select a from t limit 2`)).count,
        (await tx.query(sql`create temporary table u (a int)`)).count,
      ];
    });
    expect(counts).to.deep.equal([5, 3, 0, 2, 0]);
  });

  it('a query takes one statement, a script several', async () => {
    const { db } = await open();
    const failed = await db.query(sql`select 1; select 2`).catch((error: unknown) => error);
    expect(failed).to.include({ code: 'database_failed' });
    const counts = await db.transaction((tx) =>
      tx.script(
        'create temporary table t (a int); insert into t values (1), (2); update t set a = 0 where a = 1; select * from t',
      ),
    );
    expect(counts).to.deep.equal([0, 2, 1, 2]);
    expect(await db.transaction((tx) => tx.script('select 1'))).to.deep.equal([1]);
  });
});

describe('parameters', () => {
  it('a Date is refused, because it loses microseconds', () => {
    expect(() => parameter(new Date(0))).to.throw(TypeError, 'microseconds');
    expect(() => parameter([new Date(0)])).to.throw(TypeError, 'microseconds');
  });

  it('what has no faithful text is refused', () => {
    for (const value of [Symbol('s'), () => 1, new Map(), /x/])
      expect(() => parameter(value)).to.throw(TypeError);
  });

  it('an array of any texts reads back from its literal', () => {
    const element = fc.option(fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(element), (list) => {
        expect(parseArray(arrayLiteral(list), (text) => text)).to.deep.equal(list);
      }),
      { seed: 20261121 },
    );
  });
});
