import type { Config } from '../config.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database } from '../db/database.js';
import { error, warning, type Finding } from '../datamap/finding.js';
import type { MapGraph } from '../datamap/graph.js';
import { policyStandings, readVersions, type VersionsRead } from '../publication/policies-in-force.js';
import { byKind } from '../policy/policy.js';
import type { PolicyStanding } from '../publication/publication.js';
import { retentionStatus } from '../retention/status.js';
import { accessCoverage } from './access.js';
import { activityCoverage } from './activities.js';
import { backlog } from './backlog.js';
import { clockSkew } from './clock-skew.js';
import { findingOr, type CoverageContext } from './context.js';
import { endlessRecords } from './endless-records.js';
import { installedKeys } from './installed-keys.js';
import { keysCoverage } from './keys.js';
import { policyReviews } from './policy-review.js';
import { ruleConflicts } from './rule-conflicts.js';
import { schedules } from './schedules.js';
import { unreachedColumns } from './unreached-columns.js';
import { vaultCoverage } from './vault-coverage.js';
import { waiting } from './waiting.js';

export interface Installation {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  readonly config: Pick<Config, 'vault' | 'backups' | 'database' | 'keys'>;
}

/**
 * Whether what is there is covered: every personal column reached by a rule in force, nothing past its date, nothing that
 * never ends, no schedule that stands still, the vault in order. Needs schema "lethe"; runs on a database that is closed to
 * every other command, and writes nothing. No finding holds personal data.
 */
export async function checkCoverage(installation: Installation): Promise<readonly Finding[]> {
  const { db, graph, clock } = installation;
  const standings = await policyStandings(db, clock.now());
  const read = await readVersions(
    db,
    graph,
    [...standings.values()].flatMap(({ inForce }) => inForce ?? []),
  );
  return [
    ...(await findingOr('vault', () => vaultCoverage(installation))),
    ...(await findingOr('keys', () => ofKeys(installation))),
    ...(await findingOr('clock', () => clockSkew(installation))),
    ...(await findingOr('access log', () => accessCoverage(installation))),
    ...unreadable(read),
    ...(await policyCoverage(installation, standings, read)),
  ];
}

async function ofKeys({ db, graph, clock, config }: Installation): Promise<readonly Finding[]> {
  const keys = await installedKeys(config, clock);
  try {
    return await keysCoverage({ db, graph, clock, keys, isConfigured: config.keys !== null });
  } finally {
    if (keys && !(keys instanceof LetheError)) await keys.close();
  }
}

const unreadable = ({ problems }: VersionsRead): readonly Finding[] =>
  problems.map(({ file, path, message }) =>
    error(
      'version_unreadable',
      `policy ${file}`,
      `the version in force does not fit the data map any more: ${path === '' ? '' : `${path}: `}${message}. Publish one that does`,
    ),
  );

async function policyCoverage(
  { db, graph, clock }: Installation,
  standings: ReadonlyMap<string, PolicyStanding>,
  { policies, problems }: VersionsRead,
): Promise<readonly Finding[]> {
  const { retention: rules } = byKind(policies);
  const plans = await retentionStatus({ db, graph, clock, policies: rules, vault: null });
  const context: CoverageContext = { db, graph, clock, policies: rules, standings, plans };
  const isCovered = rules.some(({ action }) => action === 'delete');
  return [
    ...(isCovered || problems.length > 0 ? [] : [nothingInForce]),
    // a version that cannot be read would leave everything that rests on it without an activity
    ...(problems.length > 0 ? [] : activityCoverage(graph, byKind(policies))),
    ...(await findingOr('waiting', () => waiting(context))),
    ...policyReviews(policies, context),
    ...(isCovered ? await rulesCoverage(context) : []),
  ];
}

const nothingInForce = warning(
  'no_rule_in_force',
  'policies',
  'no disposal rule is in force, so nothing is ever disposed of: write one in policies/, then `lethe policy check` and `lethe policy publish`',
);

/** The questions about the rules in force, one after the other. */
export async function rulesCoverage(context: CoverageContext): Promise<readonly Finding[]> {
  const { graph, policies } = context;
  return [
    ...unreachedColumns(graph, policies),
    ...(await backlog(context)),
    ...(await ruleConflicts(context)),
    ...(await endlessRecords(context)),
    ...(await findingOr('schedules', () => schedules(context))),
  ];
}
