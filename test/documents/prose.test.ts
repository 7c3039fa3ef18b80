import { expect } from 'chai';
import { plainText, type Block } from '../../src/documents/document.js';
import { readProse } from '../../src/documents/prose.js';
import { escapeProse } from '../../src/documents/spans.js';

const read = (text: string, inserts?: Readonly<Record<string, Block>>) =>
  readProse(`# Title\n${text}`, inserts).blocks;
const kinds = (text: string): readonly string[] => read(text).map(({ kind }) => kind);

const HOSTILE = [
  '# a title',
  '## section',
  '- item',
  '1. item',
  '> note',
  '| cell | cell |',
  ': value',
  '[[block]]',
  '**strong**',
  '`code`',
  'one\n\n# two',
  'a\u2028b',
  'back\\slash',
  '{{ variable }} {% tag %}',
];

describe('prose of a template', () => {
  it('reads headings, paragraphs, lists, notes, facts and tables', () => {
    const text =
      '## A\nb\nc\n\nd\n\n- e\n- f\n\n1. g\n\n> h\n\nTerm\n: value\n\n| x | y |\n|---|---:|\n| 1 | 2 |';
    expect(kinds(text)).to.deep.equal([
      'heading',
      'paragraph',
      'paragraph',
      'list',
      'list',
      'note',
      'facts',
      'table',
    ]);
  });

  it('keeps lists, tables and facts together over the blank lines that tags leave behind', () => {
    expect(kinds('- a\n\n\n- b\n\n| x |\n|---|\n\n| 1 |\n\n| 2 |\n\nT\n: v\n\nU\n: w')).to.deep.equal([
      'list',
      'table',
      'facts',
    ]);
  });

  it('lets a value be nothing but itself, wherever it stands', () => {
    for (const value of HOSTILE) {
      const shown = value.replace(/\s*[\n\u2028]+\s*/g, ' ');
      const escaped = escapeProse(value);
      const text = `${escaped}\n\n- ${escaped}\n\n| x |\n|---|\n| ${escaped} |\n\nTerm\n: ${escaped}`;
      const [paragraph, list, table, facts, ...more] = read(text);
      expect(more, value).to.deep.equal([]);
      expect(paragraph?.kind === 'paragraph' && plainText(paragraph.text)).to.equal(shown);
      expect(list?.kind === 'list' && list.items.map(plainText)).to.deep.equal([shown]);
      expect(
        table?.kind === 'table' && [...(table.table.rows as Iterable<[]>)].map((row) => row.map(plainText)),
      ).to.deep.equal([[shown]]);
      expect(facts?.kind === 'facts' && facts.facts.map(({ value: said }) => plainText(said))).to.deep.equal([
        shown,
      ]);
    }
  });

  it('puts a block in its place, and knows no other', () => {
    const note: Block = { kind: 'note', text: 'from data' };
    expect(read('[[records]]', { records: note })).to.deep.equal([note]);
    expect(() => read('[[record]]', { records: note })).to.throw(
      'unknown block [[record]]; there are: records',
    );
    expect(() => read('[[toString]]')).to.throw('unknown block');
  });

  it('refuses a text without a title, a second title, and a row with too few cells', () => {
    expect(() => readProse('no title')).to.throw('must be the title');
    expect(() => read('# again')).to.throw('two titles');
    expect(() => read('| a | b |\n|---|---|\n| 1 |')).to.throw('a table of 2 columns has a row of 1');
  });
});
