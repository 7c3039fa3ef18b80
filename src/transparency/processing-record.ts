import type { ActivityPolicy } from '../policy/activity-policy.js';
import { dataOfActivity, recordName } from '../policy/activity-data.js';
import type { Language } from '../policy/languages.js';
import { accessOf, activityFacts, type ActivityFacts, type Telling } from './activity-facts.js';
import { keptByActivity, longestOf, rulesOf } from './keeping.js';
import { categoryFacts, type CategoryFacts } from './category-facts.js';
import { listOf, Needs } from './needs.js';
import { controllerFacts, type ControllerFacts } from './party-facts.js';
import { ruleFacts, type RuleFacts } from './rule-facts.js';
import { compare, controllerOf, restingOn, type RestsOn, type Source } from './source.js';
import type { Words } from './words.js';

/** An activity of the record of Art. 30(1). */
export interface RecordActivity extends ActivityFacts {
  readonly title: string;
  readonly rules: readonly RuleFacts[];
  /** By category, and the longest of all; null where a category has no rule. */
  readonly kept: readonly CategoryFacts[];
  readonly longest: RuleFacts | null;
  readonly measures: readonly string[];
  /** Where its data is stored, by table of the database, and the columns that hold it. */
  readonly stored: readonly {
    readonly table: string;
    readonly record: string;
    readonly columns: readonly string[];
  }[];
  /** Who may do what, by access policy. */
  readonly access: readonly {
    readonly id: string;
    readonly record: string;
    readonly roles: readonly string[];
    readonly may: readonly string[];
  }[];
  readonly review: string | null;
}

export interface RecordFacts extends ControllerFacts {
  readonly language: Language;
  readonly activities: readonly RecordActivity[];
  /** Whether Lethe decides over reading in this ticket system, or its own screens do. */
  readonly enforced: boolean;
  readonly restsOn: readonly RestsOn[];
}

const ARTICLES = {
  purpose: 'Art. 30(1)(b)',
  interest: 'Art. 30(1)(b)',
  category: 'Art. 30(1)(c)',
  recipient: 'Art. 30(1)(d)',
  transfer: 'Art. 30(1)(e)',
} as const;

/**
 * The record of processing activities (Art. 30(1)): who has access, how long data is kept and where it is stored come from
 * the policies and the data map, and are typed nowhere.
 * @throws LetheError `document_incomplete` with every item that is missing
 */
export function factsOfRecord(source: Source, language: Language, words: Words): RecordFacts {
  const needs = new Needs('processing-record', language);
  const telling = { source, needs, words, articles: ARTICLES };
  const organisation = controllerOf(source, needs, 'Art. 30(1)(a)');
  const parties =
    organisation &&
    controllerFacts(needs, organisation, { controller: 'Art. 30(1)(a)', officer: 'Art. 30(1)(a)' });
  const told = source.policies.activity.toSorted((a, b) => compare(a.id, b.id));
  if (told.length === 0)
    needs.report({
      policy: 'activity',
      field: '',
      article: 'Art. 30(1)',
      message: 'no policy of this kind is in force; the record is a list of activities',
    });
  const activities = told.map((activity) => recordActivity(telling, activity));
  needs.requireAll();
  return {
    ...(parties as ControllerFacts),
    language,
    activities,
    enforced: source.graph.file.enforces.includes('read'),
    restsOn: restingOn([...source.policies.organisation, ...told.flatMap((one) => basesOf(source, one))]),
  };
}

function recordActivity(telling: Telling, activity: ActivityPolicy): RecordActivity {
  const { source, needs, words } = telling;
  const { entry } = activity;
  const kept = keptByActivity(source, activity);
  const longest = longestOf(kept);
  return {
    ...activityFacts(telling, activity, kept),
    title: entry.title,
    rules: rulesOf(kept).map((rule) => ruleFacts(rule, words, needs.language)),
    kept: kept.map((one) => categoryFacts(one, words, needs.language)),
    longest: longest && ruleFacts(longest, words, needs.language),
    measures: needs
      .numbers(activity, 'measures', 'Art. 30(1)(g)')
      .map((at) => needs.text(activity, `measures[${at}]`, 'Art. 30(1)(g)')),
    stored: dataOfActivity(source.graph, { ...entry, categories: [...listOf(entry.categories)] }).map(
      ({ table, columns }) => ({
        table: `${table.schema}.${table.name}`,
        record: recordName(table),
        columns: columns.map(({ name }) => name),
      }),
    ),
    access: accessOf(source, activity).map(({ id, entry: { record, roles, may } }) => ({
      id,
      record,
      roles: roles.map((role) => words.roles[role] ?? role),
      may: may.map((deed) => words.deeds[deed] ?? deed),
    })),
    review: entry.review ?? null,
  };
}

const basesOf = (source: Source, activity: ActivityPolicy): Parameters<typeof restingOn>[0] => [
  activity,
  ...rulesOf(keptByActivity(source, activity)),
  ...accessOf(source, activity),
];
