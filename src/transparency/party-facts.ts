import type { OrganisationPolicy } from '../policy/organisation-policy.js';
import { optionalText, valueAt, type Needs } from './needs.js';

/** Somebody with a name and a way to be reached. */
export interface PartyFacts {
  readonly name: string;
  readonly address: string;
  /** In the language of the report. */
  readonly country: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly url: string | null;
}

/** Which item of the law asks for whom: another one in the notice than in the record. */
export interface PartyArticles {
  readonly controller: string;
  readonly officer: string;
}

export interface ControllerFacts {
  readonly controller: PartyFacts;
  readonly jointControllers: readonly PartyFacts[];
  readonly representative: PartyFacts | null;
  /** A reason where none has to be designated. */
  readonly officer: PartyFacts | null;
  readonly noOfficer: string | null;
}

/** Who is responsible, who speaks for them, and whom to ask (Art. 13(1)(a)–(b), 30(1)(a)). */
export function controllerFacts(
  needs: Needs,
  organisation: OrganisationPolicy,
  articles: PartyArticles,
): ControllerFacts {
  const { entry } = organisation;
  const party = (field: string, article: string): PartyFacts =>
    partyFacts(needs, organisation, field, article);
  const joint = entry.jointControllers ?? [];
  const noOfficer = optionalText(organisation, 'dataProtectionOfficer.none');
  return {
    controller: party('controller', articles.controller),
    jointControllers: joint.map((_, at) => party(`jointControllers[${at}]`, articles.controller)),
    representative: entry.representative ? party('representative', articles.controller) : null,
    officer: noOfficer === null ? party('dataProtectionOfficer', articles.officer) : null,
    noOfficer,
  };
}

/** A name, an address, and a way to write or call. */
export function partyFacts(
  needs: Needs,
  policy: OrganisationPolicy,
  field: string,
  article: string,
): PartyFacts {
  const text = (name: string): string => needs.text(policy, `${field}.${name}`, article);
  const optional = (name: string): string | null => optionalText(policy, `${field}.${name}`);
  const [email, phone, url] = [optional('email'), optional('phone'), optional('url')];
  if (email === null && phone === null && url === null && valueAt(policy.entry, field) !== undefined)
    needs.report({
      policy: policy.id,
      field: `${field}.email`,
      article,
      message:
        'is missing; there is no telephone number and no web address either, and people must be able to make contact',
    });
  if (valueAt(policy.entry, field) === undefined)
    needs.report({ policy: policy.id, field, article, message: 'is missing' });
  return {
    name: text('name'),
    address: text('address'),
    country: countryName(text('country'), needs.language),
    email,
    phone,
    url,
  };
}

/** `DE` as the language calls it. */
export const countryName = (code: string, language: string): string =>
  code === '' ? '' : (new Intl.DisplayNames([language], { type: 'region' }).of(code) ?? code);
