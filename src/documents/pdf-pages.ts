import { setImmediate as turn } from 'node:timers/promises';
import type { Document } from './document.js';
import type { PdfCanvas } from './pdf-canvas.js';
import { internalsOf, type FormReference } from './pdf-internals.js';
import { BODY_BOTTOM, BODY_WIDTH, STYLE } from './pdf-style.js';
import { wordsOf, type Words } from './words.js';

const { page, footer, colour } = STYLE;

/** Bytes that may wait for a slow reader. */
const WAITING = 1 << 20;

/** Pages one after the other, each with its footer; where on the page the next thing goes. */
export class PdfPages {
  y: number = page.top;
  count = 0;
  /** Of the facts, everywhere in the document. */
  labelWidth = 0;
  private readonly words: Words;
  private readonly total: FormReference;
  private readonly canvas: PdfCanvas;
  private readonly id: string;

  constructor(canvas: PdfCanvas, { id, language }: Document) {
    this.canvas = canvas;
    this.id = id;
    this.words = wordsOf(language);
    canvas.pdf.font('DejaVuSansCondensed');
    // the number of pages is written when it is known; until then every footer shows a form that is empty
    this.total = internalsOf(canvas.pdf).ref({
      Type: 'XObject',
      Subtype: 'Form',
      BBox: [0, -4, 80, 12],
      Resources: { Font: { F: internalsOf(canvas.pdf)._font.ref() } },
    });
    this.next();
  }

  get left(): number {
    return BODY_BOTTOM - this.y;
  }

  next(): void {
    this.canvas.pdf.addPage();
    this.count += 1;
    this.y = page.top;
    this.canvas.artifact('Pagination', () => {
      this.foot();
    });
  }

  /** Lets the reader of the bytes catch up. */
  async drain(): Promise<void> {
    while (internalsOf(this.canvas.pdf).readableLength > WAITING) await turn();
  }

  end(): void {
    const { _font } = internalsOf(this.canvas.pdf.font('DejaVuSansCondensed'));
    const [glyphs] = _font.encode(String(this.count));
    this.total.end(`BT /F ${footer.size} Tf ${grey(colour.quiet)} rg <${glyphs.join('')}> Tj ET`);
  }

  private foot(): void {
    const { canvas, words, id } = this;
    const baseline = BODY_BOTTOM + footer.below;
    canvas.rule(page.left, baseline - 12, BODY_WIDTH);
    const number = canvas.typesetter.set(`${words.page} ${this.count} ${words.of} `, Infinity, footer.size);
    const [line] = number.lines;
    if (line) canvas.line(line, page.left, baseline, footer.size, colour.quiet);
    const space =
      canvas.typesetter.widths(' x', footer.size).line - canvas.typesetter.widths('x', footer.size).line;
    this.placeTotal(page.left + (line?.width ?? 0) + space, baseline);
    const [mark] = canvas.typesetter.set(id, Infinity, footer.size).lines;
    if (mark) canvas.line(mark, page.left + BODY_WIDTH - mark.width, baseline, footer.size, colour.quiet);
  }

  private placeTotal(x: number, baseline: number): void {
    const { pdf } = this.canvas;
    (pdf.page.xobjects as Record<string, FormReference>)['Total'] = this.total;
    // PDFKit has turned the page upside down; the form is turned back
    pdf.addContent(`q 1 0 0 -1 ${x.toFixed(3)} ${baseline.toFixed(3)} cm /Total Do Q`);
  }
}

/** `#51565e` as three parts of one. */
const grey = (hex: string): string =>
  [1, 3, 5].map((at) => (Number.parseInt(hex.slice(at, at + 2), 16) / 255).toFixed(3)).join(' ');
