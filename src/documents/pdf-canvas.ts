import PDFDocument from 'pdfkit';
import type { Document } from './document.js';
import { fontsFor, type NamedFont } from './fonts.js';
import { GlyphChooser } from './glyphs.js';
import { escapeProperties, internalsOf, type Pdf } from './pdf-internals.js';
import { STYLE } from './pdf-style.js';
import type { Run } from './runs.js';
import { Typesetter, type Line } from './typesetter.js';

export type Element = PDFKit.PDFStructureElement;

/** Measured words are kept until there are so many. */
const CACHE = 20_000;

/** Draws text and lines, and says what each means: everything on a page is content of an element or an artifact. */
export class PdfCanvas {
  readonly pdf: Pdf;
  readonly glyphs: GlyphChooser;
  readonly typesetter: Typesetter;
  private readonly root: Element;
  private readonly widths = new Map<string, number>();

  constructor(document: Document, extraFonts: readonly string[]) {
    const fonts = {
      plain: fontsFor('plain', document.language, extraFonts),
      strong: fontsFor('strong', document.language, extraFonts),
      code: fontsFor('code', document.language, extraFonts),
    };
    this.glyphs = new GlyphChooser(fonts);
    this.typesetter = new Typesetter(this.glyphs, (...run) => this.measure(...run));
    this.pdf = openPdf(document);
    for (const font of Object.values(fonts).flat()) register(this.pdf, font);
    this.root = this.pdf.struct('Document');
    this.pdf.addStructure(this.root);
  }

  /** A new element of the structure tree, at the end of its parent. */
  element(type: string, parent: Element = this.root, options: object = {}): Element {
    const element = this.pdf.struct(type, options);
    parent.add(element);
    return element;
  }

  /** What `draw` draws on this page is content of the element. */
  content(element: Element, type: string, draw: () => void): void {
    element.add(this.pdf.markStructureContent(type));
    draw();
    this.pdf.endMarkedContent();
  }

  /** What `draw` draws is no content: lines, grounds, footers, repeated headers. */
  artifact(type: 'Layout' | 'Pagination', draw: () => void): void {
    this.pdf.markContent('Artifact', { type });
    draw();
    this.pdf.endMarkedContent();
  }

  line({ runs }: Line, x: number, baseline: number, size: number, colour: string): void {
    this.pdf.fillColor(colour);
    let at = x;
    for (const run of runs) {
      this.pdf.font(run.font, sizeIn(run.font, size));
      this.run(run, at, baseline);
      at += this.measure(run.font, size, run.text, run.isShapedRtl);
    }
  }

  rule(x: number, y: number, width: number, colour: string = STYLE.colour.rule): void {
    this.pdf
      .lineWidth(0.5)
      .strokeColor(colour)
      .moveTo(x, y)
      .lineTo(x + width, y)
      .stroke();
  }

  ground(x: number, y: number, width: number, height: number, colour: string): void {
    this.pdf.rect(x, y, width, height).fill(colour);
  }

  /** Ends the structure tree and the file; what it says of itself stands in the properties. */
  end(): void {
    this.root.end();
    escapeProperties(this.pdf);
    this.pdf.end();
  }

  private run(run: Run, x: number, baseline: number): void {
    if (run.text === '') return;
    if (run.isMirrored) this.drawMirrored(run, x, baseline);
    else if (run.actual !== null) this.drawInstead(run, x, baseline);
    else this.pdf.text(run.text, x, baseline, { ...ON_BASELINE, ...shaping(run.isShapedRtl) });
  }

  /** Readers find the characters that the numbers in brackets stand for. */
  private drawInstead({ text, actual }: Run, x: number, baseline: number): void {
    this.pdf.markContent('Span', { actual: actual ?? text });
    this.pdf.text(text, x, baseline, ON_BASELINE);
    this.pdf.endMarkedContent();
  }

  /** A bracket turned round has the look of its partner; in a font of its own it keeps its own number. */
  private drawMirrored({ text, font, actual }: Run, x: number, baseline: number): void {
    const embedded = internalsOf(this.pdf.font(mirroredName(font)))._font;
    this.pdf.text(text, x, baseline, ON_BASELINE);
    const [[glyph = '0']] = embedded.encode(text);
    embedded.unicode[Number.parseInt(glyph, 16)] = [actual?.codePointAt(0) ?? 0];
  }

  private measure(font: string, size: number, text: string, isShapedRtl: boolean): number {
    const key = `${font} ${size} ${text}`;
    const known = this.widths.get(key);
    if (known !== undefined) return known;
    if (this.widths.size >= CACHE) this.forget();
    this.pdf.font(font, sizeIn(font, size));
    const width = this.pdf.widthOfString(text, shaping(isShapedRtl));
    this.widths.set(key, width);
    return width;
  }

  /** A document of any length needs no more memory than its words of one page. */
  private forget(): void {
    const fonts = new Set(Array.from(this.widths.keys(), (key) => key.split(' ')[0] ?? ''));
    this.widths.clear();
    for (const name of fonts) internalsOf(this.pdf.font(name))._font.layoutCache = {};
  }
}

/** DejaVu's monospaced letters look larger than its condensed ones of the same size. */
const sizeIn = (font: string, size: number): number => (font.includes('Mono') ? size * 0.9 : size);

const ON_BASELINE = { lineBreak: false, baseline: 'alphabetic' } as const;

/** With a list of features, even an empty one, PDFKit shapes a run as a whole; without it, word by word. */
const shaping = (isShapedRtl: boolean): { features?: [] } => (isShapedRtl ? { features: [] } : {});

const mirroredName = (font: string): string => `${font} mirrored`;

function register(pdf: Pdf, { name, font }: NamedFont): void {
  const source = (given: object): string => given as unknown as string; // its types know files only
  const postscriptName = { value: `${font.postscriptName}-Mirrored` };
  pdf.registerFont(name, source(font));
  pdf.registerFont(mirroredName(name), source(Object.create(font, { postscriptName }) as object));
}

function openPdf({ title, author, language, created }: Document): Pdf {
  const { width, height } = STYLE.page;
  const moment = new Date(created);
  return new PDFDocument({
    size: [width, height],
    margin: 0,
    pdfVersion: '1.7',
    tagged: true,
    lang: language,
    displayTitle: true,
    autoFirstPage: false,
    // null: PDFKit would open Helvetica, which is not embedded
    font: null as unknown as string,
    info: {
      Title: title,
      Author: author,
      Creator: 'Lethe',
      Producer: 'Lethe, PDFKit',
      CreationDate: moment,
      ModDate: moment,
    },
  });
}
