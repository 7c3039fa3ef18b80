import type { Queryable } from '../db/database.js';
import { identifier } from '../db/sql.js';
import type { Catalogue } from './catalogue.js';
import { error, hint, warning, type Finding } from './finding.js';
import type { MapGraph, MapTable } from './graph.js';
import { readPartitioning, type Partition, type Partitioning } from './partitions.js';

/**
 * Tables that the map declares partitioned: whether they are, in the way it says, and whether partitions of them can be
 * dropped at all. Whatever is found here, rows are still deleted one by one.
 */
export async function checkPartitions(
  db: Queryable,
  graph: MapGraph,
  catalogue: Catalogue,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const table of graph.tables.values())
    if (table.partitionedBy !== null && catalogue.tables.has(table.sql))
      findings.push(...partitionFindings(table, await readPartitioning(db, table), catalogue));
  return findings;
}

function partitionFindings(
  table: MapTable,
  partitioning: Partitioning | null,
  { user }: Catalogue,
): readonly Finding[] {
  const at = `tables.${table.id}.partition`;
  if (!partitioning) return [error('partition_missing', at, `${table.sql} is not partitioned`)];
  const { strategy, columns, partitions } = partitioning;
  if (strategy !== 'range' || columns.length !== 1 || columns[0] !== table.partitionedBy) {
    const key = columns.map((column) => column ?? 'an expression').join(', ');
    return [
      error(
        'partition_key',
        at,
        `${table.sql} is partitioned by ${strategy} of ${key}, not by ranges of ${table.partitionedBy ?? ''}; rows are deleted one by one`,
      ),
    ];
  }
  return [
    ...ownership(table, partitioning, at, user),
    ...triggers(table, partitioning, at),
    ...sharedKeys(table, partitioning, at),
    ...partitions.flatMap((partition) => partFindings(partition, at)),
  ];
}

/** Detaching needs the table's owner, dropping the partition's. */
function ownership(
  table: MapTable,
  { isOwned, partitions }: Partitioning,
  at: string,
  user: string,
): readonly Finding[] {
  const foreign = [
    ...(isOwned ? [] : [table.sql]),
    ...partitions.filter((partition) => !partition.isOwned).map(({ sql }) => sql),
  ];
  if (foreign.length === 0) return [];
  const message = `only an owner can drop partitions, and this user does not own ${foreign.join(', ')}; rows are deleted one by one`;
  return [
    warning(
      'partition_owner',
      at,
      message,
      foreign.map((sql) => `alter table ${sql} owner to ${identifier(user)};`).join(' '),
    ),
  ];
}

function triggers(
  { sql }: MapTable,
  { deleteTriggers, partitions }: Partitioning,
  at: string,
): readonly Finding[] {
  const names = new Set([...deleteTriggers, ...partitions.flatMap((partition) => partition.deleteTriggers)]);
  if (names.size === 0) return [];
  return [
    warning(
      'partition_trigger',
      at,
      `${sql} has triggers or rules that dropping a partition would not fire (${[...names].join(', ')}); rows are deleted one by one where they apply`,
    ),
  ];
}

/** The server keeps a key unique over all partitions only where it holds the column they are made by. */
function sharedKeys({ key, sql }: MapTable, { isKeyUnique }: Partitioning, at: string): readonly Finding[] {
  if (isKeyUnique || key.length === 0) return [];
  const names = key.map(({ name }) => name).join(', ');
  return [
    hint(
      'partition_keys',
      at,
      `nothing keeps (${names}) unique over the partitions of ${sql}; see that a sequence does: a key of several rows is one record, which goes as a whole or not at all`,
    ),
  ];
}

function partFindings({ sql, kind, isDefault }: Partition, at: string): readonly Finding[] {
  const alone = (what: string): Finding =>
    hint('partition_rows', at, `${sql} is ${what}: its rows are deleted one by one`);
  if (isDefault) return [alone('the default partition')];
  if (kind === 'partitioned') return [alone('partitioned itself')];
  return kind === 'foreign table' ? [alone('a foreign table')] : [];
}
