import { identifier } from '../db/sql.js';
import type { Catalogue, CatalogueTable } from './catalogue.js';
import { edgeName, error, type Finding } from './finding.js';
import type { ClearEdge, MapGraph, MapTable } from './graph.js';
import type { Losses } from './losses.js';

/** The rights plans and runs need of the current user: one DELETE that is missing stops a run half-way through its tables. */
export function checkRights(graph: MapGraph, catalogue: Catalogue, losses: Losses): readonly Finding[] {
  return [
    ...planningRights(graph, catalogue),
    ...[...losses.tables].flatMap(({ id, sql }) => {
      const table = catalogue.tables.get(sql);
      return table ? lossRights(id, table, catalogue.user) : [];
    }),
    ...[...losses.clears].flatMap((edge) => clearRights(edge, catalogue)),
  ];
}

/** What even a plan needs: to read every mapped table, and temporary tables to work with. */
export const planningRights = (graph: MapGraph, catalogue: Catalogue): readonly Finding[] => [
  ...(catalogue.mayMakeTemporaryTables ? [] : [temporaryTables(catalogue)]),
  ...[...graph.tables.values()].flatMap(({ id, sql, schema }) => {
    if (catalogue.tables.get(sql)?.maySelect !== false) return [];
    const message = `this user may not read ${sql}`;
    return [error('right_missing', `tables.${id}`, message, readingGrants({ schema, sql }, catalogue))];
  }),
];

function lossRights(
  id: string,
  { sql, mayDelete, mayUpdate }: CatalogueTable,
  user: string,
): readonly Finding[] {
  const missing = [...(mayDelete ? [] : ['delete']), ...(mayUpdate ? [] : ['update'])];
  if (missing.length === 0) return [];
  const why = missing.includes('update') ? ' (update is for row locks)' : '';
  const message = `this user has no right to ${missing.join(' and ')} on ${sql}, which can lose rows${why}`;
  return [error('right_missing', `tables.${id}`, message, grant(missing.join(', '), sql, user))];
}

function clearRights(edge: ClearEdge, { tables, user }: Catalogue): readonly Finding[] {
  const { child, set } = edge;
  const columns = tables.get(child.sql)?.columns;
  const missing = set
    .filter(({ column }) => columns?.get(column)?.mayUpdate === false)
    .map(({ column }) => column);
  if (missing.length === 0) return [];
  const rights = `update (${missing.map(identifier).join(', ')})`;
  return [
    error(
      'right_missing',
      edgeName(edge),
      `this user may not update ${missing.join(', ')} of ${child.sql}`,
      grant(rights, child.sql, user),
    ),
  ];
}

/** What lets the user read one table. */
export const readingGrants = (
  { schema, sql }: Pick<MapTable, 'schema' | 'sql'>,
  { user }: Catalogue,
): string =>
  `grant usage on schema ${identifier(schema)} to ${identifier(user)}; ${grant('select', sql, user)}`;

const grant = (rights: string, sql: string, user: string): string =>
  `grant ${rights} on ${sql} to ${identifier(user)};`;

const temporaryTables = ({ user, database }: Catalogue): Finding =>
  error(
    'right_missing',
    'database',
    'this user may not make temporary tables, which plans and runs work with',
    `grant temporary on database ${identifier(database)} to ${identifier(user)};`,
  );
