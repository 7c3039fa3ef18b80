/**
 * A text as a detector reads it: every digit of every script as 0–9, letters without accents and fullwidth forms, what nobody
 * sees (zero-width, bidi, combining marks, NUL) left out. `start` and `end` lead back to the original.
 */
export interface Folded {
  readonly text: string;
  /** Where in the original the character at an index of `text` begins. */
  readonly start: (index: number) => number;
  /** Where in the original a stretch that ends before an index of `text` ends; marks upon its last character included. */
  readonly end: (index: number) => number;
}

const UNSEEN = /[\p{M}\p{Cf}\0]/u;
const DIGIT = /\p{Nd}/u;
const PLAIN_END = 0x80;

/** Folds a text; positions count UTF-16 units, as everywhere in JavaScript. */
export function fold(original: string): Folded {
  const starts: number[] = [];
  let text = '';
  let at = 0;
  for (const character of original) {
    const seen = seenAs(character);
    if (seen !== '') {
      text += seen;
      for (let unit = 0; unit < seen.length; unit++) starts.push(at);
    }
    at += character.length;
  }
  const start = (index: number): number => starts[index] ?? original.length;
  return { text, start, end: start };
}

/** One character, or none; a character that would come apart into several stays as it is. */
function seenAs(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point > 0 && point < PLAIN_END) return character;
  const known = folded.get(character);
  if (known !== undefined) return known;
  const seen = foldOne(character);
  if (folded.size < MOST_REMEMBERED) folded.set(character, seen);
  return seen;
}

const MOST_REMEMBERED = 4096;
const folded = new Map<string, string>();

function foldOne(character: string): string {
  if (UNSEEN.test(character)) return '';
  if (DIGIT.test(character)) return digitOf(character);
  const [first = '', ...others] = Array.from(character.normalize('NFKD')).filter(
    (part) => !UNSEEN.test(part),
  );
  return others.length === 0 && first !== '' ? first : character;
}

/** Decimal digits stand in Unicode in tens, zero first, so the value is the place within its ten. */
function digitOf(character: string): string {
  const plain = character.normalize('NFKC');
  if (/^[0-9]$/.test(plain)) return plain;
  let zero = character.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 10 && DIGIT.test(String.fromCodePoint(zero - 1))) {
    zero--;
    value++;
  }
  return String(value % 10);
}
