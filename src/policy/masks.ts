import type { Mask } from './access-schema.js';

const BULLET = '•';
const FOUR = 4;

const SEGMENTS = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** What a reader counts as one character: an accented letter, a flag, a family of four. */
const characters = (text: string): readonly string[] =>
  [...SEGMENTS.segment(text)].map(({ segment }) => segment);

const MASKED: Readonly<Record<Mask, (text: string) => string | null>> = {
  last4,
  initials,
  domainOnly,
  hidden: () => null,
};

/** What is shown of a value. Never more for a short value than for a long one: null and nothing stay null. */
export function masked(value: unknown, mask: Mask): string | null {
  if (value === null || value === undefined) return null;
  return MASKED[mask](typeof value === 'string' ? value : JSON.stringify(value));
}

/** `•••• 4321`, spaces and signs apart; always four bullets, so that the length is not told; of four or fewer nothing. */
function last4(text: string): string {
  const all = characters(text).filter((character) => /[\p{L}\p{N}]/u.test(character));
  return all.length <= FOUR ? BULLET.repeat(FOUR) : `${BULLET.repeat(FOUR)} ${all.slice(-FOUR).join('')}`;
}

/** `M. M.` for Maria Müller, at most three; a name that is one letter shows nothing. */
function initials(text: string): string {
  const words = text.split(/[\s\-‐‑]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const long = words.some((word) => characters(word).length > 1);
  if (!long) return BULLET;
  return words
    .slice(0, 3)
    .map((word) => `${first(word)}.`)
    .join(' ');
}

/** Punctuation before a name is none of it: “(Maria)”. */
const first = (word: string): string =>
  characters(word)
    .find((character) => /[\p{L}\p{N}]/u.test(character))
    ?.toLocaleUpperCase('und') ?? BULLET;

/** `•••@mail.example`; what is no address shows nothing. */
function domainOnly(text: string): string {
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1).trim();
  return at < 1 || !/^[\p{L}\p{N}\p{M}-]+(\.[\p{L}\p{N}\p{M}-]+)+$/u.test(domain)
    ? BULLET.repeat(3)
    : `${BULLET.repeat(3)}@${domain}`;
}
