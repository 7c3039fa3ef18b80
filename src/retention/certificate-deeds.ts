import { LetheError } from '../core/errors.js';
import type { PlanRow } from '../disposal/plan-store.js';
import type { GivenApproval } from './certificate-facts.js';
import type { PlanEntry } from './certificate-ledger.js';
import type { RunCounts } from './certificate-store.js';

/** What a run did, told by its sealed entries alone. */
export interface Deeds {
  readonly approvals: readonly GivenApproval[];
  /** Actor ids. */
  readonly actors: readonly string[];
  readonly started: string;
  readonly finished: string;
  /** Roots deleted, and rows by table. */
  readonly taken: number;
  readonly deleted: Readonly<Record<string, number>>;
  readonly lateRows: number;
}

/** @throws LetheError `certificate_contradicted` when the ledger does not tell of a run of this very plan, begun and ended */
export function deedsOf(plan: PlanRow, entries: readonly PlanEntry[]): Deeds {
  const [finished, ...more] = entries.filter(({ kind }) => kind === 'retention.finished');
  if (!finished) throw contradiction(plan, 'the ledger has no end of the run; was it pruned?');
  if (more.length > 0) throw contradiction(plan, 'the ledger has two ends of the run');
  const stranger = entries.find(({ planDigest }) => planDigest !== plan.digest);
  if (stranger) throw contradiction(plan, `an entry ${stranger.kind} is about another content of the plan`);
  const batches = entries.filter(({ kind }) => kind === 'retention.batch');
  const deeds = entries.filter(({ kind }) => kind.startsWith('retention.'));
  return {
    approvals: approvalsIn(plan, entries),
    actors: [...new Set(deeds.map(({ actor }) => actor))],
    started: deeds[0]?.at ?? finished.at,
    finished: finished.at,
    taken: batches.reduce((sum, { names }) => sum + names, 0),
    deleted: added(batches.map(({ counts }) => counts)),
    lateRows:
      added(entries.filter(({ kind }) => kind === 'retention.swept').map(({ counts }) => counts))['late'] ??
      0,
  };
}

/** @throws LetheError `certificate_contradicted` when fewer people approved than the plan needs */
function approvalsIn({ id, approvers }: PlanRow, entries: readonly PlanEntry[]): readonly GivenApproval[] {
  const given = entries.filter(({ kind }) => kind === 'plan.approved');
  const people = new Set(given.map(({ actor }) => actor)).size;
  if (people < approvers)
    throw contradiction({ id }, `${people} approvals in the ledger of ${approvers} needed`);
  return given.map(({ actor, assurance, roles, at, expires }) => ({
    by: actor,
    assurance: assurance ?? '',
    roles,
    at,
    until: expires,
  }));
}

function added(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

/**
 * The counts of the run's tables, if the ledger says the same: a certificate never says more than was done, and whoever can
 * change one of the two cannot change the other.
 * @throws LetheError `certificate_contradicted`
 */
export function agreed(plan: PlanRow, deeds: Deeds, counts: RunCounts): RunCounts {
  if (counts.open > 0) throw contradiction(plan, `${counts.open} parts of the plan are not done`);
  if (deeds.taken !== counts.taken)
    throw contradiction(plan, `${deeds.taken} and ${counts.taken} records deleted`);
  if (Number(plan.items) !== counts.taken + counts.keptInRun)
    throw contradiction(
      plan,
      `${plan.items} records planned, ${counts.taken} deleted, ${counts.keptInRun} kept`,
    );
  for (const table of new Set([...Object.keys(deeds.deleted), ...Object.keys(counts.deleted)])) {
    const [sealed, stored] = [deeds.deleted[table] ?? 0, counts.deleted[table] ?? 0];
    if (sealed !== stored) throw contradiction(plan, `${sealed} and ${stored} rows of ${table} deleted`);
  }
  return counts;
}

const contradiction = ({ id }: Pick<PlanRow, 'id'>, what: string): LetheError =>
  new LetheError('certificate_contradicted', { plan: id, what });
