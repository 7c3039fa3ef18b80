import type { LetheError } from '../core/errors.js';
import type { Tx } from '../db/database.js';
import type { Catalogue } from './catalogue.js';
import { isReadable, pieceFinding, type PieceContext } from './check-pieces.js';
import { error, hint, type Finding } from './finding.js';
import type { DerivedData, MapGraph } from './graph.js';
import { failureOf } from './probe.js';

/**
 * Has the server plan what keeps derived data in step, over temporary tables as a run makes them. Needs a transaction that
 * may still create these.
 */
export async function checkDerived(
  tx: Tx,
  graph: MapGraph,
  catalogue: Catalogue,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [index, derived] of graph.derived.entries())
    if (isReadable(derived.when, catalogue))
      findings.push(...(await checkOne(tx, derived, index, { graph, catalogue })));
  return findings;
}

async function checkOne(
  tx: Tx,
  { when, collect, run }: DerivedData,
  index: number,
  known: Omit<PieceContext, 'pieces'>,
): Promise<readonly Finding[]> {
  const path = `derived[${index}]`;
  const [gone, collected] = [`lethe_check_gone${index}`, `lethe_check_collected${index}`];
  const keys = when.key.map(({ sql }) => `this.${sql}`).join(', ');
  // a key column that is missing has a finding of its own
  if (await failureOf(tx, create(gone, `select ${keys} from ${when.sql} this`))) return [];
  const unsound = await failureOf(tx, create(collected, `with gone as (table ${gone}) ${collect}`));
  if (unsound) return [pieceFinding(`${path}.collect`, unsound, { ...known, pieces: [collect] })];
  const failure = await failureOf(tx, `explain with collected as (table ${collected}) ${run}`);
  if (!failure) return [];
  // behind an engine the door is shut for writes, planned ones too
  if (failure.code === 'door_closed')
    return [hint('not_planned', `${path}.run`, 'cannot be planned here; `lethe doctor` does it')];
  if (failure.code === 'database_right_missing') return [mayNotRun(`${path}.run`, failure)];
  return [pieceFinding(`${path}.run`, failure, { ...known, pieces: [run] })];
}

/** Only runs need it: who only plans may do without. */
const mayNotRun = (path: string, { details }: LetheError): Finding =>
  error('run_right_missing', path, `this user may not run it${String(details['where'] ?? '')}`);

const create = (name: string, select: string): string =>
  `create temporary table ${name} on commit drop as ${select} with no data`;
