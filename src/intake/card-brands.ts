/** Ranges of issuer numbers (IIN, the first digits of a card number), and how long the numbers in them are. */
interface IssuerRange {
  /** First and last prefix; both have the same number of digits. */
  readonly from: string;
  readonly to: string;
  readonly lengths: readonly number[];
}

const upTo19 = (least: number): readonly number[] =>
  Array.from({ length: 20 - least }, (_, index) => least + index);
const range = (from: string, to: string, lengths: readonly number[]): IssuerRange => ({ from, to, lengths });

/** As the brands have them; where they overlap, each length of either counts. */
const RANGES: readonly IssuerRange[] = [
  range('4', '4', [13, 16, 19]), // Visa
  range('51', '55', [16]), // Mastercard
  range('2221', '2720', [16]),
  range('34', '34', [15]), // American Express
  range('37', '37', [15]),
  range('6011', '6011', upTo19(16)), // Discover
  range('622126', '622925', upTo19(16)),
  range('644', '649', upTo19(16)),
  range('65', '65', upTo19(16)),
  range('300', '305', upTo19(14)), // Diners Club
  range('3095', '3095', upTo19(14)),
  range('36', '36', upTo19(14)),
  range('38', '39', upTo19(14)),
  range('3528', '3589', upTo19(16)), // JCB
  range('62', '62', upTo19(16)), // UnionPay
  range('81', '81', upTo19(16)),
  range('50', '50', upTo19(12)), // Maestro
  range('56', '58', upTo19(12)),
  range('6304', '6304', upTo19(12)),
  range('67', '67', upTo19(12)),
  range('60', '60', [16]), // RuPay
  range('82', '82', [16]),
  range('353', '353', [16]),
  range('356', '356', [16]),
  range('2200', '2205', upTo19(16)), // Mir
  range('9792', '9792', [16]), // Troy
  range('1', '1', [15]), // UATP
];

/** Whether the digits could be a card number: an issuer's range, a length it has, and the check digit. */
export const isCardNumber = (digits: string): boolean =>
  digits.length >= 12 && digits.length <= 19 && hasIssuer(digits) && passesLuhn(digits);

const hasIssuer = (digits: string): boolean =>
  RANGES.some(({ from, to, lengths }) => {
    const prefix = digits.slice(0, from.length);
    return lengths.includes(digits.length) && prefix >= from && prefix <= to;
  });

/** ISO/IEC 7812-1, annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    sum += place % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}
