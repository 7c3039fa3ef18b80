import { buffer } from 'node:stream/consumers';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Document } from './document.js';
import { shownPoint } from './glyphs.js';
import { labelWidthOf, writeBlock, writeHeading } from './pdf-blocks.js';
import { PdfCanvas } from './pdf-canvas.js';
import { PdfPages } from './pdf-pages.js';
import { wordsOf } from './words.js';

export interface PdfOptions {
  /** Files of TrueType fonts for characters that DejaVu lacks, before the optional font packages. */
  readonly fonts?: readonly string[];
}

export interface PdfSummary {
  readonly pages: number;
  /** Characters that no font has, as numbers: the document shows the numbers in their place, and says so. */
  readonly missing: readonly string[];
}

/** Writes a document as a tagged PDF with embedded fonts, page by page, and ends the stream. */
export async function writePdf(
  document: Document,
  out: Writable,
  { fonts = [] }: PdfOptions = {},
): Promise<PdfSummary> {
  const canvas = new PdfCanvas(document, fonts);
  const arrived = pipeline(canvas.pdf, out);
  try {
    const [summary] = await Promise.all([writePages(canvas, document), arrived]);
    return summary;
  } catch (error) {
    canvas.pdf.destroy(error as Error);
    await arrived.catch(() => undefined);
    throw error;
  }
}

async function writePages(canvas: PdfCanvas, document: Document): Promise<PdfSummary> {
  const pages = new PdfPages(canvas, document);
  pages.labelWidth = labelWidthOf(canvas, document.blocks);
  writeHeading(canvas, pages, document.title, 1);
  for (const block of document.blocks) await writeBlock(canvas, pages, block);
  const missing = [...canvas.glyphs.missing].sort((a, b) => a - b).map(shownPoint);
  if (missing.length > 0)
    await writeBlock(canvas, pages, {
      kind: 'note',
      text: wordsOf(document.language).missing.replace('{list}', missing.join(' ')),
    });
  pages.end();
  canvas.end();
  return { pages: pages.count, missing };
}

/** The whole PDF in memory, for documents that are known to be short. */
export async function pdfBytes(document: Document, options: PdfOptions = {}): Promise<Buffer> {
  const out = new PassThrough();
  const [bytes] = await Promise.all([buffer(out), writePdf(document, out, options)]);
  return bytes;
}
