import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { requireFit } from '../datamap/check.js';
import { compareSets, type RecordChange } from '../disposal/set-changes.js';
import { chooseDrafts, type Drafts } from '../publication/drafts.js';
import { requireKeptBases } from '../publication/kept-bases.js';
import { requireKeptWordings } from '../publication/kept-wordings.js';
import { policiesByKind, policyStandings } from '../publication/policies-in-force.js';
import { readPublished, reasonsOf, requireFittingSet, type Step } from '../publication/publish-steps.js';
import { byKind, type Policy } from '../policy/policy.js';
import { differenceOf, otherDifferenceOf, type PolicyDiff, type PublishingOutlook } from './diff-report.js';
import { readAsOf, type RetentionContext } from './retention.js';

/** What would be published: as `lethe policy publish` reads it. */
export interface DiffRequest {
  readonly drafts: Drafts;
  /** These policies only, and without those of them that have no file; default: every draft. */
  readonly policies?: readonly string[];
  /** Policies that would be removed: a file that is gone removes nothing by itself. */
  readonly remove?: readonly string[];
  /** The instant both sets are asked for; default: now. */
  readonly asOf?: string;
  /** Is told of every record that changes, in the snapshot, and waited for. */
  readonly onRecord?: (change: RecordChange) => Promise<void>;
}

/**
 * The drafts against the policies in force, of every kind, and what the retention policies of both would take from the live
 * records as of one instant, in one snapshot; nothing is stored. A record counts as taken when a plan would list it as an item:
 * what goes along with another record does not count.
 * @throws LetheError `policy_invalid`, `policy_unknown`, `input_invalid` (not an instant), `map_mismatch`
 */
export async function diffPolicies(context: RetentionContext, request: DiffRequest): Promise<PolicyDiff> {
  const { db, graph, clock } = context;
  const now = clock.now();
  const asOf = request.asOf === undefined ? now : readAsOf(request.asOf);
  const ruling = await rulingOf(context, now);
  const steps = stepsOf(context, ruling, request);
  const drafted = [
    ...ruling.filter(({ id }) => !steps.some(({ policy }) => policy === id)),
    ...steps.flatMap(({ after }) => after ?? []),
  ];
  const outlooks = await publishingOutlooks(context, steps, now);
  await requireFit(db, graph);
  const [inForce, draft] = [byKind(ruling).retention, byKind(drafted).retention];
  const sets = { graph, inForce, draft, moment: { asOf, now } };
  const comparison = await compareSets(db, sets, request.onRecord);
  const ids = [...new Set([...inForce, ...draft].map(({ id }) => id))].sort();
  const policies = ids.flatMap((id) => {
    const pair = { before: byId(inForce, id), after: byId(draft, id) };
    return differenceOf(pair, comparison, [...inForce, ...draft], outlooks.get(id) ?? null) ?? [];
  });
  const others = steps.flatMap(
    ({ policy, after }) =>
      otherDifferenceOf({ before: byId(ruling, policy), after }, outlooks.get(policy) ?? null) ?? [],
  );
  return { asOf, policies, others };
}

const byId = <P extends Policy>(policies: readonly P[], id: string): P | null =>
  policies.find((policy) => policy.id === id) ?? null;

/** What is in force; of retention what the engine goes by. */
async function rulingOf({ db, graph, policies }: RetentionContext, now: Instant): Promise<readonly Policy[]> {
  const { organisation, activity, access, consent, intake } = await policiesByKind(db, graph, now);
  return [...policies, ...organisation, ...activity, ...access, ...consent, ...intake];
}

/** Where each draft would lead from the version in force. */
function stepsOf(
  { graph }: RetentionContext,
  inForce: readonly Policy[],
  { drafts, policies = [], remove = [] }: DiffRequest,
): readonly Step[] {
  const none = policies.length === 0 && remove.length > 0;
  const chosen = none ? [] : chooseDrafts(graph, drafts, policies);
  const gone = policies.filter((id) => byId(inForce, id) && !chosen.some(({ policy }) => policy.id === id));
  const unknown = [...policies, ...remove].find(
    (id) => !byId(inForce, id) && !chosen.some(({ policy }) => policy.id === id),
  );
  const known = [...new Set([...inForce, ...chosen.map(({ policy }) => policy)].map(({ id }) => id))];
  if (unknown !== undefined)
    throw new LetheError('policy_unknown', { policy: unknown, known: known.join(', ') || 'none' });
  return [
    ...chosen
      .filter(({ policy }) => !remove.includes(policy.id))
      .map(({ policy, file }): Step => {
        const isNew = byId(inForce, policy.id)?.digest !== policy.digest;
        return { policy: policy.id, kind: policy.kind, after: policy, path: file.path, isNew };
      }),
    ...[...new Set([...remove, ...gone])].map((id): Step => ({
      ...{ policy: id, after: null, path: id, isNew: true },
      kind: byId(inForce, id)?.kind ?? 'retention',
    })),
  ];
}

/** What publishing would say of each step that leads somewhere, by policy. */
async function publishingOutlooks(
  { db, graph }: RetentionContext,
  steps: readonly Step[],
  now: Instant,
): Promise<ReadonlyMap<string, PublishingOutlook>> {
  const standings = await policyStandings(db, now);
  const published = await readPublished(db, graph, { standings, now });
  await requireFittingSet(db, published, steps);
  await requireKeptBases(db, published, steps);
  await requireKeptWordings(db, published, steps);
  const changed = steps.filter(({ isNew }) => isNew);
  return new Map(
    changed.map((step) => {
      const because = reasonsOf(published, step, changed);
      const waiting = standings.get(step.policy)?.waiting ?? null;
      const isSame = waiting !== null && waiting.digest === (step.after?.digest ?? null);
      return [step.policy, { waits: because.length > 0, because, published: isSame ? waiting.id : null }];
    }),
  );
}
