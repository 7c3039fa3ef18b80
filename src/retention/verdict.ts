import { shownInstant } from '../core/instant.js';
import type { RetentionPolicy } from '../policy/retention-policy.js';
import type { RuleAnswer } from '../policy/rule-answer.js';

export interface ProtectionAnswer {
  readonly id: string;
  readonly kind: string;
  readonly ground: string;
  readonly authority: string | null;
  readonly reviewOn: string | null;
  /** What would end it. */
  readonly ends: string;
}

/** What is said of one record: its rules, what stops it, and both in one sentence. */
export interface Judgement {
  readonly rules: readonly RuleAnswer[];
  readonly protections: readonly ProtectionAnswer[];
}

interface Sentence {
  readonly state: 'protected' | 'unmatched' | 'kept' | 'due';
  readonly text: string;
}

/** One sentence on a record, from its own rules and protections and those of the records it would go along with. */
export function verdictOf(
  policies: readonly RetentionPolicy[],
  own: Judgement,
  owners: readonly (Judgement & { readonly record: string })[],
): string {
  const mine = sentenceOf(policies, own);
  if (mine.state === 'protected' || mine.state === 'due') return mine.text;
  const along = owners.map((owner) => ({ record: owner.record, ...sentenceOf(policies, owner) }));
  const found =
    along.find(({ state }) => state === 'due') ??
    (mine.state === 'unmatched' ? along.find(({ state }) => state !== 'unmatched') : undefined);
  return found ? `goes along with ${found.record}, which is ${found.text}` : mine.text;
}

function sentenceOf(policies: readonly RetentionPolicy[], { rules, protections }: Judgement): Sentence {
  const [protection] = protections;
  if (protection) {
    const { kind, id, ground } = protection;
    return { state: 'protected', text: `kept: ${kind} ${id} (${ground}) stops every disposal` };
  }
  const matching = rules.filter(({ action, matches }) => action === 'delete' && matches);
  const inForce = matching.filter(({ policy }) => !isOverridden(policies, policy, matching));
  const [rule] = inForce;
  if (!rule) return { state: 'unmatched', text: 'kept: no disposal rule is about this record as it is now' };
  // as in planning: to override a rule is not to override what that one overrides
  const rivals = matching.filter((other) => other !== rule && !isOverridden(policies, other.policy, [rule]));
  if (rivals.length > 0) {
    const names = [rule, ...rivals].map(({ policy }) => policy).join(' and ');
    return { state: 'kept', text: `kept: ${names} both match it; one must name the other in "overrides"` };
  }
  if (rule.start === null)
    return { state: 'kept', text: `kept: ${rule.policy} counts from an event that has not happened` };
  const due = shownInstant(rule.due ?? '');
  if (!rule.isDue) return { state: 'kept', text: `kept until ${due} by ${rule.policy}` };
  return { state: 'due', text: `due since ${due} by ${rule.policy}; the next plan takes it` };
}

/** Whether one of these rules overrides this one. */
const isOverridden = (
  policies: readonly RetentionPolicy[],
  id: string,
  matching: readonly RuleAnswer[],
): boolean =>
  policies.some(
    (other) => other.overrides.includes(id) && matching.some(({ policy }) => policy === other.id),
  );
