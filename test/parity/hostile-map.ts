import { compileMap } from '../../src/datamap/compile.js';
import type { MapGraph, MapTable } from '../../src/datamap/graph.js';
import { dataMapSchema } from '../../src/datamap/schema.js';

/** A table with a column of every type a map knows, and a fact for every way of reading it. */
export function hostileMap(): { readonly graph: MapGraph; readonly table: MapTable } {
  const graph = compileMap(dataMapSchema.parse(MAP), 'hostile.json', {});
  const table = graph.records.get('thing');
  if (!table) throw new Error('the hostile map has lost its record');
  return { graph, table };
}

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
        dayBerlin: {
          column: 'day',
          type: 'date',
          zone: 'Europe/Berlin',
          unset: ['1970-01-01', '0044-03-15 BC'],
        },
        dayKiritimati: { column: 'day', type: 'date', zone: 'Pacific/Kiritimati' },
        wallUtc: { column: 'wall', type: 'timestamp', zone: 'UTC' },
        wallUtcUnset: {
          column: 'wall',
          type: 'timestamp',
          zone: 'UTC',
          unset: ['1970-01-01 00:00:00', 'infinity'],
        },
        wallBerlin: { column: 'wall', type: 'timestamp', zone: 'Europe/Berlin' },
        wallBerlinUnset: {
          column: 'wall',
          type: 'timestamp',
          zone: 'Europe/Berlin',
          unset: ['1970-01-01 00:00:00'],
        },
        wallHonolulu: { column: 'wall', type: 'timestamp', zone: 'Pacific/Honolulu' },
        moment: { type: 'timestamptz' },
        momentUnset: {
          column: 'moment',
          type: 'timestamptz',
          unset: ['1970-01-01 00:00:00+00', '-infinity'],
        },
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
  sqlBoolean: {
    type: 'boolean',
    sql: 'this.id in (select o.thing from parity.other o where o.thing is not null)',
  },
  sqlBooleanOverNulls: { type: 'boolean', sql: 'this.id in (select o.thing from parity.other o)' },
  sqlBooleanComparison: { type: 'boolean', sql: 'this.whole > 0 or this.flag' },
  sqlInstant: { type: 'instant', sql: '(select max(o.at) from parity.other o where o.thing = this.id)' },
  sqlInstantOfMoment: { type: 'instant', sql: 'this.moment' },
  sqlInstantOfDate: { type: 'instant', sql: 'this.day' },
  sqlInstantOfTimestamp: { type: 'instant', sql: 'this.wall' },
  sqlUuid: { type: 'uuid', sql: "nullif(this.uid, '00000000-0000-0000-0000-000000000000')" },
  sqlTexts: {
    type: 'text[]',
    sql: 'array(select o.label from parity.other o where o.thing = this.id order by 1)',
  },
  sqlNumbers: {
    type: 'number[]',
    sql: '(select array_agg(o.amount) from parity.other o where o.thing = this.id)',
  },
};

MAP.tables.thing.facts = {
  ...Object.fromEntries(Object.keys(MAP.tables.thing.columns).map((column) => [column, { column }])),
  ...SQL_FACTS,
};
