import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import type { Block, Row } from '../../src/documents/document.js';
import { pdfBytes, writePdf } from '../../src/documents/pdf.js';
import { documentOf, inspectPdf, objectsOf, paragraph, textOf } from './pdf-tools.js';

const everything: readonly Block[] = [
  paragraph('First of all.'),
  { kind: 'heading', level: 2, text: 'Section' },
  { kind: 'facts', facts: [{ label: 'Digest', value: [{ text: 'ab'.repeat(60), style: 'code' }] }] },
  { kind: 'heading', level: 3, text: 'Part' },
  { kind: 'list', ordered: true, items: ['one', 'two'] },
  { kind: 'note', text: 'Mind this.' },
  {
    kind: 'table',
    table: {
      columns: [
        { title: 'Table', align: 'start' },
        { title: 'Rows', align: 'end' },
      ],
      rows: [['tickets', '12']],
      whenEmpty: 'none',
    },
  },
];

const table = (rows: Iterable<Row> | AsyncIterable<Row>): Block => ({
  kind: 'table',
  table: {
    columns: [{ title: 'Heading of the table', align: 'start' }],
    rows,
    whenEmpty: 'Nothing is here.',
  },
});

const sinkOf = (take: (chunk: Buffer) => unknown): Writable =>
  new Writable({
    write: (chunk: Buffer, _encoding, next) => {
      take(chunk);
      next();
    },
  });

describe('a PDF', () => {
  it('is the same, byte for byte, for the same document', async () => {
    const [one, two] = [await pdfBytes(documentOf(everything)), await pdfBytes(documentOf(everything))];
    expect(one.equals(two)).to.be.true;
  });

  it('embeds every font it names, and never falls back to Helvetica', async () => {
    const objects = objectsOf(await pdfBytes(documentOf(everything)));
    const fonts = objects.match(/\/Type \/FontDescriptor/g) ?? [];
    expect(fonts.length).to.be.greaterThan(1);
    expect(objects.match(/\/FontFile2 /g) ?? []).to.have.length(fonts.length);
    expect(objects).not.to.match(/Helvetica|\/Subtype \/Type1\b/);
  });

  it('has only embedded fonts for a reader, too', async function () {
    const listed = inspectPdf(this, await pdfBytes(documentOf(everything)), 'pdffonts', (file) => [file]);
    const fonts = listed.trim().split('\n').slice(2);
    expect(
      fonts.every((line) => /\byes yes yes\b/.test(line)),
      listed,
    ).to.be.true;
  });

  it('is tagged: a screen reader finds headings, paragraphs, lists and table headers', async () => {
    const objects = objectsOf(await pdfBytes(documentOf(everything)));
    expect(objects)
      .to.include('/Marked true')
      .and.to.include('/Lang (en)')
      .and.to.include('/DisplayDocTitle true');
    for (const type of [
      'Document',
      'H1',
      'H2',
      'H3',
      'P',
      'L',
      'LI',
      'Lbl',
      'LBody',
      'Table',
      'TR',
      'TH',
      'TD',
    ])
      expect(objects, type).to.match(new RegExp(`/S /${type}\\n`));
    expect(objects).to.include('/Scope /Column');
  });

  it('is well formed', async function () {
    const bytes = await pdfBytes(documentOf(everything));
    expect(inspectPdf(this, bytes, 'qpdf', (file) => ['--check', file])).to.include(
      'No syntax or stream encoding errors',
    );
    expect(inspectPdf(this, bytes, 'pdfinfo', (file) => [file])).to.match(/Tagged: +yes/);
  });

  it('bears its title, with signs that mean something in XML, and no date but the given one', async function () {
    const bytes = await pdfBytes(documentOf([], { title: 'Less < more & "Größe" 中' }));
    expect(objectsOf(bytes)).to.include('Less &#60; more &#38;');
    const info = inspectPdf(this, bytes, 'pdfinfo', (file) => ['-rawdates', '-enc', 'UTF-8', file]);
    expect(info).to.include('Less < more & "Größe" 中');
    expect([...info.matchAll(/Date: +(\S+)/g)].map(([, date]) => date)).to.deep.equal([
      'D:20261121000000Z',
      'D:20261121000000Z',
    ]);
  });

  it('reads in the order in which it was written', async function () {
    const text = textOf(this, await pdfBytes(documentOf(everything)));
    const words = [
      'A test',
      'First of all.',
      'Section',
      'Digest',
      'Part',
      'one',
      'two',
      'Mind this.',
      'Table',
    ];
    const places = words.map((word) => text.indexOf(word));
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    expect(places).not.to.include(-1);
  });

  it('shows umlauts, Greek, Cyrillic, Hebrew and Arabic as they are written', async function () {
    const texts = ['Größe und Maß', 'Ελληνικά', 'Привет', 'שלום עולם', 'مرحبا بالعالم', 'مرحبا (الجميل) هنا'];
    const text = textOf(this, await pdfBytes(documentOf(texts.map(paragraph))));
    for (const one of texts) expect(text).to.include(one);
  });

  it('gives a screen reader a text from right to left as it was written', async () => {
    const objects = objectsOf(await pdfBytes(documentOf([paragraph('שלום עולם')])));
    expect(objects.match(/\/ActualText \(/g)).to.have.length(1);
  });

  it('shows a character that no font has by its number, and says so', async function () {
    const out: Buffer[] = [];
    const sink = sinkOf((chunk) => out.push(chunk));
    const { missing } = await writePdf(documentOf([paragraph('unknown: \u{1F0A1}\u{10FFFD}!')]), sink);
    expect(missing).to.deep.equal(['[U+10FFFD]']);
    expect(textOf(this, Buffer.concat(out)))
      .to.include('has these characters')
      .and.to.include('[U+10FFFD]');
  });

  it('takes a glyph that DejaVu lacks from a font that is given', async () => {
    const file = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuMathTeXGyre.ttf');
    const document = documentOf([paragraph('\u{1D400}')]);
    expect(objectsOf(await pdfBytes(document)), 'without it').not.to.include('MathTeXGyre');
    expect(objectsOf(await pdfBytes(document, { fonts: [file] }))).to.include('MathTeXGyre');
  });

  it('breaks a word that is wider than the page, and loses nothing of it', async function () {
    const word = Array.from({ length: 400 }, (_letter, i) => 'abcdefghij'[i % 10]).join('');
    const text = textOf(this, await pdfBytes(documentOf([paragraph(word)])));
    expect(text.replaceAll(' ', '')).to.include(word);
  });

  it('repeats the header of a table on every page, and counts the pages', async function () {
    const rows = Array.from({ length: 100 }, (_row, i) => [`row ${i}`]);
    const text = textOf(this, await pdfBytes(documentOf([table(rows)])));
    const pages = (text.match(/Page \d+ of (\d+)/g) ?? []).length;
    expect(pages).to.be.greaterThan(2);
    expect(text).to.include(`Page ${pages} of ${pages}`);
    expect(text.match(/Heading of the table/g)).to.have.length(pages);
    expect(text).to.include('row 0 ').and.to.include('row 99');
  });

  it('says what stands in place of a table without rows', async function () {
    expect(textOf(this, await pdfBytes(documentOf([table([])])))).to.include('Nothing is here.');
  });

  it('goes on over several pages with a row that is taller than one', async function () {
    const words = Array.from({ length: 3000 }, (_word, i) => `w${i}`);
    const text = textOf(this, await pdfBytes(documentOf([table([[words.join(' ')]])])));
    expect(words.filter((word) => !text.includes(word))).to.deep.equal([]);
  });

  it('writes a table row by row: the first pages leave before the last row is made', async () => {
    let written = 0;
    let before = 0;
    async function* rows(): AsyncGenerator<Row> {
      for (let i = 0; i < 1500; i += 1) yield [`row ${i}`];
      await Promise.resolve();
      before = written;
    }
    const out = sinkOf((chunk) => (written += chunk.length));
    await writePdf(documentOf([table(rows())]), out);
    expect(before).to.be.greaterThan(written / 4);
  });

  it('hands on an error of the rows and of the stream it writes to', async () => {
    function* rows(): Generator<Row> {
      yield ['one'];
      throw new Error('no more rows');
    }
    const failure = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'nothing',
        (error: unknown) => (error as Error).message,
      );
    expect(await failure(pdfBytes(documentOf([table(rows())])))).to.equal('no more rows');
    const full = new Writable({
      write: (_chunk, _encoding, next) => {
        next(new Error('disk full'));
      },
    });
    expect(await failure(writePdf(documentOf(everything), full))).to.equal('disk full');
  });
});
