import type { Outcome } from './policy-test-schema.js';
import type { RetentionPolicy } from './retention-policy.js';
import type { RuleAnswer } from './rule-answer.js';

/** What a set of policies does with one record at an instant, from what each rule says of it: as a plan decides it. */
export interface RecordOutcome {
  readonly outcome: Outcome;
  /** The rule that takes the record, or will once it is due; of a conflict, all rules in it. */
  readonly by: readonly string[];
  /** When that rule may take it. */
  readonly due: string | null;
  /** Duties to keep that still run. */
  readonly protectedBy: readonly string[];
}

/** The same rules as planning in SQL (rivalRules, findStopped): a property test compares the two. */
export function outcomeOf(
  policies: readonly RetentionPolicy[],
  answers: readonly RuleAnswer[],
): RecordOutcome {
  const overrides = (a: RuleAnswer, b: RuleAnswer): boolean =>
    policies.find(({ id }) => id === a.policy)?.overrides.includes(b.policy) ?? false;
  const matching = answers.filter(({ action, matches }) => action === 'delete' && matches);
  const rivals = (rule: RuleAnswer): readonly RuleAnswer[] =>
    matching.filter((other) => other !== rule && !overrides(rule, other));
  const contested = matching.filter(
    (rule) => rule.isDue && rivals(rule).some((rival) => !overrides(rival, rule)),
  );
  const protectedBy = answers
    .filter(({ action, matches, isDue }) => action === 'keep' && matches && !isDue)
    .map(({ policy }) => policy);
  if (contested.length > 0) {
    const inConflict = contested.flatMap((rule) => [
      rule.policy,
      ...rivals(rule)
        .filter((rival) => !overrides(rival, rule))
        .map(({ policy }) => policy),
    ]);
    return { outcome: 'conflict', by: [...new Set(inConflict)].sort(), due: null, protectedBy };
  }
  // no two rules are free of rivals: they would override each other, which checking the policies refuses
  const [free] = matching.filter((rule) => rivals(rule).length === 0);
  if (!free) return { outcome: 'keep', by: [], due: null, protectedBy };
  const outcome = free.isDue && protectedBy.length === 0 ? 'delete' : 'keep';
  return { outcome, by: [free.policy], due: free.due, protectedBy };
}

/** Why it comes out so, in words. */
export function reasonOf(
  { outcome, by, due, protectedBy }: RecordOutcome,
  answers: readonly RuleAnswer[],
  now: string,
): string {
  const [rule = ''] = by;
  if (outcome === 'conflict')
    return `${by.join(' and ')} both match it; one must name the other in "overrides"`;
  if (outcome === 'delete') return `${rule} has been due since ${due ?? ''}`;
  if (protectedBy.length > 0)
    return answers
      .filter(({ policy }) => protectedBy.includes(policy))
      .map((floor) => `${floor.policy} keeps it ${floor.due === null ? FOR_EVER : `until ${floor.due}`}`)
      .join('; ');
  if (by.length > 0) return `${rule} ${dueText(due, now)}`;
  const rules = answers.filter(({ action }) => action === 'delete');
  if (rules.length === 0) return 'no disposal rule is about records of this kind';
  return rules.map(ruleReason).join('; ');
}

function dueText(due: string | null, now: string): string {
  if (due === null) return NO_START;
  // due dates do not follow the order of starts everywhere (see core/cutoff.ts): never early, at most a day late
  return due > now
    ? `is due only at ${due}`
    : `is due since ${due}, but is taken at the end of that day only`;
}

const NO_START = 'counts from an event that has not happened';
const FOR_EVER = 'as long as its start event has not happened';

const ruleReason = ({ policy, matches, unmet }: RuleAnswer): string =>
  matches ? `${policy} matches, as does another rule` : `${policy} does not match: ${unmet.join(', ')}`;
