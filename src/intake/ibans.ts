import type { Stretch } from './span.js';

/** How long the account numbers of a country are (registry of ISO 13616): another length is no account number. */
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27
   GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27
   MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23
   TN24 TR26 UA29 VA22 VG24 XK20`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
const BEGINNING = /(?<![\p{L}\p{N}])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/gu;
const WITH_GAPS = 1.5;

/** International bank account numbers whose length and check digits are right: they are full of digits, and no card. */
export const ibansIn = (text: string): readonly Stretch[] =>
  [...text.matchAll(BEGINNING)].flatMap(({ 0: found, index }) => {
    const length = LENGTHS[found.slice(0, 2).toUpperCase()] ?? 0;
    const written = writtenAs(text.slice(index, index + Math.ceil(length * WITH_GAPS)), length);
    return written !== null && hasCheckDigits(written) ? [{ from: index, to: index + written.length }] : [];
  });

/** The first so many letters and digits of a text with the gaps between them, if nothing else is there. */
function writtenAs(text: string, length: number): string | null {
  const pattern = new RegExp(`^[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){${Math.max(length - 1, 1)}}(?![A-Za-z0-9])`);
  return pattern.exec(text)?.[0] ?? null;
}

/** ISO/IEC 7064, MOD 97-10: letters count from A = 10, the first four stand last. */
function hasCheckDigits(written: string): boolean {
  const iban = written.replace(/[ -]/g, '').toUpperCase();
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4))
    for (const digit of String(parseInt(character, 36))) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}
