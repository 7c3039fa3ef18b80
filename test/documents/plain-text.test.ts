import { expect } from 'chai';
import { jsonText } from '../../src/documents/json.js';
import { textLines } from '../../src/documents/plain-text.js';
import type { Block, Row } from '../../src/documents/document.js';
import { documentOf, paragraph } from './pdf-tools.js';

async function collected(parts: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

const table = (rows: Iterable<Row> | AsyncIterable<Row>): Block => ({
  kind: 'table',
  table: {
    columns: [
      { title: 'Table', align: 'start' },
      { title: 'Rows', align: 'end' },
    ],
    rows,
    whenEmpty: 'none',
  },
});

describe('a document as text', () => {
  it('keeps to the width and lines up columns', async () => {
    const blocks: Block[] = [
      paragraph('word '.repeat(30).trim()),
      table([
        ['tickets', '12'],
        ['x', '1,234'],
      ]),
    ];
    const lines = await collected(textLines(documentOf(blocks), 40));
    expect(lines.every((line) => line.length <= 40)).to.be.true;
    expect(lines).to.include.members([
      'A test',
      '======',
      'Table     Rows',
      'tickets     12',
      'x        1,234',
    ]);
  });

  it('says what stands in place of a table without rows', async () => {
    expect(await collected(textLines(documentOf([table([])])))).to.include('none');
  });
});

describe('a document as JSON', () => {
  it('says the same as the document, with rows that are made while they are written', async () => {
    async function* rows(): AsyncGenerator<Row> {
      yield await Promise.resolve(['tickets', '12']);
    }
    const parsed = JSON.parse(
      (await collected(jsonText(documentOf([paragraph('a'), table(rows())])))).join(''),
    ) as object;
    expect(parsed).to.deep.equal({
      ...documentOf([]),
      blocks: [
        { kind: 'paragraph', text: 'a' },
        {
          kind: 'table',
          columns: [
            { title: 'Table', align: 'start' },
            { title: 'Rows', align: 'end' },
          ],
          whenEmpty: 'none',
          rows: [['tickets', '12']],
        },
      ],
    });
  });
});
