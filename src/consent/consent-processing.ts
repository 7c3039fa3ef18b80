import { closureOf } from '../datamap/closure.js';
import type { MapGraph } from '../datamap/graph.js';
import { dataOfActivity } from '../policy/activity-data.js';
import type { ActivityEntry } from '../policy/activity-schema.js';
import type { Language } from '../policy/languages.js';
import type { OrganisationEntry } from '../policy/organisation-schema.js';
import type { PoliciesByKind } from '../policy/policy.js';
import { isSpecial } from '../policy/special-categories.js';
import type { Asked } from './consent-basis.js';
import type { RecordParties } from './consent-parties.js';
import type { ConsentEvent } from './consent-store.js';

/** What the processing that was consented to is: derived from the policies of that time, never typed. */
export interface ProcessingSource {
  readonly graph: MapGraph;
  readonly policies: PoliciesByKind;
  readonly asked: Asked;
  readonly organisation: OrganisationEntry;
  readonly parties: RecordParties;
  /** The event whose terms count. */
  readonly terms: ConsentEvent;
}

/** The processing fields of the standard; what has no answer is null or empty. */
export function processingOf(source: ProcessingSource): Readonly<Record<string, unknown>> {
  const { asked, parties, organisation, terms } = source;
  const { policy, activity, aim } = asked;
  const language = terms.language as Language | null;
  const entry = activity.entry;
  const places = placesOf(organisation, entry);
  return {
    privacy_notice: noticeOf(source, language),
    language,
    purpose: aim.purpose,
    purpose_says: language && (aim.says[language] ?? null),
    lawful_basis: [aim.basis, ...(aim.specialGround === undefined ? [] : [aim.specialGround])],
    pii_information: piiOf(source.graph, entry),
    pii_controllers: parties.controllers.map(({ party_id }) => party_id),
    collection_method: entry.sources.map(({ from, says }) => ({ from, says: language && says[language] })),
    processing_method: methodsOf(asked),
    storage_locations: places,
    processing_location: places,
    retention_period: keptFor(source),
    geographic_restrictions: restrictionsOf(entry),
    jurisdiction: [organisation.controller.country],
    recipient_third_parties:
      parties.recipients.length === 0 ? ['none'] : parties.recipients.map(({ party_id }) => party_id),
    withdrawal_method: withdrawalOf(asked, language),
    privacy_rights: rightsOf(asked),
    authority_party: parties.authority.party_id,
    activity: { id: activity.id, digest: activity.digest },
    consent_policy: { id: policy.id, digest: policy.digest },
  };
}

function noticeOf(
  { asked, terms }: ProcessingSource,
  language: Language | null,
): Readonly<Record<string, unknown>> | null {
  const says = language && asked.policy.entry.wording.says[language];
  if (!says || terms.wording === null) return null;
  return { wording: terms.wording, says, ...(terms.notice === null ? {} : { digest: terms.notice }) };
}

/** The categories of the activity that the data map has, each with whether people may leave it out and whether Art. 9 is about it. */
function piiOf(graph: MapGraph, entry: ActivityEntry): readonly Readonly<Record<string, unknown>>[] {
  const categories = dataOfActivity(graph, entry).flatMap(({ columns }) =>
    columns.flatMap(({ category }) => category ?? []),
  );
  return [...new Set(categories)].sort().map((category) => ({
    pii_type: category,
    pii_optional: entry.obligation.is === 'voluntary',
    special_pii_category: isSpecial(category),
  }));
}

/** The controller's country and those of the recipients that process for it. */
const placesOf = ({ controller }: OrganisationEntry, { recipients }: ActivityEntry): readonly string[] => [
  ...new Set([
    controller.country,
    ...recipients.filter(({ role }) => role === 'processor').map(({ country }) => country),
  ]),
];

const methodsOf = ({ policy, activity }: Asked): readonly string[] => [
  policy.entry.for === 'recording' ? 'dpv:Record' : 'dpv:Collect',
  'dpv:Store',
  'dpv:Use',
  'dpv:Erase',
  ...(activity.entry.recipients.length === 0 ? [] : ['dpv:Disclose']),
  activity.entry.automatedDecision === 'none' ? 'no automated decision' : 'automated decision',
];

/** The rules that end the data: those of the activity, else whichever reach its records. */
function keptFor({ graph, policies, asked }: ProcessingSource): readonly Readonly<Record<string, unknown>>[] {
  const tables = dataOfActivity(graph, asked.activity.entry).map(({ table }) => table);
  const reaching = policies.retention.filter(
    (rule) =>
      rule.action === 'delete' && closureOf(graph, rule.table).tables.some((table) => tables.includes(table)),
  );
  const own = reaching.filter(({ entry }) => entry.activity === asked.activity.id);
  return (own.length > 0 ? own : reaching).map(({ id, entry }) => ({
    policy: id,
    record: entry.record,
    for: entry.keep.for,
    from: entry.keep.from,
    periodStarts: entry.keep.periodStarts,
  }));
}

const restrictionsOf = ({ transfers }: ActivityEntry): readonly unknown[] =>
  transfers.length === 0
    ? ['no transfer to a third country']
    : transfers.map(({ recipient, country, safeguard }) => ({ recipient, country, safeguard }));

function withdrawalOf(
  { policy }: Asked,
  language: Language | null,
): Readonly<Record<string, unknown>> | null {
  const says = language && policy.entry.withdrawal[language];
  return says ? { control: 'dpv:WithdrawConsent', says, channels: policy.entry.channels } : null;
}

/** What goes with consent (Art. 7(3), 20), with every basis, and with direct marketing, public tasks and interests (Art. 21). */
function rightsOf({ aim }: Asked): readonly string[] {
  const objects = aim.purpose === 'dpv:DirectMarketing' || /A6-1-[ef]/.test(aim.basis);
  const articles = ['A7-3', 'A13', 'A15', 'A16', 'A17', 'A18', 'A20', ...(objects ? ['A21'] : []), 'A77'];
  return articles.map((article) => `eu-gdpr:${article}`);
}
