import type { Draft } from './draft.js';
import type { Language } from './language.js';
import { DAY, type Says } from './moments.js';
import { withDigits, type Customer } from './people.js';
import { CALL_NOTES, INTERNAL_NOTES, PHRASES } from './phrases.js';
import { between, pick, wholeBetween, type NonEmpty, type Random } from './random.js';

/** What the messages of one ticket talk about: the same order, sum and person from the first to the last. */
export type Details = Readonly<Record<string, string>>;

/** Which of a topic's stories a ticket tells, and about what. */
export interface Story {
  readonly scene: number;
  readonly details: Details;
}

const decimal = (cents: number, mark: string): string =>
  `${Math.floor(cents / 100)}${mark}${String(cents % 100).padStart(2, '0')}`;

function money(language: Language, cents: number): string {
  if (language === 'en') return `€${decimal(cents, '.')}`;
  if (language === 'zh') return `${decimal(cents, '.')} 欧元`;
  return `${decimal(cents, ',')} €`;
}

function day(language: Language, at: number): string {
  const [year = '', month = '', date = ''] = new Date(at).toISOString().slice(0, 10).split('-');
  if (language === 'en') return `${date}/${month}/${year}`;
  if (language === 'zh') return `${year}年${month}月${date}日`;
  return `${date}.${month}.${year}`;
}

/** A German IBAN with right check digits and a bank code that does not exist. */
export function madeUpIban(account: number): string {
  const number = '00000000' + String(account).padStart(10, '0');
  const check = 98n - (BigInt(`${number}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${number}`.replace(/(.{4})(?=.)/g, '$1 ');
}

function makeDetails(random: Random, draft: Draft): Details {
  const { row, language, place } = draft.customer;
  // Who left the number out of the form still writes one into a message: a place only a search of texts finds.
  const otherPhone = withDigits(random, place.phone);
  return {
    customer: row.name,
    email: row.email,
    phone: row.phone ?? otherPhone,
    company: row.company ?? row.name,
    number: row.customer_number,
    address: `${row.address_line1}, ${row.postal_code} ${row.city}`,
    agent: draft.agent.row.name,
    product: pick(random, PHRASES[language].products),
    order: `B-${wholeBetween(random, 100_000, 999_999)}`,
    invoice: `RE-${new Date(draft.createdAt).getUTCFullYear()}-${wholeBetween(random, 10_000, 99_999)}`,
    tracking: `BK${wholeBetween(random, 100_000_000, 999_999_999)}DE`,
    amount: money(language, wholeBetween(random, 990, 34_990)),
    date: day(language, draft.createdAt - between(random, 3, 30) * DAY),
    iban: madeUpIban(wholeBetween(random, 1_000_000, 9_999_999_999)),
  };
}

export function makeStory(random: Random, draft: Draft): Story {
  const { opening } = PHRASES[draft.customer.language].topics[draft.topic];
  const scene = wholeBetween(random, 0, opening.length - 1);
  // The notes of calls tell the first story.
  return { scene: draft.channel === 'phone' ? 0 : scene, details: makeDetails(random, draft) };
}

/** Puts the details into a text; a placeholder nobody fills is a mistake in the phrases. */
export function fill(text: string, details: Details): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = details[name];
    if (value === undefined) throw new Error(`the demo's phrases have no {${name}}`);
    return value;
  });
}

const at = (texts: NonEmpty<string>, scene: number): string => texts[scene % texts.length] ?? texts[0];

const signature = ({ row }: Customer): string =>
  [row.name, row.company, row.phone].filter((line) => line !== null).join('\n');

function firstLetter(random: Random, draft: Draft, text: string): string {
  if (draft.channel === 'chat') return text;
  const { hello, regards } = PHRASES[draft.customer.language];
  return [pick(random, hello), text, `${pick(random, regards)}\n${signature(draft.customer)}`].join('\n\n');
}

const shortReply = (draft: Draft, writer: Customer, text: string): string =>
  draft.channel === 'chat' ? text : `${text}\n\n${writer.row.name}`;

function fromDesk(draft: Draft, text: string, details: Details): string {
  const { deskHello, deskRegards } = PHRASES[draft.customer.language];
  if (draft.channel === 'chat') return text;
  return [fill(deskHello, details), text, fill(deskRegards, details)].join('\n\n');
}

/** Refunds come with a credit note where the ticket says so: that is the second of their two texts. */
function solution(draft: Draft, texts: NonEmpty<string>, scene: number): string {
  if (draft.topic !== 'refund') return at(texts, scene);
  return at(texts, draft.tags.includes('credit-note') ? 1 : 0);
}

export const writeSubject = (draft: Draft, { scene, details }: Story): string =>
  fill(at(PHRASES[draft.customer.language].topics[draft.topic].subjects, scene), details);

/** The text of one message. */
export function writeBody(random: Random, draft: Draft, says: Says, { scene, details }: Story): string {
  const phrases = PHRASES[draft.customer.language];
  const topic = phrases.topics[draft.topic];
  switch (says) {
    case 'callNote':
      return fill(CALL_NOTES[draft.topic], details);
    case 'note':
      return fill(pick(random, INTERNAL_NOTES), details);
    case 'merged':
      return fromDesk(draft, fill(phrases.merged, details), details);
    case 'question':
      return fromDesk(draft, fill(at(topic.question, scene), details), details);
    case 'solution':
      return fromDesk(draft, fill(solution(draft, topic.solution, scene), details), details);
    case 'opening':
      return firstLetter(random, draft, fill(at(topic.opening, scene), details));
    case 'followUp':
      return shortReply(draft, draft.customer, fill(at(topic.followUp, scene), details));
    case 'thanks':
    case 'again':
      return shortReply(draft, draft.customer, fill(pick(random, phrases[says]), details));
    case 'colleague':
      return shortReply(
        draft,
        draft.colleague ?? draft.customer,
        fill(pick(random, phrases.colleague), details),
      );
  }
}
