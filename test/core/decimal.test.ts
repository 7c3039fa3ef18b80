import { expect } from 'chai';
import fc from 'fast-check';
import { compareDecimals, parseDecimal, type Decimal } from '../../src/core/decimal.js';

function decimal(value: string | number): Decimal {
  const parsed = parseDecimal(value);
  if (parsed === null) throw new Error(`the test writes no decimal: ${value}`);
  return parsed;
}

describe('decimals', () => {
  const readings: readonly (readonly [string | number, string])[] = [
    ['12', '12'],
    ['-0.50', '-0.5'],
    ['1e21', '1000000000000000000000'],
    ['1.25E+2', '125'],
    ['12e-3', '0.012'],
    ['-0', '0'],
    ['-0.000', '0'],
    ['0e5', '0'],
    ['0012.3400', '12.34'],
    ['100', '100'],
    ['9007199254740993', '9007199254740993'],
    [9007199254740991, '9007199254740991'],
    [-0, '0'],
    [0.1, '0.1'],
    [5e-324, `0.${'0'.repeat(323)}5`],
  ];
  for (const [value, canonical] of readings) {
    it(`${JSON.stringify(value)} is ${canonical.slice(0, 30)}`, () => {
      expect(parseDecimal(value)).to.equal(canonical);
    });
  }

  const refused = [
    ...[
      '',
      ' ',
      '12abc',
      'abc',
      '0x10',
      'NaN',
      'Infinity',
      '-Infinity',
      '1,5',
      '1 000',
      '.5',
      '5.',
      '--1',
      '+1',
    ],
    ...['1e', '1e1.5', '1e10001', '1e-10001', '1e999999999', '12\n', '٣'],
    ...[NaN, Infinity, -Infinity, 9007199254740992, 1e21],
  ];
  for (const value of refused) {
    it(`${typeof value === 'number' ? value : JSON.stringify(value)} is no exact decimal`, () => {
      expect(parseDecimal(value)).to.equal(null);
    });
  }

  const anyDecimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(30))
    .map(([digits, places]) => ({ digits, places, text: decimal(`${digits}e-${places}`) }));

  it('decimals are ordered by value, whatever their length', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        const [left, right] = [a.digits * 10n ** BigInt(b.places), b.digits * 10n ** BigInt(a.places)];
        expect(compareDecimals(a.text, b.text)).to.equal(left === right ? 0 : left < right ? -1 : 1);
      }),
    );
  });

  it('small numbers of either sign are ordered by value', () => {
    const anySmall = fc.integer({ min: -300, max: 300 }).map((n) => n / 100);
    fc.assert(
      fc.property(anySmall, anySmall, (a, b) => {
        expect(compareDecimals(decimal(a), decimal(b))).to.equal(Math.sign(a - b));
      }),
    );
  });

  it('equal numbers are equal texts, and a decimal reads back as itself', () => {
    fc.assert(
      fc.property(anyDecimal, fc.nat(9), ({ digits, places, text }, zeros) => {
        const longer = decimal(`${digits}${'0'.repeat(zeros)}e-${places + zeros}`);
        expect(longer).to.equal(text);
        expect(parseDecimal(text)).to.equal(text);
      }),
    );
  });
});
