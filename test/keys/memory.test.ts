import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, readSync, rmSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { KEY_BYTES } from '../../src/keys/key.js';

const CHILD = fileURLToPath(new URL('memory-child.ts', import.meta.url));

/** What is left of the keys of a process: which key, by number, and how it is spelled. */
interface Traces {
  readonly secrets: number;
  readonly heap: readonly string[];
  readonly log: readonly string[];
  /** Null: this system does not let one process read another's memory. */
  readonly memory: readonly string[] | null;
}

/** Lets a child use keys and let them go, and looks for them while it still lives. */
async function tracesOf(kind: 'memory' | 'careless'): Promise<Traces> {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-memory-'));
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', CHILD, kind, folder]);
  let log = '';
  try {
    await new Promise<void>((resolve, reject) => {
      const heard = (piece: Buffer): void => {
        log += piece.toString('latin1');
        if (log.includes('ready\n')) resolve();
      };
      child.stdout.on('data', heard);
      child.stderr.on('data', heard);
      child.on('exit', () => {
        reject(new Error(`it ended before it was looked into: ${log}`));
      });
    });
    const needles = spelled(readFileSync(join(folder, 'secrets')));
    return {
      secrets: new Set(needles.map(({ name }) => name.split(' ')[0])).size,
      heap: found(needles, readFileSync(join(folder, 'heap'))),
      log: found(needles, Buffer.from(log, 'latin1')),
      memory: foundInMemory(needles, child.pid ?? 0),
    };
  } finally {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  }
}

interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Half of a key is as bad as a key: of each spelling its beginning. Printed is as console.log prints a buffer. */
function spelled(secrets: Buffer): readonly Needle[] {
  return Array.from({ length: secrets.length / KEY_BYTES }, (_, n) => {
    const secret = secrets.subarray(n * KEY_BYTES, n * KEY_BYTES + 16);
    const hex = secret.toString('hex');
    return [
      { name: `${n} raw`, bytes: secret },
      { name: `${n} hex`, bytes: Buffer.from(hex) },
      { name: `${n} HEX`, bytes: Buffer.from(hex.toUpperCase()) },
      { name: `${n} printed`, bytes: Buffer.from(hex.replace(/(..)(?!$)/g, '$1 ')) },
      // 15 bytes are 20 letters with nothing of what follows
      { name: `${n} base64`, bytes: Buffer.from(secret.subarray(0, 15).toString('base64')) },
      { name: `${n} base64url`, bytes: Buffer.from(secret.subarray(0, 15).toString('base64url')) },
    ];
  }).flat();
}

const found = (needles: readonly Needle[], hay: Buffer): readonly string[] =>
  needles.filter(({ bytes }) => hay.includes(bytes)).map(({ name }) => name);

/** All that the process may write to, as it stands in /proc (Linux), region by region. */
function foundInMemory(needles: readonly Needle[], pid: number): readonly string[] | null {
  let memory: number;
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'latin1');
    memory = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return null;
  }
  const all = new Set<string>();
  for (const [, from = '', to = ''] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm))
    for (const region of regions(memory, BigInt(`0x${from}`), BigInt(`0x${to}`)))
      for (const name of found(needles, region)) all.add(name);
  closeSync(memory);
  return [...all].sort();
}

const REGION = 16n * 1024n * 1024n;

function* regions(memory: number, from: bigint, to: bigint): Generator<Buffer> {
  // they overlap, so that nothing hides on a border
  for (let at = from; at < to; at += REGION - 128n) {
    const region = Buffer.alloc(Number(to - at < REGION ? to - at : REGION));
    try {
      yield region.subarray(0, readSync(memory, region, 0, region.length, at));
    } catch {
      return; // reserved, and not there
    }
  }
}

/* Best effort: what a garbage collector moves and what a library frees is not in anybody's hand, and a swapped page is not seen. */
describe('key material that was let go of', () => {
  it('is in no heap snapshot, no log line and, as far as can be looked, no memory of the process', async () => {
    const { secrets, heap, log, memory } = await tracesOf('memory');
    expect(secrets).to.equal(6);
    expect(heap, 'heap snapshot').to.deep.equal([]);
    expect(log, 'log').to.deep.equal([]);
    if (memory) expect(memory, 'memory').to.deep.equal([]);
  });

  it('would be found: what a careless program keeps is in its heap and its memory', async () => {
    const { heap, memory } = await tracesOf('careless');
    expect(heap).to.deep.equal(['0 hex', '1 hex', '2 hex', '3 hex']);
    if (memory) expect(memory).to.include.members(['0 hex', '0 raw', '3 hex', '3 raw']);
  });
});
