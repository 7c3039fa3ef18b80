import { overlaps, type CutKind, type Span } from './span.js';

/** Words that a verification code follows, without accents as the folded text has them: en, de, fr, es, it. */
const CODE_WORDS = [
  '(?:cvv|cvc|cav|cvn|cvd|cid|csc)2?',
  '(?:card[ -]?)?(?:security|verification)[ -](?:code|number|value|digits?)',
  'card[ -]code',
  '(?:karten)?pr(?:u|ue)f(?:nummer|ziffer|zahl|code|wert)n?',
  '(?:karten)?sicherheits(?:code|nummer|zahl|ziffer)n?s?',
  'kartencode',
  'cryptogramme(?: visuel)?',
  'code (?:de )?(?:securite|verification)',
  'codigo (?:de )?(?:seguridad|verificacion)',
  'codice (?:di )?(?:sicurezza|verifica|controllo)',
];
const PIN_WORDS = [
  'pin(?:[ -]?(?:code|nummer|number))?',
  'personal identification number',
  'geheim(?:zahl|nummer|code)',
  'code (?:secret|confidentiel|pin)',
  'clave(?: secreta)?',
  'nip',
  'codigo (?:secreto|pin)',
  'codice (?:segreto|pin)',
];

/** Up to thirty characters to the number, but not into the next sentence. */
const FILL = String.raw`(?:(?![.!?;]\s)\D){0,30}?`;
const digits = (least: number, most: number): string =>
  String.raw`(?<code>\d(?:[\s.\-]?\d){${least - 1},${most - 1}})(?!\d)`;
const word = (words: readonly string[]): string =>
  String.raw`(?<![\p{L}\p{N}])(?:${words.join('|')})(?!\p{L})`;

const PATTERNS: readonly (readonly [CutKind, RegExp])[] = [
  ['verification-code', new RegExp(word(CODE_WORDS) + FILL + digits(3, 4), 'dgiu')],
  ['pin', new RegExp(word(PIN_WORDS) + FILL + digits(4, 6), 'dgiu')],
  // "123 (CVV)"
  [
    'verification-code',
    new RegExp(String.raw`(?<!\d)(?<code>\d{3,4})[^\p{L}\p{N}]{0,3}` + word(CODE_WORDS), 'dgiu'),
  ],
];

/** How far behind a card number three or four digits are taken for its verification code. */
const NEAR = 40;
const STANDING_ALONE = /(?<!\d)\d{3,4}(?!\d)/g;
const EXPIRY_BEFORE = /(?<!\d)\d{1,2}\s?[/.-]\s?$/;
const EXPIRY_AFTER = /^\s?[/-]\s?\d{1,2}(?!\d)/;
const MONEY_BEFORE = /(?:[€$£¥]|\b(?:eur|usd|gbp|chf))\s?$/i;
const MONEY_AFTER =
  /^(?:[.,]\d{2}(?!\d))?\s?(?:[€$£¥]|(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|franken|francs?)\b)/i;

/** Verification codes and PINs in a folded text: after the words for them, and close to a card number. */
export function cardCodes(text: string, cards: readonly Span[]): readonly Span[] {
  const named = PATTERNS.flatMap(([kind, pattern]) =>
    [...text.matchAll(pattern)].flatMap(({ indices }): readonly Span[] => {
      const [from, to] = indices?.groups?.['code'] ?? [0, 0];
      return [{ kind, from, to, instead: '•••' }];
    }),
  );
  return [...named, ...cards.flatMap((card) => near(text, card))].filter(
    (span) => !cards.some((card) => overlaps(card, span)),
  );
}

function near(text: string, { from, to }: Span): readonly Span[] {
  const code = (start: number, end: number): Span => ({
    kind: 'verification-code',
    from: start,
    to: end,
    instead: '•••',
  });
  const after = [...text.slice(to, to + NEAR + 1).matchAll(STANDING_ALONE)].flatMap(({ 0: found, index }) => {
    const [start, end] = [to + index, to + index + found.length];
    return isOtherwise(text.slice(to, start), text.slice(end, end + 12)) ? [] : [code(start, end)];
  });
  const before = /(?<![\d.,/-])(\d{3,4})[\s,;/|]{1,3}$/.exec(text.slice(Math.max(0, from - 9), from));
  const start = from - (before?.[0].length ?? 0);
  return before ? [...after, code(start, start + (before[1]?.length ?? 0))] : after;
}

/** The year a card expires, or an amount of money. */
const isOtherwise = (before: string, after: string): boolean =>
  EXPIRY_BEFORE.test(before) ||
  EXPIRY_AFTER.test(after) ||
  MONEY_BEFORE.test(before) ||
  MONEY_AFTER.test(after);
