import { cutText, type CutCounts } from './cut-text.js';

export interface CutFile {
  readonly content: Uint8Array;
  readonly counts: CutCounts;
}

interface Coding {
  readonly read: (bytes: Uint8Array) => string | null;
  readonly write: (text: string) => Uint8Array;
}

const BYTE_ORDER_MARK = '\ufeff';

/** A text attachment without what PCI DSS forbids to keep; other files, and texts with none of it, as they are. */
export function cutFile(mediaType: string, content: Uint8Array): CutFile {
  if (!/^text\//i.test(mediaType.trim())) return { content, counts: {} };
  for (const { read, write } of CODINGS) {
    const original = read(content);
    if (original === null) continue;
    const { text, counts } = cutText(original);
    return { content: text === original ? content : write(text), counts };
  }
  return { content, counts: {} };
}

const utf8: Coding = {
  read: (bytes) => decoded('utf-8', bytes),
  write: (text) => Buffer.from(text, 'utf8'),
};
const utf16: Coding = {
  read: (bytes) => (bytes[0] === 0xff && bytes[1] === 0xfe ? decoded('utf-16le', bytes) : null),
  write: (text) => Buffer.from(text, 'utf16le'),
};
const utf16Swapped: Coding = {
  read: (bytes) => (bytes[0] === 0xfe && bytes[1] === 0xff ? decoded('utf-16be', bytes) : null),
  write: (text) => Buffer.from(text, 'utf16le').swap16(),
};
/** One byte a character: whatever the rest means, digits are digits. A byte of NUL is passed over as in UTF-16 without a mark. */
const bytewise: Coding = {
  read: (bytes) => Buffer.from(bytes).toString('latin1'),
  write: (text) => Buffer.from(text.replaceAll('•', '*'), 'latin1'),
};
const CODINGS: readonly Coding[] = [utf16, utf16Swapped, utf8, bytewise];

function decoded(coding: string, bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder(coding, { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.startsWith(BYTE_ORDER_MARK) || coding === 'utf-8' ? text : null;
  } catch {
    return null;
  }
}
