import type { Block, Document } from './document.js';

/** A document as one JSON text, in pieces: a table of any length needs no memory. */
export async function* jsonText({ blocks, ...head }: Document): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"blocks":[`;
  let separator = '';
  for (const block of blocks) {
    yield separator;
    yield* blockText(block);
    separator = ',';
  }
  yield ']}\n';
}

async function* blockText(block: Block): AsyncGenerator<string> {
  if (block.kind !== 'table') {
    yield JSON.stringify(block);
    return;
  }
  const { rows, ...table } = block.table;
  yield `${JSON.stringify({ kind: 'table', ...table }).slice(0, -1)},"rows":[`;
  let separator = '';
  for await (const row of rows) {
    yield separator + JSON.stringify(row);
    separator = ',';
  }
  yield ']}';
}
