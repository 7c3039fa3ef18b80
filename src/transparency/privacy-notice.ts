import type { ActivityPolicy } from '../policy/activity-policy.js';
import { isWithin } from '../policy/categories.js';
import { accessOf, activityFacts, term, type ActivityFacts, type Telling } from './activity-facts.js';
import { consentFacts, consentPolicies, type ConsentFacts } from './consent-facts.js';
import { keptByActivity, rulesOf, type CategoryKept } from './keeping.js';
import { listOf, Needs, valueAt } from './needs.js';
import { controllerFacts, partyFacts, type ControllerFacts, type PartyFacts } from './party-facts.js';
import { letterOf, RIGHTS, type Right } from './rights.js';
import { ruleTold, type RuleFacts } from './rule-facts.js';
import { compare, controllerOf, restingOn, type RestsOn, type Source } from './source.js';
import type { Language } from '../policy/languages.js';
import type { Words } from './words.js';

export const CHANNELS = ['e-mail', 'web', 'phone', 'chat'] as const;
export type Channel = (typeof CHANNELS)[number];

/** What a privacy notice tells of one activity. */
export interface NoticeActivity extends ActivityFacts {
  readonly sources: readonly { readonly from: string; readonly says: string }[];
  /** Rules and duties to keep, then what ends with a consent. */
  readonly rules: readonly RuleFacts[];
  readonly consents: readonly ConsentFacts[];
  readonly obligation: { readonly is: string; readonly says: string };
  /** Null: no decision is made by a machine alone (Art. 22). */
  readonly automated: string | null;
  readonly rights: readonly Right[];
  /** Any of its purposes is direct marketing. */
  readonly marketing: boolean;
}

/** Everything a privacy notice says of facts (Art. 13 and 14), in the words of its language. */
export interface NoticeFacts extends ControllerFacts {
  readonly channel: Channel;
  readonly language: Language;
  readonly authority: PartyFacts;
  readonly activities: readonly NoticeActivity[];
  /** Those that go with any of the activities. */
  readonly rights: readonly Right[];
  readonly restsOn: readonly RestsOn[];
}

export interface NoticeWish {
  readonly channel: Channel;
  readonly language: Language;
}

const ARTICLES = {
  purpose: 'Art. 13(1)(c)',
  interest: 'Art. 13(1)(d)',
  category: 'Art. 14(1)(d)',
  recipient: 'Art. 13(1)(e)',
  transfer: 'Art. 13(1)(f)',
} as const;

/**
 * What people are told who come by a channel: of every activity that it tells of and that is about others than the staff.
 * @throws LetheError `document_incomplete` with every item that is missing
 */
export function factsOfNotice(source: Source, { channel, language }: NoticeWish, words: Words): NoticeFacts {
  const needs = new Needs('privacy-notice', language);
  const telling = { source, needs, words, articles: ARTICLES };
  const organisation = controllerOf(source, needs, 'Art. 13(1)(a)');
  const told = toldOf(source, channel);
  if (told.length === 0)
    needs.report({
      policy: 'activity',
      field: '',
      article: 'Art. 13(1)(c)',
      message: `no activity in force is told of to people who come by ${channel}`,
    });
  const activities = told.map((activity) => noticeActivity(telling, activity));
  const articles = { controller: 'Art. 13(1)(a)', officer: 'Art. 13(1)(b)' };
  const parties = organisation && controllerFacts(needs, organisation, articles);
  const authority = organisation && partyFacts(needs, organisation, 'authority', 'Art. 13(2)(d)');
  needs.requireAll();
  const has = new Set(activities.flatMap(({ rights }) => rights));
  return {
    ...(parties as ControllerFacts),
    channel,
    language,
    authority: authority as PartyFacts,
    activities,
    rights: RIGHTS.filter((right) => has.has(right)),
    restsOn: restingOn([...source.policies.organisation, ...told.flatMap((one) => basesOf(telling, one))]),
  };
}

/** What the template can name besides the facts: where to write, what one can object to, and the terms. */
export function noticeView({ controller, activities, rights }: NoticeFacts, words: Words): object {
  const grounds = activities.some(({ purposes }) =>
    purposes.some(({ basis }) => 'ef'.includes(letterOf(basis))),
  );
  const marketing = activities.some((activity) => activity.marketing);
  return {
    contact: controller.email ?? controller.phone ?? controller.url,
    objection: { any: rights.includes('A21'), grounds, marketing },
    words,
  };
}

/** First what people come for: activities under a contract, then with consent, then the others; the broader ones before. */
const toldOf = ({ policies }: Source, channel: Channel): readonly ActivityPolicy[] =>
  policies.activity
    .filter(({ entry }) => entry.channels === undefined || entry.channels.includes(channel))
    .filter((activity) => !isAboutStaffAlone(activity))
    .toSorted((a, b) => rankOf(a) - rankOf(b) || breadthOf(b) - breadthOf(a) || compare(a.id, b.id));

const isAboutStaffAlone = ({ entry }: ActivityPolicy): boolean =>
  listOf(entry.subjects).length > 0 && entry.subjects.every((subject) => subject === 'employee');

const rankOf = ({ entry }: ActivityPolicy): number =>
  'bafced'.indexOf(letterOf(listOf(entry.purposes)[0]?.basis));
const breadthOf = ({ entry }: ActivityPolicy): number => listOf(entry.categories).length;

function noticeActivity(telling: Telling, activity: ActivityPolicy): NoticeActivity {
  const { source, needs, words } = telling;
  const kept = keptByActivity(source, activity);
  const facts = activityFacts(telling, activity, kept);
  const has = new Set(facts.purposes.flatMap(({ rights }) => rights));
  reportEndless(needs, activity, kept);
  return {
    ...facts,
    sources: needs.numbers(activity, 'sources', 'Art. 14(2)(f)').map((at) => ({
      from: term(
        telling,
        'sources',
        needs.text(activity, `sources[${at}].from`, 'Art. 14(2)(f)'),
        'Art. 14(2)(f)',
      ),
      says: needs.prose(activity, `sources[${at}].says`, 'Art. 14(2)(f)'),
    })),
    rules: rulesOf(kept).map((rule) => ruleTold(rule, words, needs)),
    consents: consentFacts(source, activity, needs, words),
    obligation: {
      is: term(
        telling,
        'obligations',
        needs.text(activity, 'obligation.is', 'Art. 13(2)(e)'),
        'Art. 13(2)(e)',
      ),
      says: needs.prose(activity, 'obligation.says', 'Art. 13(2)(e)'),
    },
    automated: automatedOf(needs, activity),
    rights: RIGHTS.filter((right) => has.has(right)),
    marketing: facts.purposes.some(({ purpose }) => purpose === 'dpv:DirectMarketing'),
  };
}

function automatedOf(needs: Needs, activity: ActivityPolicy): string | null {
  const said = valueAt(activity.entry, 'automatedDecision');
  if (said === 'none') return null;
  if (said === undefined) return needs.text(activity, 'automatedDecision', 'Art. 13(2)(f)');
  return needs.prose(activity, 'automatedDecision.says', 'Art. 13(2)(f)');
}

/** People must be told how long; data that no rule ends has no answer to that. */
function reportEndless(needs: Needs, { id, entry }: ActivityPolicy, kept: readonly CategoryKept[]): void {
  for (const { category } of kept.filter(({ longest }) => longest === null)) {
    const at = listOf(entry.categories).findIndex((name) => isWithin(category, name));
    needs.report({
      policy: id,
      field: `categories[${at}]`,
      article: 'Art. 13(2)(a)',
      message: `no retention policy in force says how long "${category}" is kept`,
    });
  }
}

/** Every policy that what is told of an activity comes from. */
function basesOf({ source, needs }: Telling, activity: ActivityPolicy): Parameters<typeof restingOn>[0] {
  return [
    activity,
    ...rulesOf(keptByActivity(source, activity)),
    ...accessOf(source, activity),
    ...consentPolicies(source, activity, needs).map(({ policy }) => policy),
  ];
}
