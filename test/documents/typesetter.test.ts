import { expect } from 'chai';
import fc from 'fast-check';
import type { Text } from '../../src/documents/document.js';
import { fontsFor } from '../../src/documents/fonts.js';
import { GlyphChooser } from '../../src/documents/glyphs.js';
import { Typesetter, type Lines } from '../../src/documents/typesetter.js';

const fonts = {
  plain: fontsFor('plain', 'en'),
  strong: fontsFor('strong', 'en'),
  code: fontsFor('code', 'en'),
};

/** Every character is one point wide. */
const set = (text: Text, width: number): Lines =>
  new Typesetter(new GlyphChooser(fonts), (_font, _size, run) => Array.from(run).length).set(text, width, 10);

const seen = ({ lines }: Lines): readonly string[] =>
  lines.map(({ runs }) => runs.map(({ text }) => text).join(''));

describe('breaking text into lines', () => {
  it('breaks where a line may end', () => {
    expect(seen(set('one two three', 8))).to.deep.equal(['one two', 'three']);
    expect(seen(set('well-known thing', 12))).to.deep.equal(['well-known', 'thing']);
    expect(seen(set('a\n\nb', 8))).to.deep.equal(['a', '', 'b']);
  });

  it('cuts a word that is wider than the line, and an id only then', () => {
    expect(seen(set('abcdefghijk', 4))).to.deep.equal(['abcd', 'efgh', 'ijk']);
    const code = (text: string): Text => [
      { text: 'see ', style: 'plain' },
      { text, style: 'code' },
    ];
    expect(seen(set(code('actor-abc'), 10))).to.deep.equal(['see', 'actor-abc']);
    expect(seen(set(code('actor-abcdef'), 10))).to.deep.equal(['see', 'actor-abcd', 'ef']);
  });

  it('puts words from right to left in the order of the paper', () => {
    const { lines, isRtl } = set('שלום (1) abc', 80);
    expect(isRtl).to.be.true;
    expect(lines[0]?.runs.map(({ text }) => text)).to.deep.equal(['abc', ' ', '(', '1', ')', 'שלום ']);
    expect(set('a שלום b', 80).isRtl).to.be.false;
  });

  it('loses no letter and keeps to the width, whatever is written', () => {
    const letters = fc.constantFrom(
      'a',
      'B',
      ' ',
      '-',
      'ß',
      'é',
      'ש',
      'م',
      '(',
      ')',
      '1',
      '\n',
      '中',
      '😀',
      '.',
      '/',
    );
    const texts = fc.array(letters, { maxLength: 60 }).map((all) => all.join(''));
    fc.assert(
      fc.property(texts, fc.integer({ min: 10, max: 30 }), (text, width) => {
        const { lines } = set(text, width);
        const shown = lines.flatMap(({ runs }) => runs.flatMap((run) => Array.from(run.actual ?? run.text)));
        const sorted = (all: readonly string[]): string => [...all].sort().join('').replace(/\s/g, '');
        expect(sorted(shown)).to.equal(sorted(Array.from(text)));
        for (const line of lines) expect(line.width).to.be.at.most(width);
      }),
      { seed: 20261121, numRuns: 400 },
    );
  });
});
