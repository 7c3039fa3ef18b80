import type { MapGraph } from '../datamap/graph.js';

/** Is a data category (fideslang) the named one, or one below it? `user.content` names `user.content.private` too. */
export const isWithin = (category: string, name: string): boolean =>
  category === name || category.startsWith(`${name}.`);

/** The data categories of a map's columns. */
export function categoriesOf(graph: MapGraph): readonly string[] {
  const columns = [...graph.tables.values()].flatMap((table) => [...table.columns.values()]);
  return [...new Set(columns.flatMap(({ category }) => category ?? []))].sort();
}
