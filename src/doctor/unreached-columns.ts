import { closureOf } from '../datamap/closure.js';
import { hint, warning, type Finding } from '../datamap/finding.js';
import { isOwnTable, type MapColumn, type MapGraph, type MapTable } from '../datamap/graph.js';
import { isWithin } from '../policy/categories.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import { listed } from './listed.js';

/** Categories of columns that say no more than whose row it is, or who made it. */
const IDS = 'user.unique_id';

/**
 * Personal columns that no disposal rule in force ever reaches: their table is no rule's record and goes along with none, and
 * nothing clears them. Pure, from map and policies alone. Floors end nothing and do not count.
 */
export function unreachedColumns(graph: MapGraph, policies: readonly RetentionPolicy[]): readonly Finding[] {
  const unreached = unreachedTables(graph, policies);
  const own = unreached.map(({ table, columns }) => ({
    table,
    columns: columns.filter((one) => !isId(one)),
  }));
  return [
    ...own
      .filter(({ columns }) => columns.length > 0)
      .map(({ table, columns }) => tableFinding(graph, table, columns)),
    ...idsFinding(own.filter(({ columns }) => columns.length === 0).map(({ table }) => table)),
  ];
}

interface Unreached {
  readonly table: MapTable;
  readonly columns: readonly MapColumn[];
}

function unreachedTables(graph: MapGraph, policies: readonly RetentionPolicy[]): readonly Unreached[] {
  const closures = policies
    .filter(({ action }) => action === 'delete')
    .map(({ table }) => closureOf(graph, table));
  const reached = new Set(closures.flatMap(({ tables }) => tables));
  const clears = closures.flatMap((closure) => closure.clears);
  const isCleared = (table: MapTable, { name }: MapColumn): boolean =>
    clears.some(({ child, set }) => child === table && set.some(({ column }) => column === name));
  return [...graph.tables.values()]
    .filter((table) => !reached.has(table) && !isAnswered(table))
    .map((table) => ({
      table,
      columns: [...table.columns.values()].filter(
        (column) => column.category !== null && !isCleared(table, column),
      ),
    }))
    .filter(({ columns }) => columns.length > 0);
}

/** Of Lethe's own tables that may lose no row, the map says why; nobody else can answer better. */
const isAnswered = (table: MapTable): boolean => isOwnTable(table) && table.forbidsDelete !== null;

const isId = ({ category }: MapColumn): boolean => category !== null && isWithin(category, IDS);

function tableFinding(graph: MapGraph, table: MapTable, columns: readonly MapColumn[]): Finding {
  const what = `${columns.length === 1 ? 'a personal column' : `${columns.length} personal columns`} (${listed(columns.map(({ id }) => id))})`;
  return warning(
    'personal_columns_unreached',
    `tables.${table.id}`,
    `no rule in force ever reaches ${what}: ${wayOut(graph, table)}`,
  );
}

function wayOut(graph: MapGraph, table: MapTable): string {
  if (table.forbidsDelete !== null)
    return `the map forbids deleting here (${table.forbidsDelete}), so they are changed in the ticket system, by hand`;
  const owners = [...graph.records.values()].filter(
    (record) => record.forbidsDelete === null && closureOf(graph, record).tables.includes(table),
  );
  if (owners.length === 0) return 'give the table a "concept" and a rule, or an edge to what it belongs to';
  const records = listed(owners.map(({ id, concept }) => `"${concept ?? id}"`));
  return `publish a rule with ${owners.length === 1 ? '"record": ' : 'one of these as "record": '}${records}`;
}

function idsFinding(tables: readonly MapTable[]): readonly Finding[] {
  if (tables.length === 0) return [];
  const where = tables.length === 1 ? 'one table' : `${tables.length} tables`;
  return [
    hint(
      'personal_ids_unreached',
      'tables',
      `no rule in force reaches ${where} with ids of persons and nothing else of theirs (${listed(tables.map(({ id }) => id))}): see that these ids mean nobody once the person's own row is gone`,
    ),
  ];
}
