import { isOwnTable, OWN_SCHEMA, type MapGraph } from './graph.js';

/**
 * The ticket system's part of a map, without Lethe's own tables: for questions that are asked before these exist, or that
 * Lethe's migrations have answered.
 */
export function ticketSystemOf(graph: MapGraph): MapGraph {
  const ignored = Object.entries(graph.file.ignoredTables ?? {});
  return {
    ...graph,
    file: {
      ...graph.file,
      ignoredTables: Object.fromEntries(ignored.filter(([name]) => !name.startsWith(`${OWN_SCHEMA}.`))),
    },
    tables: new Map([...graph.tables].filter(([, table]) => !isOwnTable(table))),
    records: new Map([...graph.records].filter(([, table]) => !isOwnTable(table))),
    edges: graph.edges.filter(({ child }) => !isOwnTable(child)),
  };
}
