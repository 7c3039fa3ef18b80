declare const brand: unique symbol;

/** An exact decimal number as text: no exponent, no needless zeros, no `-0`. Equal numbers are equal texts. */
export type Decimal = string & { readonly [brand]: 'Decimal' };

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,5}))?$/;

/** A double ends at 1e308. Without a limit, a few characters of text ask for a gigabyte of zeros. */
const LARGEST_EXPONENT = 10_000;

/**
 * Reads a number as JSON and PostgreSQL write it; null for anything else (NaN, Infinity, hex, `12abc`, an empty text,
 * an exponent beyond ±10000) and for a JS integer too large to be exact.
 */
export function parseDecimal(value: string | number): Decimal | null {
  if (typeof value === 'number') return isExact(value) ? parseDecimal(String(value)) : null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(value) ?? [];
  if (whole === '' || Math.abs(Number(exponent)) > LARGEST_EXPONENT) return null;
  const magnitude = movePoint(whole, fraction, Number(exponent));
  return (magnitude === '0' ? magnitude : sign + magnitude) as Decimal;
}

export function compareDecimals(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const [aNegative, bNegative] = [a.startsWith('-'), b.startsWith('-')];
  if (aNegative !== bNegative) return aNegative ? -1 : 1;
  return aNegative ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b);
}

function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

function movePoint(whole: string, fraction: string, places: number): string {
  const digits = '0'.repeat(Math.max(0, -places)) + whole + fraction + '0'.repeat(Math.max(0, places));
  const point = Math.max(0, -places) + whole.length + places;
  const before = digits.slice(0, point).replace(/^0+/, '');
  const after = withoutTrailingZeros(digits.slice(point));
  return (before || '0') + (after && `.${after}`);
}

/** By hand: /0+$/ takes quadratic time on a long run of zeros that does not end the text. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

/** Of canonical digits, the longer whole part is the larger; equally long parts, and fractions, order as text. */
function compareMagnitudes(a: string, b: string): -1 | 0 | 1 {
  const [aWhole = '', aFraction = ''] = a.split('.');
  const [bWhole = '', bFraction = ''] = b.split('.');
  if (aWhole.length !== bWhole.length) return aWhole.length < bWhole.length ? -1 : 1;
  if (aWhole !== bWhole) return aWhole < bWhole ? -1 : 1;
  if (aFraction === bFraction) return 0;
  return aFraction < bFraction ? -1 : 1;
}
