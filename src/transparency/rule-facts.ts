import type { RetentionPolicy } from '../policy/retention-policy.js';
import { valueAt, type Needs } from './needs.js';
import { keptWords } from './period-words.js';
import type { Words } from './words.js';

/** A retention rule or a duty to keep, as a report tells of it. */
export interface RuleFacts {
  readonly id: string;
  readonly title: string;
  /** Of the data map. */
  readonly record: string;
  readonly activity: string;
  readonly action: 'delete' | 'keep';
  /** What it is about; the title where the policy has no words in the language. */
  readonly what: string;
  /** `three years from the end of the year in which the ticket was closed` */
  readonly kept: string;
  /** ISO 8601, and the start event as the data map calls it. */
  readonly period: string;
  readonly from: string;
  readonly ground: string;
  readonly cite: string | null;
}

/** The facts of a rule with what the policy says in the language of the report, or else with its title and its fact. */
export function ruleFacts(policy: RetentionPolicy, words: Words, language: string): RuleFacts {
  const { id, entry, action } = policy;
  const said = (field: string): string | null => {
    const value = valueAt(entry, `${field}.${language}`);
    return typeof value === 'string' ? value : null;
  };
  const start = said('keep.says') ?? words.periods.start.replace('{fact}', () => entry.keep.from);
  const kept = keptWords(words, policy, start);
  return {
    id,
    title: entry.title,
    record: entry.record,
    activity: entry.activity,
    action,
    what: said('says') ?? entry.title,
    kept: action === 'keep' ? words.periods.atLeast.replace('{period}', () => kept) : kept,
    period: entry.keep.for,
    from: entry.keep.from,
    ground: entry.ground,
    cite: entry.cite ?? null,
  };
}

/** The same for people outside, who must be told in their language (Art. 13(2)(a)). */
export function ruleTold(policy: RetentionPolicy, words: Words, needs: Needs): RuleFacts {
  needs.prose(policy, 'says', 'Art. 13(2)(a)');
  needs.prose(policy, 'keep.says', 'Art. 13(2)(a)');
  return ruleFacts(policy, words, needs.language);
}
