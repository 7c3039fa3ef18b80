import { isOwnTable, type MapColumn, type MapGraph, type MapTable } from '../datamap/graph.js';
import type { ActivityEntry } from './activity-schema.js';
import { isWithin } from './categories.js';

/** Where an activity's data is: a table of the map, and its columns with one of the activity's categories. */
export interface ActivityTable {
  readonly table: MapTable;
  readonly columns: readonly MapColumn[];
}

/** What the data map calls the rows of a table: its record, or the table itself where it is part of another record. */
export const recordName = ({ concept, id }: MapTable): string => concept ?? id;

/** The personal data that an activity is about, wherever it is stored; tables without any are left out. */
export function dataOfActivity(
  graph: MapGraph,
  { categories, records }: Pick<ActivityEntry, 'categories' | 'records'>,
): readonly ActivityTable[] {
  const isMeant = (table: MapTable): boolean => records === undefined || records.includes(recordName(table));
  return [...graph.tables.values()].filter(isMeant).flatMap((table) => {
    const columns = personalColumns(graph, table).filter(({ category }) =>
      categories.some((name) => isWithin(category, name)),
    );
    return columns.length === 0 ? [] : [{ table, columns }];
  });
}

/** `agents.name`: personal columns of the map that no activity is about; each is missing from the record of Art. 30. */
export function columnsWithoutActivity(
  graph: MapGraph,
  activities: readonly Pick<ActivityEntry, 'categories' | 'records'>[],
): readonly string[] {
  const claimed = new Set(
    activities.flatMap((activity) => dataOfActivity(graph, activity)).flatMap(({ columns }) => columns),
  );
  return [...graph.tables.values()].flatMap((table) =>
    personalColumns(graph, table)
      .filter((column) => !claimed.has(column))
      .map((column) => `${table.id}.${column.id}`),
  );
}

/** Columns with a category. What a map says of all tables of the ticket system is not said of Lethe's own. */
function personalColumns(graph: MapGraph, table: MapTable): readonly PersonalColumn[] {
  const declared = graph.file.tables[table.id]?.columns ?? {};
  return [...table.columns.values()].filter(
    (column): column is PersonalColumn =>
      column.category !== null && (!isOwnTable(table) || Object.hasOwn(declared, column.id)),
  );
}

type PersonalColumn = MapColumn & { readonly category: string };
