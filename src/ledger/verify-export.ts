import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { fingerprintOf, isSigned, type PublicKey } from '../vault/signing-key.js';
import { readCanonical, type StoredBlock } from './block.js';
import type { SealedEntry } from './block-store.js';
import { ChainCheck, UNTRUSTED } from './chain-check.js';
import { bodyLine, headerLine, type BodyLine, type TrailerBody } from './export-lines.js';
import { trustedOf, type Verification } from './verify.js';

/**
 * Verifies an export with nothing but the file. Its keys are the ones it brings along: whoever writes a whole new file can
 * bring a new key, so compare the fingerprint with the one you were given, or pin it.
 * @param pinned fingerprints of the keys that alone are trusted
 */
export async function verifyExport(
  chunks: AsyncIterable<Uint8Array>,
  pinned: readonly string[] = [],
): Promise<Verification> {
  const reading = new ExportReading(pinned);
  for await (const line of linesOf(chunks)) reading.line(line);
  return reading.end();
}

class ExportReading {
  private check = new ChainCheck([]);
  private trusted: readonly PublicKey[] = [];
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private lines = 0;
  private ended = false;
  /** The block whose entries are being read. */
  private open: { readonly block: StoredBlock; readonly entries: SealedEntry[] } | null = null;
  private last: { readonly number: number; readonly hash: string | null } = { number: 0, hash: null };

  constructor(private readonly pinned: readonly string[]) {}

  line(bytes: Buffer): void {
    const number = this.lines + 1;
    const text = bytes.toString('utf8');
    // decoding replaces what is no UTF-8; the last line must end as every other does
    const isWhole = text.endsWith('\n') && Buffer.from(text).equals(bytes);
    const value = isWhole ? readCanonical(text.slice(0, -1)) : undefined;
    if (this.ended) this.check.report(`line ${number}`, 'it stands after the end');
    else if (number === 1) this.header(value);
    else this.read(number, value);
    this.hash.update(bytes);
    this.bytes += bytes.length;
    this.lines += 1;
  }

  private header(value: unknown): void {
    const line = headerLine.safeParse(value);
    const keys = line.data?.keys ?? [];
    const genuine = keys.filter(isWhatItSays);
    this.trusted = trustedOf(genuine, this.pinned);
    this.check = new ChainCheck(this.trusted);
    if (!line.success) this.check.report('line 1', 'it is not the header of a ledger export');
    if (genuine.length < keys.length)
      this.check.report('line 1', 'a public key does not have its fingerprint');
  }

  private read(number: number, value: unknown): void {
    const line = bodyLine.safeParse(value);
    if (line.success) this.part(number, line.data);
    else this.check.report(`line ${number}`, 'it is not as it was written');
  }

  private part(number: number, line: BodyLine): void {
    if ('checkpoint' in line) this.check.checkpoint(line.checkpoint);
    else if ('block' in line) {
      this.closeBlock();
      this.open = { block: line.block, entries: [] };
    } else if ('trailer' in line) this.trailer(line.trailer, line.signature);
    else if (this.open) this.open.entries.push(line.entry);
    else this.check.report(`line ${number}`, 'an entry before any block');
  }

  private closeBlock(): void {
    if (!this.open) return;
    const { block, entries } = this.open;
    this.check.block(block, entries);
    this.last = { number: block.number, hash: block.hash };
    this.open = null;
  }

  private trailer(body: TrailerBody, signature: string): void {
    this.closeBlock();
    this.ended = true;
    const found = this.check.findings.length;
    const key = this.trusted.find(({ fingerprint }) => fingerprint === body.key);
    if (!key) this.check.report('the trailer', `signed with key ${body.key}, ${UNTRUSTED}`);
    else if (!isSigned(canonicalJson(body), signature, key.publicKey))
      this.check.report('the trailer', `its signature is not one of key ${body.key}`);
    const isComplete =
      body.bytes === this.bytes &&
      body.lines === this.lines &&
      body.sha256 === this.hash.copy().digest('hex');
    if (!isComplete && found === 0)
      this.check.report(
        'the file',
        'it is not the file that was signed: something before its last line was changed',
      );
  }

  end(): Verification {
    this.closeBlock();
    if (!this.ended) this.check.report('the end of the file', 'it has no trailer: it was cut off');
    const { blocks, entries, findings, usedKeys } = this.check;
    const keys = [...usedKeys];
    return { ok: findings.length === 0, blocks, entries, unsealed: 0, last: this.last, keys, findings };
  }
}

function isWhatItSays({ fingerprint, publicKey }: PublicKey): boolean {
  try {
    return fingerprintOf(publicKey) === fingerprint;
  } catch {
    return false;
  }
}

const NEWLINE = 0x0a;

/** Lines with their newline, as bytes: what is no UTF-8 must not be lost before it is looked at. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE, start)) {
      yield rest.subarray(start, at + 1);
      start = at + 1;
    }
    rest = rest.subarray(start);
  }
  if (rest.length > 0) yield rest;
}
