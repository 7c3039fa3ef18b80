import { parsePhoneNumberFromString, isSupportedCountry } from 'libphonenumber-js/min';
import type { IndexKind } from '../datamap/index-kinds.js';

export { INDEX_KINDS, type IndexKind } from '../datamap/index-kinds.js';

/**
 * What a value is made into before it is digested: two spellings of one address become one. The number stands in the digest;
 * whoever changes a form raises its number, keeps the old one readable here, and asks for `reindex`.
 */
export const NORMAL_FORM: Readonly<Record<IndexKind, number>> = { email: 1, phone: 1, customerNumber: 1 };

/**
 * The value in the normal form of its kind; null: nothing is left that somebody could be found by.
 * @param country ISO 3166: what a phone number without a country's prefix is read by
 */
export function normalForm(kind: IndexKind, value: string, country: string | null = null): string | null {
  const form = FORMS[kind](value, country);
  return form === '' ? null : form;
}

/**
 * All forms that a person could have been stored in who is looked for: a phone number without a prefix stands in E.164 where
 * their country is known and as its digits where it is not.
 */
export function searchedForms(kind: IndexKind, value: string, country: string | null): readonly string[] {
  const forms = [normalForm(kind, value, country), ...(kind === 'phone' ? [normalForm(kind, value)] : [])];
  return [...new Set(forms.filter((form) => form !== null))];
}

type Form = (value: string, country: string | null) => string;

const FORMS: Readonly<Record<IndexKind, Form>> = {
  email: (value) => mailAddress(value),
  phone: phoneNumber,
  customerNumber: (value) => value.trim().normalize('NFC'),
};

/**
 * As PostgreSQL's lower() folds, in every locale: Unicode's own mapping. It differs where a letter's case hangs on its neighbours or
 * on the language: a capital sigma at the end of a word becomes "ς" here and "σ" there, "İ" becomes two characters here; and under
 * the C locale lower() folds ASCII alone. An internationalised domain and its "xn--" form stay two addresses.
 */
const mailAddress = (value: string): string => value.trim().normalize('NFC').toLowerCase().normalize('NFC');

/** E.164 without its extension: the line is found. What is no number of its country keeps its digits, behind a mark that E.164 lacks. */
function phoneNumber(value: string, residence: string | null): string {
  const country = residence === null ? null : residence.trim().toUpperCase();
  const text = value.trim().replace(/^00(?=[1-9])/, country === null ? '+' : '00');
  const parsed = parsePhoneNumberFromString(
    text,
    country !== null && isSupportedCountry(country) ? country : undefined,
  );
  if (parsed?.isPossible()) return parsed.number;
  const digits = value.normalize('NFKC').replace(/\P{Nd}/gu, '');
  return digits === '' ? '' : `digits:${digits}`;
}
