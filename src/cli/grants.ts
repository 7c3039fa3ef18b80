import { closureOf } from '../datamap/closure.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { ignoredTablesRead } from '../datamap/ignored-tables.js';
import { identifier } from '../db/sql.js';

/** The least rights for a database user that applies plans over this map; `lethe` stands for its name. */
export function grantsText(graph: MapGraph): string {
  const roots = [...graph.records.values()].filter(({ forbidsDelete }) => forbidsDelete === null);
  const closures = roots.map((root) => closureOf(graph, root));
  const losing = unique(closures.flatMap(({ tables }) => tables));
  const cleared = unique(closures.flatMap(({ clears }) => clears.map(({ child }) => child)));
  const read = [...graph.tables.values(), ...ignoredTablesRead(graph)];
  const schemas = [...new Set(read.map(({ schema }) => identifier(schema)))];
  return [
    '-- Least rights; put your user in place of lethe.',
    '-- UPDATE on tables that lose rows is for row locks; dropping partitions would need ownership.',
    'grant usage on schema "lethe" to lethe;',
    'grant select, insert, update, delete on all tables in schema "lethe" to lethe;',
    ...schemas.map((schema) => `grant usage on schema ${schema} to lethe;`),
    `grant select on ${names(read)} to lethe;`,
    ...(losing.length > 0 ? [`grant update, delete on ${names(losing)} to lethe;`] : []),
    ...(cleared.length > 0 ? [`grant update on ${names(cleared)} to lethe;`] : []),
    ...(graph.derived.length > 0 ? ['-- derived data: also what these statements write'] : []),
    ...graph.derived.map(({ run }) => `--   ${run.replaceAll('\n', ' ')}`),
    '',
  ].join('\n');
}

const unique = (tables: readonly MapTable[]): readonly MapTable[] => [...new Set(tables)];
const names = (tables: readonly Pick<MapTable, 'sql'>[]): string => tables.map(({ sql }) => sql).join(', ');
