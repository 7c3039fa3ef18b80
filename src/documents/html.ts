import type { Block, Document, Fact, Span, Table, Text } from './document.js';
import { peekRows, spansOf } from './document.js';
import { escapeHtml } from './html-escape.js';
import { HTML_STYLE } from './html-style.js';

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ps|ur|yi)(-|$)/;

/**
 * A document as one self-contained HTML page, in pieces: no script, no other file, headings in order, tables with their
 * headers named, and a form for paper.
 */
export async function* htmlText({ id, title, language, author, blocks }: Document): AsyncGenerator<string> {
  const direction = RIGHT_TO_LEFT.test(language) ? 'rtl' : 'ltr';
  yield `<!DOCTYPE html>
<html lang="${escapeHtml(language)}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="author" content="${escapeHtml(author)}">
<title>${escapeHtml(title)}</title>
<style>${HTML_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
`;
  for (const block of blocks) yield* blockHtml(block);
  yield `</main>
<footer><p><code>${escapeHtml(id)}</code></p></footer>
</body>
</html>
`;
}

async function* blockHtml(block: Block): AsyncGenerator<string> {
  switch (block.kind) {
    case 'heading':
      yield `<h${block.level}>${inline(block.text)}</h${block.level}>\n`;
      return;
    case 'paragraph':
      yield `<p>${inline(block.text)}</p>\n`;
      return;
    case 'facts':
      yield `<dl>\n${block.facts.map(factHtml).join('')}</dl>\n`;
      return;
    case 'list':
      yield listHtml(block.ordered ? 'ol' : 'ul', block.items);
      return;
    case 'note':
      yield `<div role="note" class="note"><p>${inline(block.text)}</p></div>\n`;
      return;
    case 'table':
      yield* tableHtml(block.table);
      return;
  }
}

/** A group of its own, so that label and value stay together; each line of the value is a value. */
const factHtml = ({ label, value }: Fact): string =>
  `<div><dt>${inline(label)}</dt>${linesOf(value)
    .map((line) => `<dd>${inline(line)}</dd>`)
    .join('')}</div>\n`;

function linesOf(text: Text): readonly Text[] {
  const lines: Span[][] = [[]];
  for (const { text: characters, style } of spansOf(text))
    for (const [at, part] of characters.split('\n').entries()) {
      if (at > 0) lines.push([]);
      lines.at(-1)?.push({ text: part, style });
    }
  return lines;
}

const listHtml = (tag: 'ol' | 'ul', items: readonly Text[]): string =>
  `<${tag}>\n${items.map((item) => `<li>${inline(item)}</li>\n`).join('')}</${tag}>\n`;

/** The first column names the row. A wide table scrolls by itself, and can be reached with the keyboard to do so. */
async function* tableHtml(table: Table): AsyncGenerator<string> {
  const { columns, whenEmpty } = table;
  const side = (at: number): string => (columns[at]?.align === 'end' ? ' class="end"' : '');
  const titles = columns.map(({ title }, at) => `<th scope="col"${side(at)}>${inline(title)}</th>`).join('');
  yield `<div class="table" tabindex="0">\n<table>\n<thead><tr>${titles}</tr></thead>\n<tbody>\n`;
  const { first, all } = await peekRows(table, 1);
  if (first.length === 0) yield `<tr><td colspan="${columns.length}">${inline(whenEmpty)}</td></tr>\n`;
  for await (const row of all) {
    const cells = row.map((cell, at) => {
      const tag = at === 0 ? 'th scope="row"' : 'td';
      return `<${tag}${side(at)}>${inline(cell)}</${at === 0 ? 'th' : 'td'}>`;
    });
    yield `<tr>${cells.join('')}</tr>\n`;
  }
  yield '</tbody>\n</table>\n</div>\n';
}

const TAGS = { plain: null, strong: 'strong', code: 'code' } as const;

const inline = (text: Text): string =>
  spansOf(text)
    .map(({ text: characters, style }) => {
      const shown = escapeHtml(characters).replaceAll('\n', '<br>');
      const tag = TAGS[style];
      return tag === null ? shown : `<${tag}>${shown}</${tag}>`;
    })
    .join('');
