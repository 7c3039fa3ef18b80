import { closureOf } from '../datamap/closure.js';
import { isOwnTable, type MapGraph, type MapTable } from '../datamap/graph.js';
import { ignoredTablesRead } from '../datamap/ignored-tables.js';
import { lossesOf } from '../datamap/losses.js';
import { ticketSystemOf } from '../datamap/ticket-system.js';
import { DISPOSABLE } from '../db/door.js';
import { identifier } from '../db/sql.js';
import { WRITTEN } from '../tickets/written-tables.js';

/** The least rights for a database user that applies plans over this map; `lethe` stands for its name. */
export function grantsText(whole: MapGraph): string {
  const graph = ticketSystemOf(whole);
  const roots = [...graph.records.values()].filter(({ forbidsDelete }) => forbidsDelete === null);
  const closures = roots.map((root) => closureOf(graph, root));
  const losing = unique(closures.flatMap(({ tables }) => tables));
  const cleared = unique(closures.flatMap(({ clears }) => clears.map(({ child }) => child)));
  const read = [...graph.tables.values(), ...ignoredTablesRead(graph)];
  const partitioned = losing.filter(({ partitionedBy }) => partitionedBy !== null);
  const schemas = [...new Set(read.map(({ schema }) => identifier(schema)))];
  return [
    '-- Least rights; put your user in place of lethe.',
    '-- UPDATE on tables that lose rows is for row locks.',
    'grant usage on schema "lethe" to lethe;',
    'grant select, insert, update on all tables in schema "lethe" to lethe;',
    `grant delete on ${ownTablesLosing(whole).join(', ')} to lethe;`,
    ...schemas.map((schema) => `grant usage on schema ${schema} to lethe;`),
    `grant select on ${names(read)} to lethe;`,
    ...(losing.length > 0 ? [`grant update, delete on ${names(losing)} to lethe;`] : []),
    ...(cleared.length > 0 ? [`grant update on ${names(cleared)} to lethe;`] : []),
    ...partitioned.map(
      ({ sql }) =>
        `-- dropping partitions of ${sql} needs ownership, of it and of them; else rows go one by one`,
    ),
    ...(graph.id === 'native' ? writingGrants(graph) : []),
    ...(graph.derived.length > 0 ? ['-- derived data: also what these statements write'] : []),
    ...graph.derived.map(({ run }) => `--   ${run.replaceAll('\n', ' ')}`),
    '',
  ].join('\n');
}

/** What the guarded ticket storage writes; UPDATE also where it only locks rows. */
function writingGrants({ tables }: MapGraph): readonly string[] {
  const named = (ids: readonly string[]): string => names(ids.flatMap((id) => tables.get(id) ?? []));
  const sequences = WRITTEN.numbered.map((table) => `"desk"."${table}_id_seq"`).join(', ');
  return [
    '-- tickets behind the policies: engine.tickets',
    `grant insert on ${named(WRITTEN.inserts)} to lethe;`,
    `grant update on ${named(WRITTEN.updates)} to lethe;`,
    `grant usage on sequence ${sequences} to lethe;`,
  ];
}

/** Lethe's own tables whose rows a disposal takes, and those that hold no record of anything or are pruned. */
function ownTablesLosing(graph: MapGraph): readonly string[] {
  const mapped = [...lossesOf(graph).tables].filter(isOwnTable).map(({ sql }) => sql);
  const others = DISPOSABLE.filter((name) => name !== 'lethe.migration').map((name) =>
    name.split('.').map(identifier).join('.'),
  );
  return [...new Set([...mapped, ...others])];
}

const unique = (tables: readonly MapTable[]): readonly MapTable[] => [...new Set(tables)];
const names = (tables: readonly Pick<MapTable, 'sql'>[]): string => tables.map(({ sql }) => sql).join(', ');
