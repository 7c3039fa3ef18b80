import type { AccessPolicy } from '../policy/access-policy.js';
import type { ActivityPolicy } from '../policy/activity-policy.js';
import type { LegalBasis, SpecialGround } from '../policy/legal-bases.js';
import { isSpecial } from '../policy/special-categories.js';
import { isInEea } from './eea.js';
import type { CategoryKept } from './keeping.js';
import { listOf, optionalText, type Needs } from './needs.js';
import { countryName } from './party-facts.js';
import { rightsOf, type Right } from './rights.js';
import { compare, type Source } from './source.js';
import { categoryWord, type TermList, type Words } from './words.js';

/** Which item of the law asks for what: others in the notice than in the record. */
export interface ActivityArticles {
  readonly purpose: string;
  readonly interest: string;
  readonly category: string;
  readonly recipient: string;
  readonly transfer: string;
}

export interface PurposeFacts {
  /** As a term of DPV. */
  readonly purpose: string;
  readonly says: string;
  readonly basis: LegalBasis;
  readonly basisWords: string;
  readonly ground: SpecialGround | null;
  readonly groundWords: string | null;
  readonly interest: string | null;
  readonly law: string | null;
  readonly rights: readonly Right[];
}

export interface RecipientFacts {
  readonly name: string;
  readonly role: string;
  readonly country: string;
  readonly says: string;
}

export interface TransferFacts {
  readonly name: string;
  readonly country: string;
  readonly safeguard: string;
  readonly says: string;
}

/** What the notice and the record both tell of an activity. */
export interface ActivityFacts {
  readonly id: string;
  readonly says: string;
  readonly purposes: readonly PurposeFacts[];
  readonly subjects: readonly string[];
  readonly categories: readonly string[];
  readonly recipients: readonly RecipientFacts[];
  readonly transfers: readonly TransferFacts[];
  /** Roles of the ticket system, in words, of which one is enough to see data of the activity. */
  readonly roles: readonly string[];
}

/** What is read to tell of an activity, and in which words. */
export interface Telling {
  readonly source: Source;
  readonly needs: Needs;
  readonly words: Words;
  readonly articles: ActivityArticles;
}

export function activityFacts(
  telling: Telling,
  activity: ActivityPolicy,
  kept: readonly CategoryKept[],
): ActivityFacts {
  const { needs, words, articles } = telling;
  return {
    id: activity.id,
    says: needs.prose(activity, 'says', articles.purpose),
    purposes: purposesOf(telling, activity, kept),
    subjects: needs
      .numbers(activity, 'subjects', articles.category)
      .map((at) => term(telling, 'subjects', listOf(activity.entry.subjects)[at] ?? '', articles.category)),
    categories: categoriesTold(telling, activity, kept),
    recipients: recipientsOf(telling, activity),
    transfers: transfersOf(telling, activity),
    roles: rolesOf(telling.source, activity)
      .map((role) => words.roles[role] ?? role)
      .sort(compare),
  };
}

/** A term in the words of the language; a term without words is missing there. */
export function term(
  { needs, words }: Pick<Telling, 'needs' | 'words'>,
  list: TermList,
  name: string,
  article: string,
): string {
  if (name === '') return ''; // reported already
  const found = words[list][name];
  if (found === undefined)
    needs.report({
      policy: `reports/words/${needs.language}.json`,
      field: `${list}.${name}`,
      article,
      message: 'is missing: the word for it in this language',
    });
  return found ?? '';
}

function purposesOf(
  telling: Telling,
  activity: ActivityPolicy,
  kept: readonly CategoryKept[],
): readonly PurposeFacts[] {
  const { needs, articles } = telling;
  return needs.numbers(activity, 'purposes', articles.purpose).map((at) => {
    const field = `purposes[${at}]`;
    const basis = needs.text(activity, `${field}.basis`, articles.purpose) as LegalBasis;
    const ground = optionalText(activity, `${field}.specialGround`) as SpecialGround | null;
    if (ground === null && kept.some(({ category }) => isSpecial(category)))
      needs.report({
        policy: activity.id,
        field: `${field}.specialGround`,
        article: articles.purpose,
        message: 'is missing; the activity has special categories of data (Art. 9)',
      });
    return {
      purpose: needs.text(activity, `${field}.purpose`, articles.purpose),
      says: needs.prose(activity, `${field}.says`, articles.purpose),
      basis,
      basisWords: term(telling, 'bases', baseOf(basis), articles.purpose),
      ground,
      groundWords: ground && term(telling, 'grounds', ground.replace('eu-gdpr:', ''), articles.purpose),
      interest: basis.startsWith('eu-gdpr:A6-1-f')
        ? needs.prose(activity, `${field}.interest`, articles.interest)
        : null,
      law: /A6-1-[ce]/.test(basis) ? needs.text(activity, `${field}.law`, articles.purpose) : null,
      rights: rightsOf(listOf(activity.entry.purposes)[at]),
    };
  });
}

/** `A6-1-b` of `eu-gdpr:A6-1-b-contract-performance` */
const baseOf = (basis: string): string => basis.replace(/^eu-gdpr:(A6-1-[a-f]).*$/, '$1');

/** The words of the categories that the map's columns have, each once. */
function categoriesTold(
  { needs, words, articles }: Telling,
  activity: ActivityPolicy,
  kept: readonly CategoryKept[],
): readonly string[] {
  needs.numbers(activity, 'categories', articles.category);
  const told = kept.map(({ category }) => {
    const word = categoryWord(words, category);
    if (word === null)
      needs.report({
        policy: `reports/words/${needs.language}.json`,
        field: `categories.${category}`,
        article: articles.category,
        message: 'is missing: the word for it in this language',
      });
    return word ?? '';
  });
  return [...new Set(told)];
}

function recipientsOf(telling: Telling, activity: ActivityPolicy): readonly RecipientFacts[] {
  const { needs, articles } = telling;
  const article = articles.recipient;
  return needs.numbers(activity, 'recipients', article, 'may be empty').map((at) => {
    const field = `recipients[${at}]`;
    return {
      name: needs.text(activity, `${field}.name`, article),
      role: term(telling, 'recipients', needs.text(activity, `${field}.role`, article), article),
      country: countryOf(telling, activity, field),
      says: needs.prose(activity, `${field}.says`, article),
    };
  });
}

/** A recipient outside the European Economic Area is a transfer, and a transfer has a safeguard. */
function countryOf({ needs, articles }: Telling, activity: ActivityPolicy, field: string): string {
  const code = needs.text(activity, `${field}.country`, articles.recipient);
  const id = optionalText(activity, `${field}.id`);
  const isTold = listOf(activity.entry.transfers).some((one) => one.recipient === id && one.country === code);
  if (code !== '' && !isInEea(code) && !isTold)
    needs.report({
      policy: activity.id,
      field: 'transfers',
      article: articles.transfer,
      message: `does not say on which safeguard "${id ?? ''}" gets data in ${code}, outside the European Economic Area`,
    });
  return countryName(code, needs.language);
}

function transfersOf(telling: Telling, activity: ActivityPolicy): readonly TransferFacts[] {
  const { needs, articles } = telling;
  const article = articles.transfer;
  return needs.numbers(activity, 'transfers', article, 'may be empty').map((at) => {
    const field = `transfers[${at}]`;
    const to = needs.text(activity, `${field}.recipient`, article);
    return {
      name: listOf(activity.entry.recipients).find(({ id }) => id === to)?.name ?? to,
      country: countryName(needs.text(activity, `${field}.country`, article), needs.language),
      safeguard: term(telling, 'safeguards', needs.text(activity, `${field}.safeguard`, article), article),
      says: needs.prose(activity, `${field}.says`, article),
    };
  });
}

const rolesOf = (source: Source, activity: ActivityPolicy): readonly string[] => [
  ...new Set(accessOf(source, activity).flatMap(({ entry }) => entry.roles)),
];

/** Access policies in force that let somebody near data for one of the activity's purposes. */
export function accessOf({ policies }: Source, { entry }: ActivityPolicy): readonly AccessPolicy[] {
  const purposes = listOf(entry.purposes).map(({ purpose }) => purpose);
  return policies.access.filter((access) =>
    access.entry.purposes.some((purpose) => purposes.includes(purpose)),
  );
}
