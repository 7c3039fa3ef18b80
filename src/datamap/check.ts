import { describeProblems, LetheError } from '../core/errors.js';
import type { Database, Tx } from '../db/database.js';
import { readCatalogue, type Catalogue } from './catalogue.js';
import { checkClears, checkColumns } from './check-columns.js';
import { checkConstants } from './check-constants.js';
import { checkDerived } from './check-derived.js';
import { checkForeignKeys } from './check-foreign-keys.js';
import { checkIndexes } from './check-indexes.js';
import { checkPartitions } from './check-partitions.js';
import { checkPieces } from './check-pieces.js';
import { checkRights, planningRights } from './check-rights.js';
import { checkTables } from './check-tables.js';
import { checkEdgeKinds } from './check-kinds.js';
import { checkDiscriminators, checkParameters } from './check-values.js';
import { bySeverity, type Finding } from './finding.js';
import { isOwnTable, type MapGraph } from './graph.js';
import { lossesOf } from './losses.js';
import { withoutTrace } from './probe.js';
import { ticketSystemOf } from './ticket-system.js';

export type { Finding } from './finding.js';

/**
 * Compares the map with the database that is connected: what is missing, unmapped, unindexed or not allowed, and whether
 * the server can run every piece of SQL in it. Writes nothing; everything happens in one transaction that is rolled back.
 * Lethe's own tables are looked at where there are any: without a schema "lethe" nothing of them can be wrong.
 */
export function checkMap(db: Database, whole: MapGraph): Promise<readonly Finding[]> {
  return withoutTrace(db, async (tx) => {
    const catalogue = await readCatalogue(tx, whole);
    const graph = [...catalogue.tables.values()].some(isOwnTable) ? whole : ticketSystemOf(whole);
    const losses = lossesOf(graph);
    return bySeverity([
      ...checkTables(graph, catalogue, losses),
      ...checkColumns(graph, catalogue),
      ...checkClears(losses, catalogue),
      ...checkRights(graph, catalogue, losses),
      ...checkForeignKeys(graph, catalogue, losses),
      ...(await checkPartitions(tx, graph, catalogue)),
      ...(await checkSql(tx, graph, catalogue)),
      ...(await checkConstants(tx, graph)),
      ...checkEdgeKinds(graph, catalogue),
      ...(await checkDiscriminators(tx, graph, catalogue)),
      ...(await checkIndexes(tx, graph, catalogue)),
    ]);
  });
}

/** Derived data first: its temporary tables can no longer be made once the transaction is read-only. */
async function checkSql(tx: Tx, graph: MapGraph, catalogue: Catalogue): Promise<readonly Finding[]> {
  const derived = catalogue.mayMakeTemporaryTables ? await checkDerived(tx, graph, catalogue) : [];
  await tx.script('set transaction read only');
  const pieces = await checkPieces(tx, graph, catalogue);
  return [...pieces, ...derived, ...(await checkParameters(tx, graph, catalogue))];
}

/** What makes planning impossible, or its result wrong. */
const UNFIT = new Set([
  'table_missing',
  'table_is_view',
  'key_not_unique',
  'column_missing',
  'column_type',
  'column_collation',
  'piece_broken',
  'fact_type',
  'parameter_mismatch',
  'right_missing',
]);

/**
 * Refuses to go on with a map that does not fit: tables, columns and types that are not there, SQL the server cannot run,
 * parameters of another installation, tables that may not be read. The other findings are the doctor's alone, and Lethe's
 * own tables are what its migrations made them.
 * @throws LetheError `map_mismatch` with every such finding
 */
export async function requireFit(db: Database, whole: MapGraph): Promise<void> {
  const graph = ticketSystemOf(whole);
  const findings = await withoutTrace(db, async (tx) => {
    const catalogue = await readCatalogue(tx, graph);
    return [
      ...checkTables(graph, catalogue, lossesOf(graph)),
      ...checkColumns(graph, catalogue),
      ...planningRights(graph, catalogue),
      ...(await checkSql(tx, graph, catalogue)),
    ];
  });
  const unfit = findings.filter(({ severity, code }) => severity === 'error' && UNFIT.has(code));
  if (unfit.length === 0) return;
  const problems = unfit.map(({ thing, message }) => ({ file: '', path: thing, message }));
  throw new LetheError('map_mismatch', { problems: describeProblems(problems) });
}
