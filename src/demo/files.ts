import type { Draft } from './draft.js';
import type { Details, Story } from './letter.js';
import type { Says } from './moments.js';
import { chance, wholeBetween, type Random } from './random.js';

export interface DemoFile {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));

/** One page with one font and uncompressed text, enough for a reader to open and a search to find. */
export function smallPdf(lines: readonly string[]): Uint8Array {
  const text = lines.map((line) => `(${line.replace(/[()\\]/g, '\\$&')}) Tj T*`).join(' ');
  const stream = `BT /F1 12 Tf 14 TL 72 770 Td ${text} ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  return bytes(
    `${body}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`,
  );
}

/** A PNG of one pixel: nobody looks at the demo's photos. */
const PHOTO = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
);

const photo = (random: Random): DemoFile => ({
  name: `IMG_${wholeBetween(random, 1000, 9999)}.png`,
  mediaType: 'image/png',
  content: PHOTO,
});

/** Standard PDF fonts have no Greek, Arabic or Chinese, so the page names the customer by number and address. */
function voucher(title: string, details: Details): DemoFile {
  const { invoice = '', number = '', email = '', order = '' } = details;
  const lines = [
    'Beispielkontor',
    `${title} ${invoice}`,
    `Customer ${number}`,
    `Sent to ${email}`,
    `Order ${order}`,
  ];
  return {
    name: `${title.toLowerCase().replace(' ', '-')}-${invoice}.pdf`,
    mediaType: 'application/pdf',
    content: smallPdf(lines),
  };
}

function receipt(details: Details): DemoFile {
  const { customer = '', address = '', tracking = '', date = '' } = details;
  return {
    name: `receipt-${tracking}.txt`,
    mediaType: 'text/plain',
    content: bytes(`${date}\n${tracking}\n${customer}\n${address}\n`),
  };
}

/** The file that comes with a message, if one does. */
export function attachedFile(
  random: Random,
  draft: Draft,
  says: Says,
  { scene, details }: Story,
): DemoFile | undefined {
  const isFromCustomer = says === 'opening' || says === 'followUp';
  switch (draft.topic) {
    case 'warranty':
      return isFromCustomer && chance(random, 0.5) ? photo(random) : undefined;
    case 'complaint':
      return isFromCustomer && chance(random, 0.2) ? photo(random) : undefined;
    case 'delivery':
      return isFromCustomer && chance(random, 0.08) ? receipt(details) : undefined;
    case 'refund':
      if (says === 'solution' && draft.tags.includes('credit-note')) return voucher('Credit note', details);
      return says === 'followUp' && scene === 0 ? receipt(details) : undefined;
    case 'billing':
      return says === 'solution' && chance(random, 0.7) ? voucher('Invoice', details) : undefined;
    case 'order':
    case 'account':
      return undefined;
  }
}

/** A WAV file of a hundredth of a second, 8 kHz, 8 bit: a hum that differs from call to call. */
export function smallRecording(random: Random): Uint8Array {
  const samples = 80;
  const file = Buffer.alloc(44 + samples);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + samples, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(8_000, 24);
  file.writeUInt32LE(8_000, 28);
  file.writeUInt16LE(1, 32);
  file.writeUInt16LE(8, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples, 40);
  for (let index = 0; index < samples; index += 1) file[44 + index] = wholeBetween(random, 96, 160);
  return new Uint8Array(file);
}
