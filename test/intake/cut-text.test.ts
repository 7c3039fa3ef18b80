import { expect } from 'chai';
import fc from 'fast-check';
import { isCardNumber, passesLuhn } from '../../src/intake/card-brands.js';
import { cutFile } from '../../src/intake/cut-file.js';
import { cutText } from '../../src/intake/cut-text.js';
import { fold } from '../../src/intake/fold.js';

/** Test numbers that the brands publish. */
const CARDS: Readonly<Record<string, string>> = {
  Visa: '4111111111111111',
  'Visa of 13 digits': '4222222222222',
  'Visa of 19 digits': '4111111111111111110',
  Mastercard: '5555555555554444',
  'Mastercard, second range': '2223003122003222',
  'American Express': '378282246310005',
  Discover: '6011111111111117',
  'Diners Club': '30569309025904',
  JCB: '3530111333300000',
  UnionPay: '6200000000000005',
  Maestro: '6759649826438453',
  Mir: '2200000000000004',
};

describe('card numbers in a text', () => {
  for (const [brand, number] of Object.entries(CARDS))
    it(`are cut to their last four: ${brand}`, () => {
      expect(isCardNumber(number), 'the number is one').to.equal(true);
      const { text, counts } = cutText(`My card is ${number}, thank you`);
      expect(text).to.equal(`My card is •••• ${number.slice(-4)}, thank you`);
      expect(counts).to.deep.equal({ 'card-number': 1 });
    });

  const WRITTEN = [
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '4111\u00a01111\u00a01111\u00a01111',
    '4111\u202f1111\u20091111\u30001111',
    '4111–1111—1111−1111',
    '4111.1111.1111.1111',
    '4111,1111,1111,1111',
    '4111, 1111, 1111, 1111',
    '4111:1111;1111:1111',
    '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1',
    '41 11 11 11 11 11 11 11',
    '411111 1111111111',
    '4111\n1111\n1111\n1111',
    '4\u200b111\u200d1111\ufeff1111\u00ad1111',
    '４１１１１１１１１１１１１１１１',
    '٤١١١ ١١١١ ١١١١ ١١١١',
    '۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱',
    '४१११ ११११ ११११ ११११',
    '𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏',
    '4️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣',
    '④①①①①①①①①①①①①①①①',
    'card4111111111111111x',
  ];
  for (const written of WRITTEN)
    it(`are found as ${JSON.stringify(written)}`, () => {
      expect(cutText(`a ${written} b`).counts).to.deep.equal({ 'card-number': 1 });
      expect(fold(cutText(`a ${written} b`).text).text.replace(/\D/g, '')).to.equal('1111');
    });

  /** Numbers of other kinds, each as people write it. */
  const LOOK_ALIKES: Readonly<Record<string, string>> = {
    'a ticket number': 'T-2026-000123',
    'order numbers': 'order 4500012345, 302-1234567-1234567, #2026112100',
    'a telephone number': '+49 1512 3456788, 030 1234567-89, 0049 30 1234 5678',
    'a telephone number with the check digit of a card': '+49 30 123456782',
    'an account number with groups like a card': 'DE89 3704 0044 0532 0130 00',
    'an account number in one': 'GB29NWBK60161331926819 and FR1420041010050500013M02606',
    'a tracking number': '00340434161094042557, 1Z999AA10123456784, RR123456785DE',
    'an IMEI, which has the same check digit': '490154203237518',
    'a number of a SIM, which has the same check digit': '89490200001234567890',
    'a number that fails the check digit': '4111 1111 1111 1112',
    'a number of no brand that passes it': '9999999999999995',
    'a card that is cut already': '•••• 1111',
    'dates and times': '2026-11-21 10:30:00, 21.11.2026, 1763719800000',
    'a UUID': '550e8400-e29b-41d4-a716-446655440000',
    'an EAN': '4006381333931',
    'too few digits': '42222222222',
    'digits that go on': '41111111111111111111111',
    'the year a card expires': 'expires 12/2027',
    'words with the letters': 'pinned 1234 items, spin 1234, the CID of the unit',
    amounts: '1.234,56 € and $4,111.11',
  };
  for (const [what, text] of Object.entries(LOOK_ALIKES))
    it(`are told from ${what}`, () => {
      expect(cutText(text)).to.deep.equal({ text, counts: {} });
    });

  /** A number of the brand with its check digit. */
  const card = fc
    .tuple(
      fc.constantFrom(
        ['4', 16],
        ['4', 19],
        ['51', 16],
        ['2720', 16],
        ['34', 15],
        ['6011', 16],
        ['67', 12],
        ['36', 14],
      ),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 19, maxLength: 19 }),
    )
    .map(([[prefix, length], digits]) => {
      const body = (prefix + digits.join('')).slice(0, length - 1);
      return (
        Array.from('0123456789')
          .map((digit) => body + digit)
          .find(passesLuhn) ?? ''
      );
    });
  const zeros = ['0', '٠', '۰', '०', '０', '๐', '𝟎'].map((zero) => zero.codePointAt(0) ?? 0);
  const between = fc.array(
    fc.constantFrom(' ', '-', '.', '/', '\u00a0', '\u200b', '–', '_', '\t', '\n', '\u0301'),
    {
      maxLength: 3,
    },
  );

  it('never survive, whatever stands between their digits, in whatever script', () => {
    fc.assert(
      fc.property(
        card,
        fc.constantFrom(...zeros),
        fc.array(between, { minLength: 20, maxLength: 20 }),
        fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\p{N}/gu, '')),
        (number, zero, gaps, around) => {
          const written = Array.from(number)
            .map((digit, place) => String.fromCodePoint(zero + Number(digit)) + (gaps[place]?.join('') ?? ''))
            .join('');
          const { text, counts } = cutText(`${around}x ${written}x${around}`);
          expect(counts['card-number']).to.be.greaterThan(0);
          const left = fold(text).text.replace(/\D/g, '');
          expect(number).to.not.equal(left);
          expect(left.length).to.be.lessThan(number.length - 4);
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });

  it('are nowhere in a text that comes back as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const { text: cut, counts } = cutText(text);
        if (Object.keys(counts).length === 0) expect(cut).to.equal(text);
      }),
      { numRuns: 500, seed: 4 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const without = text.replace(/\p{N}/gu, '');
        expect(cutText(without)).to.deep.equal({ text: without, counts: {} });
      }),
      { seed: 4 },
    );
  });

  it('are found beside an account number', () => {
    const { text } = cutText('DE89 3704 0044 0532 0130 00 4111 1111 1111 1111');
    expect(text).to.equal('DE89 3704 0044 0532 0130 00 •••• 1111');
  });

  it('are cut once: what was cut is not cut again', () => {
    const once = cutText('4111 1111 1111 1111 12/27 123, PIN 9876').text;
    expect(cutText(once)).to.deep.equal({ text: once, counts: {} });
  });

  it('take no longer for a long text of digits', () => {
    const started = performance.now();
    cutText('4 '.repeat(50_000));
    cutText(`CVV ${'a '.repeat(50_000)}`);
    expect(performance.now() - started).to.be.lessThan(3000);
  });
});

describe('verification codes and PINs', () => {
  const CODES: Readonly<Record<string, string>> = {
    en: 'CVV: 123|CVC2 is 123|card security code 123|my cvv number is: 1234|security code (back): 1 2 3|verification value 123|CVV123',
    de: 'Prüfnummer 123|Pruefziffer: 123|Sicherheitscode lautet 123|Kartenprüfnummer=123',
    fr: 'cryptogramme visuel : 123|code de sécurité 123|code de vérification est 123',
    es: 'código de seguridad: 123|codigo de verificación 123',
    it: 'codice di sicurezza 123|codice di verifica: 123',
    other: 'C\u200bVV 1\u200b23|ＣＶＶ １２３|CVV ١٢٣|Pru\u0308fnummer 123|123 (CVC)',
  };
  for (const [language, texts] of Object.entries(CODES))
    it(`are not stored: ${language}`, () => {
      for (const text of texts.split('|')) {
        const cut = cutText(text);
        expect(cut.counts, text).to.deep.equal({ 'verification-code': 1 });
        expect(fold(cut.text).text, text).to.not.match(/\d{2}|\d \d/);
      }
    });

  it('PINs are not stored', () => {
    for (const text of [
      'PIN 9876',
      'Geheimzahl: 987654',
      'code secret 9876',
      'clave secreta: 9876',
      'my pin-code is 9876',
    ])
      expect(cutText(text).counts, text).to.deep.equal({ pin: 1 });
  });

  it('are found near a card number, which the year it expires and an amount are not', () => {
    const { text, counts } = cutText('4111 1111 1111 1111 exp 12/2027 737, refund 250 EUR');
    expect(text).to.equal('•••• 1111 exp 12/2027 •••, refund 250 EUR');
    expect(counts).to.deep.equal({ 'card-number': 1, 'verification-code': 1 });
    expect(cutText('737 / 4111111111111111').text).to.equal('••• / •••• 1111');
  });

  it('go with the rest of a magnetic stripe', () => {
    for (const text of [
      ';4111111111111111=25121011000012345678?',
      '%B4111111111111111^DOE/JANE^2512101100001234?',
    ])
      expect(cutText(text).text, text).to.not.match(/25121/);
  });
});

describe('text attachments', () => {
  const card = 'card;4111 1111 1111 1111\n';
  const bytes = (text: string, coding: BufferEncoding): Uint8Array => Buffer.from(text, coding);

  it('are cut in their own coding, and have the others’ bytes unchanged', () => {
    const cut = cutFile('text/csv', bytes(`Prüf ${card}`, 'utf8'));
    expect(Buffer.from(cut.content).toString()).to.equal('Prüf card;•••• 1111\n');
    const latin = cutFile('text/plain; charset=latin1', bytes(`Prüf ${card}`, 'latin1'));
    expect(Buffer.from(latin.content).toString('latin1')).to.equal('Prüf card;**** 1111\n');
    const wide = cutFile('TEXT/plain', bytes(`\ufeffPrüf ${card}`, 'utf16le'));
    expect(Buffer.from(wide.content).toString('utf16le')).to.equal('\ufeffPrüf card;•••• 1111\n');
    const swapped = cutFile('text/plain', Buffer.from(`\ufeff${card}`, 'utf16le').swap16());
    expect(Buffer.from(swapped.content).swap16().toString('utf16le')).to.equal('\ufeffcard;•••• 1111\n');
    const bare = cutFile('text/plain', bytes(card, 'utf16le'));
    expect(bare.counts).to.deep.equal({ 'card-number': 1 });
  });

  it('stay byte for byte without one, and other files always', () => {
    const random = Uint8Array.from({ length: 2000 }, (_, index) => (index * 7919) % 251);
    expect(cutFile('text/plain', random).content).to.equal(random);
    const image = bytes(card, 'utf8');
    expect(cutFile('image/png', image)).to.deep.equal({ content: image, counts: {} });
  });
});
