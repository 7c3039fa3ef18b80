import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import type { Block, Document } from '../../src/documents/document.js';
import { htmlText } from '../../src/documents/html.js';

const documentOf = (blocks: readonly Block[], more: Partial<Document> = {}): Document => ({
  id: 'doc-1',
  title: 'A title',
  language: 'en',
  author: 'Lethe',
  created: '2026-11-21T00:00:00.000000Z' as Instant,
  blocks,
  ...more,
});

async function htmlOf(blocks: readonly Block[], more?: Partial<Document>): Promise<string> {
  let text = '';
  for await (const piece of htmlText(documentOf(blocks, more))) text += piece;
  return text;
}

const HOSTILE = `</p><script>alert("1")</script>&amp; 'x' \u0007 \u202e \ud800`;

describe('a document as HTML', () => {
  it('is one page that asks for nothing from elsewhere: no script, no link, no picture', async () => {
    const html = await htmlOf([{ kind: 'paragraph', text: 'https://example.org/ is text' }]);
    expect(html.startsWith('<!DOCTYPE html>\n<html lang="en" dir="ltr">')).to.equal(true);
    expect(html).not.to.match(/<(script|link|img|iframe)|@import|url\(|src=|href=/);
    expect(html)
      .to.include('<meta charset="utf-8">')
      .and.to.include('<title>A title</title>')
      .and.to.include('@page');
  });

  it('escapes what every block and the head hold', async () => {
    const text = HOSTILE;
    const blocks: readonly Block[] = [
      { kind: 'heading', level: 2, text },
      { kind: 'paragraph', text: [{ text, style: 'strong' }] },
      { kind: 'facts', facts: [{ label: text, value: text }] },
      { kind: 'list', ordered: true, items: [text] },
      { kind: 'note', text },
      { kind: 'table', table: { columns: [{ title: text, align: 'end' }], rows: [[text]], whenEmpty: text } },
      { kind: 'table', table: { columns: [{ title: text, align: 'start' }], rows: [], whenEmpty: text } },
    ];
    const html = await htmlOf(blocks, { title: text, id: text, author: text, language: '"><script>' });
    expect(html.match(/<script/g)).to.equal(null);
    expect(
      html.split(
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp; &#39;x&#39; \ufffd \ufffd \ufffd',
      ),
    ).to.have.length(15);
  });

  it('says the language, and turns round what is written from right to left', async () => {
    expect(await htmlOf([], { language: 'de' })).to.include('<html lang="de" dir="ltr">');
    for (const language of ['ar', 'he', 'fa-IR'])
      expect(await htmlOf([], { language })).to.include(`<html lang="${language}" dir="rtl">`);
  });

  it('names the headers of a table, and says what stands for one without rows', async () => {
    const columns = [
      { title: 'Name', align: 'start' },
      { title: 'Count', align: 'end' },
    ] as const;
    const html = await htmlOf([{ kind: 'table', table: { columns, rows: [['a', '1']], whenEmpty: 'none' } }]);
    expect(html).to.include(
      '<thead><tr><th scope="col">Name</th><th scope="col" class="end">Count</th></tr></thead>',
    );
    expect(html).to.include('<tr><th scope="row">a</th><td class="end">1</td></tr>');
    const empty = await htmlOf([{ kind: 'table', table: { columns, rows: [], whenEmpty: 'none' } }]);
    expect(empty).to.include('<tr><td colspan="2">none</td></tr>');
  });

  it('gives each line of a fact a value of its own, and keeps styles', async () => {
    const value = [
      { text: 'one\ntwo ', style: 'plain' },
      { text: 'x', style: 'code' },
    ] as const;
    expect(await htmlOf([{ kind: 'facts', facts: [{ label: 'L', value }] }])).to.include(
      '<div><dt>L</dt><dd>one</dd><dd>two <code>x</code></dd></div>',
    );
    expect(await htmlOf([{ kind: 'paragraph', text: 'a\nb' }])).to.include('<p>a<br>b</p>');
  });

  it('takes rows one after the other, however many there are', async () => {
    function* rows() {
      for (let at = 0; at < 3; at += 1) yield [String(at)];
    }
    const html = await htmlOf([
      { kind: 'table', table: { columns: [{ title: 'n', align: 'end' }], rows: rows(), whenEmpty: '–' } },
    ]);
    expect(html.match(/<th scope="row"/g)).to.have.length(3);
  });
});
