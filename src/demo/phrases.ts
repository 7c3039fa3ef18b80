import type { Language, LanguagePhrases, Topic } from './language.js';
import { ARABIC } from './phrases/arabic.js';
import { CHINESE } from './phrases/chinese.js';
import { ENGLISH } from './phrases/english.js';
import { FRENCH } from './phrases/french.js';
import { GERMAN } from './phrases/german.js';
import { GREEK } from './phrases/greek.js';
import { POLISH } from './phrases/polish.js';
import type { NonEmpty } from './random.js';

export const PHRASES: Readonly<Record<Language, LanguagePhrases>> = {
  en: ENGLISH,
  de: GERMAN,
  fr: FRENCH,
  pl: POLISH,
  el: GREEK,
  ar: ARABIC,
  zh: CHINESE,
};

/** What agents write to each other. The team speaks English among itself. */
export const INTERNAL_NOTES: NonEmpty<string> = [
  'Called {customer} back on {phone}, nobody there. Will try again tomorrow.',
  'Checked with the warehouse: {product} of order {order} left on {date}. {agent}',
  '{customer} ({number}) has written twice about this already, please be quick and friendly.',
  'Address on file is {address}. Carrier says the door plate shows another name.',
  'Goodwill voucher of {amount} approved by the team lead.',
  'Asked accounting about {invoice}; they answer until Thursday.',
  'Customer mentioned a hospital stay as the reason for the delay. Do not remind before next month.',
];

export const CALL_NOTES: Readonly<Record<Topic, string>> = {
  order:
    'Call from {customer}, {phone}: order {order}, wants to change {product}. Consent to recording given.',
  delivery: 'Call from {customer}, {phone}: parcel {tracking} has not come. Consent to recording given.',
  refund: 'Call from {customer}, {phone}: waits for {amount} for order {order}. Consent to recording given.',
  billing: 'Call from {customer}, {phone}: question about invoice {invoice}. Consent to recording given.',
  warranty: 'Call from {customer}, {phone}: {product} is defective. Consent to recording given.',
  account:
    'Call from {customer}, {phone}: cannot sign in, e-mail address {email}. Consent to recording given.',
  complaint:
    'Call from {customer}, {phone}, upset: third contact about order {order}. Consent to recording given.',
};
