import type { Language } from '../policy/languages.js';
import { categoryFacts, type CategoryFacts } from './category-facts.js';
import { keptByActivity } from './keeping.js';
import { ruleFacts, type RuleFacts } from './rule-facts.js';
import { compare, restingOn, type RestsOn, type Source } from './source.js';
import type { Words } from './words.js';

/** What is kept how long, and by which policy: the catalogue of rules of DIN 66398. */
export interface ScheduleFacts {
  readonly language: Language;
  readonly rules: readonly RuleFacts[];
  /** Duties to keep: whatever the rules say. */
  readonly floors: readonly RuleFacts[];
  readonly activities: readonly {
    readonly id: string;
    readonly title: string;
    readonly kept: readonly CategoryFacts[];
  }[];
  /** Activities that a retention policy names and that no policy in force describes. */
  readonly unknownActivities: readonly string[];
  readonly restsOn: readonly RestsOn[];
}

/** The schedule of the retention policies in force; with policies missing it is shorter, and says so. */
export function factsOfSchedule(
  { policies, ...rest }: Source,
  language: Language,
  words: Words,
): ScheduleFacts {
  const source = { policies, ...rest };
  const all = policies.retention.toSorted((a, b) => compare(a.id, b.id));
  const told = (action: 'delete' | 'keep'): readonly RuleFacts[] =>
    all.filter((policy) => policy.action === action).map((policy) => ruleFacts(policy, words, language));
  const activities = policies.activity.toSorted((a, b) => compare(a.id, b.id));
  const known = activities.map(({ id }) => id);
  return {
    language,
    rules: told('delete'),
    floors: told('keep'),
    activities: activities.map((activity) => ({
      id: activity.id,
      title: activity.entry.says[language] ?? activity.entry.title,
      kept: keptByActivity(source, activity).map((one) => categoryFacts(one, words, language)),
    })),
    unknownActivities: [...new Set(all.map(({ entry }) => entry.activity))]
      .filter((id) => !known.includes(id))
      .sort(compare),
    restsOn: restingOn([...all, ...activities]),
  };
}
