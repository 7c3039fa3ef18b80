import { sha256 } from '../core/digest.js';
import { isSigned, type PublicKey } from '../vault/signing-key.js';
import {
  readBody,
  readCanonical,
  type BlockBody,
  type CheckpointBody,
  type StoredBlock,
  type StoredCheckpoint,
  type StoredEntry,
} from './block.js';
import type { SealedEntry } from './block-store.js';
import { leafHash, MerkleRoot } from './merkle.js';

/** Something that is not as it was sealed: where, and what. */
export interface Finding {
  /** `entry 1f… (block 3, position 5)`, `block 3`, `the end of the ledger`. */
  readonly where: string;
  readonly problem: string;
}

/** What a finding says of a key that nobody vouches for. */
export const UNTRUSTED = 'which is not one of the keys to be trusted';

/**
 * Follows a chain block by block and says what does not fit. Pure: from the database and from an exported file alike it is
 * told the same texts. `trusted` are the keys whose signatures count.
 */
export class ChainCheck {
  readonly findings: Finding[] = [];
  readonly usedKeys = new Set<string>();
  blocks = 0;
  entries = 0;
  /** Number and hashes the next block may follow: as stored, and as computed from the body. */
  private next = 1;
  private previous: readonly (string | null)[] = [null];

  constructor(private readonly trusted: readonly PublicKey[]) {}

  report(where: string, problem: string): void {
    this.findings.push({ where, problem });
  }

  /** The blocks begin after this one. */
  checkpoint({ block, body: text, signature }: StoredCheckpoint): void {
    const where = `checkpoint at block ${block}`;
    const body = readBody<CheckpointBody>(text, 'checkpoint');
    if (body?.block !== block) {
      this.report(where, 'its text was changed');
      return;
    }
    this.signature(where, text, signature, body.key);
    this.next = body.block + 1;
    this.previous = [body.hash];
  }

  block(block: StoredBlock, entries: readonly SealedEntry[]): void {
    const where = `block ${block.number}`;
    const body = readBody<BlockBody>(block.body, 'block');
    const isIntact = sha256(block.body) === block.hash;
    this.blocks += 1;
    this.place(block.number, isIntact ? body : null);
    this.previous = [block.hash, sha256(block.body)];
    this.next = block.number + 1;
    if (!body || !isIntact) {
      this.report(where, 'its text was changed: it does not have the hash it was stored with');
      return;
    }
    if (body.number !== block.number) this.report(where, `it says that it is block ${body.number}`);
    this.signature(where, block.body, block.signature, body.key);
    this.contents(block.number, body, entries);
  }

  /** Whether the block is the next one; a signed word about lost blocks explains a gap. */
  private place(number: number, body: BlockBody | null): void {
    const lost = body?.lost;
    const isExplained = lost?.from === this.next && lost.to === number - 1;
    if (number > this.next && !isExplained) this.report(gap(this.next, number - 1), 'missing');
    else if (number < this.next) this.report(`block ${number}`, 'out of order');
    else if (body && !this.previous.includes(body.previous))
      this.report(`block ${number}`, `it does not follow block ${this.next - 1} as that is now`);
  }

  private signature(where: string, text: string, signature: string, fingerprint: string): void {
    this.usedKeys.add(fingerprint);
    const key = this.trusted.find((one) => one.fingerprint === fingerprint);
    if (!key) this.report(where, `signed with key ${fingerprint}, ${UNTRUSTED}`);
    else if (!isSigned(text, signature, key.publicKey))
      this.report(where, `its signature is not one of key ${fingerprint}`);
  }

  private contents(number: number, body: BlockBody, entries: readonly SealedEntry[]): void {
    const before = this.findings.length;
    const root = new MerkleRoot();
    entries.forEach(({ id, position, entry }, index) => {
      const where = `entry ${id} (block ${number}, position ${position})`;
      this.entries += 1;
      if (position !== index) this.report(where, `position ${index} is empty`);
      if (entry) {
        this.entry(where, entry);
        root.add(leafHash(entry.body));
      } else this.report(where, 'missing');
    });
    if (entries.length !== body.entries)
      this.report(`block ${number}`, `it sealed ${body.entries} entries, and ${entries.length} are there`);
    if (this.findings.length === before && (entries.length === 0 || root.hex() !== body.root))
      this.report(`block ${number}`, 'its entries are not the ones it sealed, or not in that order');
  }

  /** What an entry says of itself, sealed or not. */
  entry(where: string, { id, at, kind, body, digest }: StoredEntry): void {
    if (sha256(body) !== digest)
      this.report(where, 'its text was changed: it does not have its digest any more');
    else if (!saysTheSame(readCanonical(body), { id, at, kind }))
      this.report(where, 'its columns do not say what its text says');
  }
}

function saysTheSame(value: unknown, columns: Readonly<Record<string, string>>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const said = value as Readonly<Record<string, unknown>>;
  return Object.entries(columns).every(([name, text]) => said[name] === text);
}

const gap = (from: number, to: number): string => (from === to ? `block ${from}` : `blocks ${from} to ${to}`);
