import { identifier, literal } from '../db/sql.js';
import type { Report } from './compilation.js';
import { columnName, splitName } from './compile-tables.js';
import { OWN_SCHEMA } from './graph.js';
import type { DataMapFile, TableEntry } from './schema.js';

/** Lethe's own table and record names, now and in later versions, begin so. */
const RESERVED = 'lethe-';
/** Which record of the ticket system is which person. */
const PERSONS = 'lethe-subject-record';

/**
 * The map of a ticket system with Lethe's own tables behind it, so that these are retained, held and explained like all
 * others. What the map says keeps its place; a name that is Lethe's own goes to `report`.
 */
export function withOwnTables(file: DataMapFile, own: DataMapFile, report: Report): DataMapFile {
  reportTaken(file, report);
  return {
    ...file,
    tables: { ...file.tables, ...withPersons(own.tables, file) },
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
