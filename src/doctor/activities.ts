import { error, type Finding } from '../datamap/finding.js';
import type { MapGraph } from '../datamap/graph.js';
import { columnsWithoutActivity } from '../policy/activity-data.js';
import type { PoliciesByKind } from '../policy/policy.js';
import {
  activitiesWithoutOrganisation,
  basesWithoutConsent,
  consentsWithoutBasis,
  purposesWithoutActivity,
  rulesWithoutActivity,
  specialWithoutGround,
  type Misfit,
} from '../policy/set-checks.js';
import { listed } from './listed.js';

/**
 * Whether what is done with people's data is laid down: every purpose and every personal column in an activity, every activity
 * somebody's, consent asked for where it is the basis and nowhere else. Pure, from map and policies alone.
 */
export function activityCoverage(graph: MapGraph, policies: PoliciesByKind): readonly Finding[] {
  if (policies.activity.length === 0) return [noActivity];
  return [
    ...findings(purposesWithoutActivity(policies), (thing, said) =>
      error('purpose_without_activity', thing, said),
    ),
    ...findings(rulesWithoutActivity(policies), (thing, said) => error('rule_without_activity', thing, said)),
    ...findings(activitiesWithoutOrganisation(policies), (thing, said) =>
      error('activity_without_organisation', thing, said),
    ),
    ...findings(consentsWithoutBasis(policies), (thing, said) => error('consent_without_basis', thing, said)),
    ...findings(basesWithoutConsent(policies), (thing, said) => error('basis_without_consent', thing, said)),
    ...findings(specialWithoutGround(graph, policies), (thing, said) =>
      error('special_without_ground', thing, said),
    ),
    ...columns(graph, policies),
  ];
}

const noActivity = error(
  'no_activity',
  'policies',
  'no activity is published: what personal data is processed for, and on which legal basis, is laid down nowhere (GDPR Art. 5(2), 6, 30(1)). Write an organisation and its activities into policies/, then `lethe policy check` and `lethe policy publish`',
);

const findings = (
  misfits: readonly Misfit[],
  finding: (thing: string, message: string) => Finding,
): readonly Finding[] =>
  misfits.map(({ policy, path, message }) => finding(`policy ${policy}`, `${path}: ${message}`));

/** One finding a table: an activity that is missing leaves out many columns at once. */
function columns(graph: MapGraph, { activity }: PoliciesByKind): readonly Finding[] {
  const byTable = new Map<string, string[]>();
  const missing = columnsWithoutActivity(
    graph,
    activity.map(({ entry }) => entry),
  );
  for (const name of missing) {
    const [table = ''] = name.split('.');
    byTable.set(table, [...(byTable.get(table) ?? []), name]);
  }
  return [...byTable].map(([table, names]) =>
    error(
      'column_without_activity',
      `tables.${table}`,
      `no activity in force has the personal data of ${listed(names)}: name its category, and its record, in one (GDPR Art. 30(1)(c))`,
    ),
  );
}
