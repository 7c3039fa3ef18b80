import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import type { Instant } from '../../src/core/instant.js';
import type { Block, Document } from '../../src/documents/document.js';

/** Runs a program of poppler or qpdf over a PDF; skips the test, and says so, where it is not installed. */
export function inspectPdf(
  test: Context,
  bytes: Uint8Array,
  program: string,
  args: (file: string) => string[],
): string {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-pdf-'));
  try {
    const file = join(folder, 'document.pdf');
    writeFileSync(file, bytes);
    return execFileSync(program, args(file), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    console.log(`      skipped: ${program} is not installed (apt-get install poppler-utils qpdf)`);
    return test.skip();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The text of a PDF in reading order, with single spaces and without the marks of direction that pdftotext adds. */
export const textOf = (test: Context, bytes: Uint8Array): string =>
  inspectPdf(test, bytes, 'pdftotext', (file) => ['-enc', 'UTF-8', file, '-'])
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/\s+/g, ' ');

/** The uncompressed part of a PDF: its objects without the contents of streams. */
export const objectsOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export const documentOf = (blocks: readonly Block[], different: Partial<Document> = {}): Document => ({
  id: 'test-1',
  title: 'A test',
  language: 'en',
  author: 'Lethe',
  created: '2026-11-21T00:00:00.000000Z' as Instant,
  blocks,
  ...different,
});

export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
