import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import type { Document } from '../documents/document.js';
import { htmlText } from '../documents/html.js';
import { pdfBytes } from '../documents/pdf.js';
import { textLines } from '../documents/plain-text.js';
import type { Report } from './report.js';

export const REPORT_FORMATS = ['pdf', 'html', 'json', 'text'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<ReportFormat, string>> = {
  pdf: 'application/pdf',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
};

/** The document for people; the same report gives the same bytes. */
export async function writtenDocument(document: Document, format: 'pdf' | 'html' | 'text'): Promise<Buffer> {
  if (format === 'pdf') return pdfBytes(document);
  if (format === 'html') return Buffer.from(await text(Readable.from(htmlText(document))));
  const lines: string[] = [];
  for await (const line of textLines(document)) lines.push(`${line}\n`);
  return Buffer.from(lines.join(''));
}

/** The report in a form: JSON holds the facts for programs, the others the document. */
export async function writtenReport(report: Report, format: ReportFormat): Promise<Buffer> {
  return format === 'json' ? Buffer.from(factsText(report)) : writtenDocument(report.document, format);
}

function factsText({ id, name, language, asOf, digest, map, facts }: Report): string {
  return `${JSON.stringify({ id, report: name, language, asOf, digest, map, ...facts }, null, 2)}\n`;
}
