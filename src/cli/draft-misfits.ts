import type { Problem } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import { columnsWithoutActivity } from '../policy/activity-data.js';
import type { PolicyFile } from '../policy/checked-entry.js';
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
import { idOf } from '../publication/drafts.js';
import { counted } from './output.js';

/** Purposes without an activity, as findings of the files that name them: what they permit would be permitted for nothing. */
export const purposeProblems = (policies: PoliciesByKind, files: readonly PolicyFile[]): readonly Problem[] =>
  purposesWithoutActivity(policies).map((misfit) => problemOf(misfit, files));

const problemOf = ({ policy, path, message }: Misfit, files: readonly PolicyFile[]): Problem => ({
  file: files.find(({ content }) => idOf(content) === policy)?.path ?? policy,
  path,
  message,
});

/** What else does not fit together among the drafts: published like this, `lethe doctor` would call it an error. */
export function misfitNotes(graph: MapGraph, policies: PoliciesByKind): readonly string[] {
  const { activity } = policies;
  if (activity.length === 0) return ['There is no activity among them; without one `lethe doctor` is red.'];
  const misfits = [
    ...rulesWithoutActivity(policies),
    ...activitiesWithoutOrganisation(policies),
    ...consentsWithoutBasis(policies),
    ...basesWithoutConsent(policies),
    ...specialWithoutGround(graph, policies),
  ];
  const columns = columnsWithoutActivity(
    graph,
    activity.map(({ entry }) => entry),
  ).length;
  return [
    ...misfits.map(({ policy, path, message }) => `${policy}: ${path}: ${message}`),
    ...(columns === 0
      ? []
      : [
          `${counted(columns, 'personal column')} of the data map in no activity; \`lethe doctor\` names them.`,
        ]),
  ];
}
