import { identifier, literal } from '../db/sql.js';
import type { Report } from './compilation.js';
import { columnName, splitName } from './compile-tables.js';
import { OWN_SCHEMA } from './graph.js';
import type { DataMapFile, TableEntry } from './schema.js';

/** Lethe's own table and record names, now and in later versions, begin so. */
const RESERVED = 'lethe-';
/** Which record of the ticket system is which person. */
const PERSONS = 'lethe-subject-record';
/** Which record of the ticket system is flagged, or shown to nobody. */
const FLAGS = ['lethe-sensitive', 'lethe-quarantine'];

/**
 * The map of a ticket system with Lethe's own tables behind it, so that these are retained, held and explained like all
 * others. What the map says keeps its place; a name that is Lethe's own goes to `report`.
 */
export function withOwnTables(file: DataMapFile, own: DataMapFile, report: Report): DataMapFile {
  reportTaken(file, report);
  return {
    ...file,
    tables: { ...file.tables, ...withFlagged(withPersons(own.tables, file), file) },
    ignoredTables: { ...file.ignoredTables, ...own.ignoredTables },
    edges: [...file.edges, ...own.edges],
  };
}

function reportTaken({ id, schema, tables, ignoredTables }: DataMapFile, report: Report): void {
  const isOwn = (name: string): boolean => splitName(name, schema ?? 'public')[0] === OWN_SCHEMA;
  if (id === OWN_SCHEMA)
    report('id', `"${id}" is the map of Lethe's own tables, which every map has already; choose another id`);
  for (const [table, entry] of Object.entries(tables)) {
    const path = `tables.${table}`;
    if (table.startsWith(RESERVED)) report(path, taken(table));
    if (entry.concept?.startsWith(RESERVED)) report(`${path}.concept`, taken(entry.concept));
    if (isOwn(entry.table ?? table))
      report(path, `schema "${OWN_SCHEMA}" is Lethe's own, and mapped already`);
  }
  for (const name of Object.keys(ignoredTables ?? {}))
    if (isOwn(name))
      report(`ignoredTables.${name}`, `schema "${OWN_SCHEMA}" is Lethe's own, and mapped already`);
}

const taken = (name: string): string =>
  `names that begin with "${RESERVED}" are Lethe's own tables and records; choose another name than "${name}"`;

/** Whether the person is still there is asked of the ticket system's table, which the map alone knows. */
function withPersons(own: DataMapFile['tables'], file: DataMapFile): DataMapFile['tables'] {
  const persons = own[PERSONS];
  if (!persons) return own;
  const isGone = {
    type: 'boolean' as const,
    sql: personIsGone(file),
    description: 'the ticket system has no such person any more',
  };
  return { ...own, [PERSONS]: { ...persons, facts: { ...persons.facts, isGone } } };
}

/** One look through the people's keys, however many rows ask: a correlated search would have no index on their text. */
function personIsGone({ schema, subject, tables }: DataMapFile): string {
  const people: TableEntry | undefined = subject && tables[subject.record];
  if (!subject || people?.concept === undefined) return 'false';
  const table = splitName(people.table ?? subject.record, schema ?? 'public')
    .map(identifier)
    .join('.');
  const key = columnName(people, subject.key).sql;
  return `this.record = ${literal(people.concept)} and this.key not in (select cast(person.${key} as text) from ${table} person)`;
}

/** The same of what a flag is on, which can be any record of the ticket system. */
function withFlagged(own: DataMapFile['tables'], file: DataMapFile): DataMapFile['tables'] {
  const isGone = {
    type: 'boolean' as const,
    sql: flaggedIsGone(file),
    description: 'the ticket system has no such record any more',
  };
  const flags = FLAGS.flatMap((name) => {
    const table = own[name];
    return table ? [[name, { ...table, facts: { ...table.facts, isGone } }] as const] : [];
  });
  return { ...own, ...Object.fromEntries(flags) };
}

/** By the record's own key, so that its index answers; a record of another kind of key is never gone. */
function flaggedIsGone({ schema, tables }: DataMapFile): string {
  const cases = Object.entries(tables).flatMap(([name, entry]) => {
    const [[key, type] = ['', ''], ...more] = Object.entries(entry.key ?? {});
    const value = KEY_VALUES[type];
    if (entry.concept === undefined || value === undefined || more.length > 0) return [];
    const table = splitName(entry.table ?? name, schema ?? 'public')
      .map(identifier)
      .join('.');
    return [
      `when ${literal(entry.concept)} then not exists (select from ${table} flagged where flagged.${columnName(entry, key).sql} = ${value})`,
    ];
  });
  return cases.length === 0 ? 'false' : `(case this.record ${cases.join(' ')} else false end)`;
}

/** A flag's key, which is text, as a value of the key's type; what is no such value is no record's. */
const KEY_VALUES: Readonly<Record<string, string>> = {
  int: `case when this.key ~ '^-?[0-9]{1,18}$' then cast(this.key as bigint) end`,
  bigint: `case when this.key ~ '^-?[0-9]{1,18}$' then cast(this.key as bigint) end`,
  uuid: `case when this.key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then cast(this.key as uuid) end`,
  text: 'this.key',
};
