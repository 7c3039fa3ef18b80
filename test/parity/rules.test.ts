import { expect } from 'chai';
import type { ConditionEntry } from '../../src/policy/condition-schema.js';
import { whereOf } from '../../src/policy/where.js';
import { at } from '../core/at.js';
import { bothDatabases, type TestDatabase } from '../support/database.js';
import { leavesOf } from './conditions.js';
import { hostileMap } from './hostile-map.js';
import { createHostileTables } from './hostile-table.js';
import { conditionOf, decided, factsOfRows, selected } from './readings.js';

const { table } = hostileMap();
const compiled = (entry: ConditionEntry) =>
  conditionOf(table, { entry, timeZone: 'UTC', asOf: at('2026-11-21T00:00:00Z') });
const not = (entry: ConditionEntry): ConditionEntry => ({ not: entry });

/** Fact, and a value of its column that counts as missing. */
const MISSING: readonly (readonly [string, string])[] = [
  ['double', "'NaN'"],
  ['exact', "'-Infinity'"],
  ['moment', "'infinity'"],
  ['moment', "'0044-03-15 00:00:00+00 BC'"],
  ['wallBerlin', "'10000-01-01 00:00:00'"],
  ['dayBerlin', "'5874897-12-31'"],
  ['wholeUnset', '-1'],
  ['exactUnset', '0.00'],
  ['singleUnset', '0.1'],
  ['flagUnset', 'false'],
  ['wordsUnset', "'n/a'"],
  ['codeUnset', "''"],
  ['codeUnset', "'n/a'"], // which char(8) prints, and the map writes, with five blanks
  ['moodUnset', "'it''s'"],
  ['uidUnset', "'00000000-0000-0000-0000-000000000000'"],
  ['dayBerlin', "'1970-01-01'"],
  ['wallUtcUnset', "'1970-01-01 00:00:00'"],
  ['wallBerlinUnset', "'1970-01-01 00:00:00'"],
  ['momentUnset', "'1970-01-01 00:00:00Z'"],
  ['tagsUnset', "'{}'"],
  ['tagsUnset', "'{NULL}'"],
  ['numbersUnset', "'{0}'"],
];

/** Whether the only row, with these values, matches; both readings must say so. */
type Matches = (entry: ConditionEntry) => Promise<boolean>;

/** Puts one row in place of what is there. */
async function rowWith(
  { db, admin }: TestDatabase,
  values: Readonly<Record<string, string>>,
): Promise<Matches> {
  const columns = ['id', ...Object.keys(values)].join(', ');
  const cells = ['0', ...Object.values(values)].join(', ');
  await admin(`truncate parity.thing; insert into parity.thing (${columns}) values (${cells})`);
  const facts = await factsOfRows(db, table);
  return async (entry) => {
    const condition = compiled(entry);
    const [inSql] = await selected(db, table, [condition]);
    const inProcess = await decided(condition, facts);
    expect([...inProcess], JSON.stringify(entry)).to.deep.equal([...(inSql ?? [])]);
    return inProcess.size > 0;
  };
}

bothDatabases('what a condition means', (openEmpty) => {
  const open = async (): Promise<TestDatabase> => {
    const database = await openEmpty();
    await createHostileTables(database.admin);
    return database;
  };

  it('a fact that is null matches nothing but missing, whatever is asked and however it is negated', async () => {
    const database = await open();
    await rowWith(database, {});
    const facts = await factsOfRows(database.db, table);
    const leaves = leavesOf(table, [], 2).filter(({ fact }) => fact.column !== null);
    const conditions = leaves.map(({ entry }) => compiled(entry));
    const inSql = await selected(database.db, table, conditions);
    for (const [index, condition] of conditions.entries()) {
      const text = JSON.stringify(leaves[index]?.entry);
      const asksForAbsence = /^\{"fact".*"missing"|^\{"not".*"present"/.test(text);
      expect(inSql[index]?.size, text).to.equal(asksForAbsence ? 1 : 0);
      expect((await decided(condition, facts)).size, text).to.equal(asksForAbsence ? 1 : 0);
    }
  });

  it('a negated group is true of a row as soon as one part is known to be false', async () => {
    const matches = await rowWith(await open(), { flag: 'false' });
    const known: ConditionEntry = { fact: 'flag', operator: 'equal', value: true };
    const absent: ConditionEntry = { fact: 'whole', operator: 'equal', value: 1 };
    expect(await matches(not({ all: [absent, known] }))).to.equal(true);
    expect(await matches(not({ any: [absent, known] }))).to.equal(false);
    expect(await matches(not({ all: [absent] }))).to.equal(false);
    expect(await matches(not(not(absent)))).to.equal(false);
    expect(await matches({ any: [absent, not(known)] })).to.equal(true);
  });

  it('what is no usable value, or the map calls unset, counts as missing', async () => {
    const database = await open();
    for (const [fact, value] of MISSING) {
      const column = table.facts.get(fact)?.column?.name ?? '';
      const matches = await rowWith(database, { [column]: value });
      const told = `${fact} ${value}`;
      expect(await matches({ fact, operator: 'missing' }), told).to.equal(true);
      expect(await matches(not({ fact, operator: 'missing' })), told).to.equal(false);
      expect(await matches({ fact, operator: 'present' }), told).to.equal(false);
    }
  });

  it('an empty list, an empty text, zero and false are there', async () => {
    const values = { tags: "'{}'", words: "''", whole: '0', flag: 'false', double: "'-0'" };
    const matches = await rowWith(await open(), values);
    for (const fact of Object.keys(values)) {
      expect(await matches({ fact, operator: 'present' }), fact).to.equal(true);
      expect(await matches({ fact, operator: 'missing' }), fact).to.equal(false);
    }
    expect(await matches({ fact: 'tags', operator: 'doesNotContain', value: 'a' })).to.equal(true);
    expect(await matches({ fact: 'words', operator: 'equal', value: '' })).to.equal(true);
    expect(await matches({ fact: 'double', operator: 'equal', value: 0 })).to.equal(true);
  });

  it('text is equal byte for byte, and folded in ASCII alone where the map says so', async () => {
    const matches = await rowWith(await open(), { words: "'Ärger'", mixed: "'Ärger'", code: "'ab'" });
    expect(await matches({ fact: 'words', operator: 'equal', value: 'Ärger' })).to.equal(true);
    expect(await matches({ fact: 'words', operator: 'equal', value: 'A\u0308rger' })).to.equal(false);
    expect(await matches({ fact: 'words', operator: 'equal', value: 'ÄRGER' })).to.equal(false);
    expect(await matches({ fact: 'mixed', operator: 'equal', value: 'ÄRGER' })).to.equal(true);
    expect(await matches({ fact: 'mixed', operator: 'equal', value: 'ärger' })).to.equal(false);
    expect(await matches({ fact: 'code', operator: 'equal', value: 'ab' })).to.equal(true);
    expect(await matches({ fact: 'code', operator: 'equal', value: 'ab      ' })).to.equal(false);
  });

  it('a record is older than a period from the very microsecond the period is over', async () => {
    const matches = await rowWith(await open(), {
      moment: "'2025-11-21 00:00:00Z'",
      wall: "'2025-11-21 00:00:00.000001'",
    });
    expect(await matches({ fact: 'moment', operator: 'olderThan', value: 'P1Y' })).to.equal(true);
    expect(await matches({ fact: 'moment', operator: 'newerThan', value: 'P1Y' })).to.equal(false);
    expect(await matches({ fact: 'wallUtc', operator: 'olderThan', value: 'P1Y' })).to.equal(false);
    expect(await matches({ fact: 'wallUtc', operator: 'newerThan', value: 'P1Y' })).to.equal(true);
    expect(await matches(not({ fact: 'wallUtc', operator: 'olderThan', value: 'P1Y' }))).to.equal(true);
  });

  it('a date is over when its day is over in its zone', async () => {
    const matches = await rowWith(await open(), { day: "'2026-03-29'" });
    const ends = '2026-03-29T21:59:59.999999Z'; // summer time began that morning
    expect(await matches({ fact: 'dayBerlin', operator: 'equal', value: ends })).to.equal(true);
    expect(
      await matches({ fact: 'dayUtc', operator: 'equal', value: '2026-03-29T23:59:59.999999Z' }),
    ).to.equal(true);
  });

  it('a number beyond 2^53 is itself and not its neighbour', async () => {
    const matches = await rowWith(await open(), { big: '9007199254740993', exact: '0.30000000000000004' });
    expect(await matches({ fact: 'big', operator: 'equal', value: '9007199254740993' })).to.equal(true);
    expect(await matches({ fact: 'big', operator: 'greaterThan', value: '9007199254740992' })).to.equal(true);
    expect(await matches({ fact: 'exact', operator: 'equal', value: 0.3 })).to.equal(false);
  });
});

describe('the SQL of a condition', () => {
  const sqlOf = (fact: string, operator: string, value?: unknown): string =>
    whereOf(compiled(value === undefined ? { fact, operator } : { fact, operator, value }));

  it('compares the column itself, so that its index serves', () => {
    expect(sqlOf('words', 'equal', "it's")).to.equal(`this."words" = 'it''s'`);
    expect(sqlOf('words', 'in', ['a', 'b'])).to.equal(`this."words" in ('a', 'b')`);
    expect(sqlOf('words', 'notEqual', 'a')).to.equal(`this."words" <> 'a'`);
    expect(sqlOf('whole', 'greaterThan', -1)).to.equal('this."whole" > (-1)');
    expect(sqlOf('uid', 'equal', '00000000-0000-0000-0000-00000000000A')).to.equal(
      `this."uid" = '00000000-0000-0000-0000-00000000000a'::uuid`,
    );
    expect(sqlOf('moment', 'lessThan', '2026-11-21T01:00:00+01:00')).to.match(
      /^\(this\."moment" < '2026-11-21T00:00:00\.000000Z'::timestamptz and this\."moment" >= /,
    );
    expect(sqlOf('wallUtc', 'lessThan', '2026-11-21T01:00:00+01:00')).to.match(
      /^\(this\."wall" < '2026-11-21 00:00:00\.000000'::timestamp and this\."wall" >= /,
    );
  });

  it('has no coalesce, no "is true" and, but to fold, no collation: they cost the index', () => {
    for (const { entry } of leavesOf(table, [], 3)) {
      const text = whereOf(compiled(entry));
      expect(text).not.to.match(/coalesce|is (not )?(true|false|unknown|distinct)/i);
      if (!/Folded|mixed/.test(JSON.stringify(entry))) expect(text).not.to.match(/collate/i);
    }
  });

  it('negates leaves, never groups, in which a null would be lost', () => {
    const text = whereOf(
      compiled(
        not({
          all: [
            { fact: 'words', operator: 'in', value: ['a'] },
            not({
              any: [
                { fact: 'whole', operator: 'lessThan', value: 3 },
                { fact: 'flag', operator: 'missing' },
              ],
            }),
          ],
        }),
      ),
    );
    expect(text).to.equal(`(this."words" not in ('a') or (this."whole" < 3 or this."flag" is null))`);
  });

  it('takes an empty "all" for an error, not for every row', () => {
    expect(() => compiled({ all: [] })).to.throw('when.all: is an empty group');
    expect(() => compiled(not({ any: [] }))).to.throw('when.not.any: is an empty group');
  });
});
