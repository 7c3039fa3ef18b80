import { isCardNumber } from './card-brands.js';
import { ibansIn } from './ibans.js';
import { overlaps, type Span, type Stretch } from './span.js';

/** Digits with at most four characters between two of them, none of which is a letter. */
const RUN = /\d(?:[^\p{L}\p{N}]{0,4}\d)+/gu;
const LEAST = 12;
const MOST = 19;
/** What people and programs put between the groups of a number, however they group it. */
const BETWEEN = /^[\s\p{Z}\p{Pd}._·•*/\\|~'’+]*$/u;
/** Between other characters only groups as they are printed on cards: 4-4-4-4, 4-6-5, or digit by digit. */
const PRINTED = /^(?:4(?:,4)*,[1-7]|4,6,[45]|1(?:,1)*)$/;
/** A telephone number as E.164 writes it: those this short are never read as a card. */
const TELEPHONE = 13;

interface Run {
  /** Place in the folded text of each digit. */
  readonly at: readonly number[];
  readonly digits: string;
}

interface Window {
  /** First digit, and the one behind the last, as places in the run. */
  readonly first: number;
  readonly last: number;
  readonly digits: string;
}

/** Card numbers in a folded text, whatever stands between their digits; each cut to its last four. */
export function cardNumbers(text: string): readonly Span[] {
  const ibans = ibansIn(text);
  return runsOf(text).flatMap((run) => {
    const windows = windowsOf(text, run).filter(
      (window) => !ibans.some((iban) => overlaps(iban, stretchOf(run, [window]))),
    );
    return clusters(windows).map((cluster) => spanOf(run, cluster));
  });
}

function runsOf(text: string): readonly Run[] {
  return [...text.matchAll(RUN)].flatMap((match): readonly Run[] => {
    const [found] = match;
    const at = [...found.matchAll(/\d/g)].map(({ index }) => match.index + index);
    if (at.length < LEAST) return [];
    return [{ at, digits: found.replace(/\D/g, '') }];
  });
}

/** Stretches of a run that are card numbers, from the beginning of a group to the end of one. */
function windowsOf(text: string, run: Run): readonly Window[] {
  const { at, digits } = run;
  const windows: Window[] = [];
  for (let first = 0; first + LEAST <= at.length; first++) {
    if (!beginsGroup(at, first)) continue;
    for (let last = first + LEAST; last <= Math.min(first + MOST, at.length); last++) {
      if (last < at.length && !beginsGroup(at, last)) continue;
      const window = { first, last, digits: digits.slice(first, last) };
      if (isCardNumber(window.digits) && isWritten(text, run, window)) windows.push(window);
    }
  }
  return windows;
}

const beginsGroup = (at: readonly number[], place: number): boolean =>
  place === 0 || (at[place] ?? 0) !== (at[place - 1] ?? 0) + 1;

/** Whether the characters between the digits can stand within one number. */
function isWritten(text: string, { at }: Run, { first, last, digits }: Window): boolean {
  const from = at[first] ?? 0;
  if (text[from - 1] === '+' && digits.length <= TELEPHONE) return false;
  const written = text.slice(from, (at[last - 1] ?? 0) + 1);
  const groups = written.split(/\D+/);
  return BETWEEN.test(written.replace(/\d/g, '')) || PRINTED.test(groups.map(({ length }) => length).join());
}

/** Windows that overlap are readings of one number: all of it goes. */
function clusters(windows: readonly Window[]): readonly (readonly Window[])[] {
  const found: { end: number; windows: Window[] }[] = [];
  for (const window of windows) {
    const open = found.at(-1);
    if (open && window.first < open.end) {
      open.windows.push(window);
      open.end = Math.max(open.end, window.last);
    } else found.push({ end: window.last, windows: [window] });
  }
  return found.map((cluster) => cluster.windows);
}

/** The last four of the likeliest reading: sixteen digits, else the shortest; what follows may be a verification code. */
function spanOf(run: Run, windows: readonly Window[]): Span {
  const likeliest = windows.find(({ digits }) => digits.length === 16) ?? windows[0];
  return {
    kind: 'card-number',
    ...stretchOf(run, windows),
    instead: `•••• ${likeliest?.digits.slice(-4) ?? ''}`,
  };
}

const stretchOf = ({ at }: Run, windows: readonly Window[]): Stretch => ({
  from: at[Math.min(...windows.map(({ first }) => first))] ?? 0,
  to: (at[Math.max(...windows.map(({ last }) => last)) - 1] ?? 0) + 1,
});
