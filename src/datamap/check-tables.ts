import { identifier } from '../db/sql.js';
import type { Catalogue, CatalogueTable, Trigger } from './catalogue.js';
import { splitName } from './compile-tables.js';
import { error, hint, warning, type Finding } from './finding.js';
import { OWN_SCHEMA, type MapGraph, type MapTable } from './graph.js';
import type { Losses } from './losses.js';

/** Every mapped table is there, is a table, and its key names one row; every other table has an answer. */
export function checkTables(graph: MapGraph, catalogue: Catalogue, losses: Losses): readonly Finding[] {
  const mapped = [...graph.tables.values()].flatMap((table) => {
    const found = catalogue.tables.get(table.sql);
    if (!found) return [missing(table, catalogue)];
    return [...checkKind(table, found), ...checkKey(table, found), ...checkTriggers(table, found, losses)];
  });
  return [...mapped, ...unmappedTables(graph, catalogue)];
}

function missing({ id, schema, name }: MapTable, catalogue: Catalogue): Finding {
  const elsewhere = [...catalogue.tables.values()].find(
    (table) => table.name.toLowerCase() === name.toLowerCase(),
  );
  const advice = elsewhere ? `; there is ${elsewhere.schema}.${elsewhere.name}` : '';
  return error('table_missing', `tables.${id}`, `the database has no table ${schema}.${name}${advice}`);
}

function checkKind({ id, sql, partitionedBy }: MapTable, found: CatalogueTable): readonly Finding[] {
  const at = `tables.${id}`;
  const findings: Finding[] = [];
  if (found.kind === 'view' || found.kind === 'materialized view')
    findings.push(error('table_is_view', at, `${sql} is a ${found.kind}; map the tables behind it`));
  if (found.kind === 'foreign table')
    findings.push(
      warning('table_is_foreign', at, `${sql} is in another server: act and proof do not commit together`),
    );
  if (found.isPartition)
    findings.push(warning('table_is_partition', at, `${sql} is one partition; map the partitioned table`));
  if (found.kind === 'partitioned' && partitionedBy === null)
    findings.push(
      hint(
        'table_partitioned',
        at,
        `${sql} is partitioned; rows are deleted one by one, partitions stay (see "partition" in the map)`,
      ),
    );
  if (found.rowSecurity === 'active')
    findings.push(
      warning(
        'row_security',
        at,
        `row level security hides rows of ${sql} from this user: what it hides is never disposed of`,
      ),
    );
  if (found.rowSecurity === 'passed over')
    findings.push(
      hint('row_security', at, `${sql} has row level security, which does not apply to this user`),
    );
  return findings;
}

function checkKey({ id, key, sql }: MapTable, found: CatalogueTable): readonly Finding[] {
  const at = `tables.${id}.key`;
  const names = key.map(({ name }) => name);
  if (names.length === 0 || names.some((name) => !found.columns.has(name))) return [];
  const nullable = names.filter((name) => found.columns.get(name)?.nullable);
  const unique = found.uniqueKeys.some((columns) => columns.every((column) => names.includes(column)));
  return [
    ...(unique || found.kind !== 'table'
      ? []
      : [
          error(
            'key_not_unique',
            at,
            `nothing in ${sql} keeps (${names.join(', ')}) unique: deleting by it could take other rows`,
          ),
        ]),
    ...nullable.map((name) =>
      warning('key_nullable', at, `"${name}" can be null in ${sql}; such rows are never found by key`),
    ),
  ];
}

/** Lethe's own functions that refuse what is not to be written, and do nothing else. */
const REFUSING: readonly string[] = ['stays_as_written', 'refuse_plaintext'];

/** By function and schema: a trigger's name is whatever somebody calls it. */
const onlyRefuses = ({ calls, schema }: Trigger): boolean =>
  schema === OWN_SCHEMA && REFUSING.includes(calls);

/** Triggers run whatever they like with the old row: history tables, undo dumps, queues. */
function checkTriggers(table: MapTable, found: CatalogueTable, losses: Losses): readonly Finding[] {
  if (!losses.tables.has(table)) return [];
  const others = found.triggers.filter((trigger) => !onlyRefuses(trigger));
  return others.map(({ name, calls, onChange }) => {
    const message = `${table.sql} has trigger "${name}" (${calls}); see whether it copies rows elsewhere, and map that table`;
    return (onChange ? warning : hint)('trigger', `tables.${table.id}`, message);
  });
}

function unmappedTables(graph: MapGraph, catalogue: Catalogue): readonly Finding[] {
  const answered = new Set([...graph.tables.values()].map(({ sql }) => sql));
  for (const ignored of Object.keys(graph.file.ignoredTables ?? {})) {
    const [schema, name] = splitName(ignored, graph.file.schema ?? 'public');
    answered.add(`${identifier(schema)}.${identifier(name)}`);
  }
  const gone = [...answered].filter((sql) => !catalogue.tables.has(sql) && !isMapped(graph, sql));
  const open = [...catalogue.tables.values()].filter(
    ({ sql, kind, isPartition }) => kind !== 'view' && !isPartition && !answered.has(sql),
  );
  return [
    ...open.map(({ kind, schema, name }) => {
      const copy = kind === 'materialized view' ? ", a copy of other tables' rows" : '';
      return error(
        'table_unmapped',
        `${schema}.${name}`,
        `is a ${kind}${copy}, neither in "tables" nor in "ignoredTables"`,
      );
    }),
    ...gone.map((sql) => hint('ignored_table_missing', 'ignoredTables', `the database has no table ${sql}`)),
  ];
}

const isMapped = (graph: MapGraph, sql: string): boolean =>
  [...graph.tables.values()].some((table) => table.sql === sql);
