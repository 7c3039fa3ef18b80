import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, readSync, rmSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { keyFile } from '../../src/keys/key-file.js';
import { KEY_BYTES } from '../../src/keys/key.js';
import { localProvider } from '../../src/keys/local-provider.js';

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
async function tracesOf(kind: 'memory' | 'careless' | 'real'): Promise<Traces> {
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
    const needles = [...spelled(readFileSync(join(folder, 'secrets'))), ...(await rootsOf(log))];
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

/** Of real keys: the root secret and the epoch key, from the files that the child made. */
async function rootsOf(log: string): Promise<readonly Needle[]> {
  const [, said] = /^files (.*)$/m.exec(log) ?? [];
  if (said === undefined) return [];
  const { folder, vault } = JSON.parse(said) as { readonly folder: string; readonly vault: string };
  const file = keyFile(join(folder, 'root.key'));
  const [root, [epoch]] = [await file.root(), await file.epochs.all()];
  if (!epoch) return expect.fail('there is no epoch');
  const opened = await localProvider(file).openKey(epoch.wrapped, { epoch: epoch.id, vault });
  rmSync(folder, { recursive: true });
  return [...spelled(root, 'root'), ...spelled(opened, 'epoch')];
}

interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Half of a key is as bad as a key: of each spelling its beginning, and of the bytes also the end, because who frees memory often
 * writes over its beginning. Printed is as console.log prints a buffer.
 */
function spelled(secrets: Buffer, what = ''): readonly Needle[] {
  return Array.from({ length: secrets.length / KEY_BYTES }, (_, n) => {
    const secret = secrets.subarray(n * KEY_BYTES, n * KEY_BYTES + 16);
    const end = secrets.subarray(n * KEY_BYTES + 16, (n + 1) * KEY_BYTES);
    const hex = secret.toString('hex');
    return [
      { name: `${what || n} raw`, bytes: secret },
      { name: `${what || n} end`, bytes: end },
      { name: `${what || n} hex`, bytes: Buffer.from(hex) },
      { name: `${what || n} HEX`, bytes: Buffer.from(hex.toUpperCase()) },
      { name: `${what || n} printed`, bytes: Buffer.from(hex.replace(/(..)(?!$)/g, '$1 ')) },
      // 15 bytes are 20 letters with nothing of what follows
      { name: `${what || n} base64`, bytes: Buffer.from(secret.subarray(0, 15).toString('base64')) },
      { name: `${what || n} base64url`, bytes: Buffer.from(secret.subarray(0, 15).toString('base64url')) },
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

  it('is gone in the same way after real keys were closed; only text of the key file may be in memory for a while', async () => {
    const { secrets, heap, log, memory } = await tracesOf('real');
    expect(secrets).to.equal(13);
    expect(heap, 'heap snapshot').to.deep.equal([]);
    expect(log, 'log').to.deep.equal([]);
    // read as JSON: strings cannot be wiped, and the collector does not
    if (memory)
      expect(
        memory.filter((name) => !name.startsWith('root base64')),
        'memory',
      ).to.deep.equal([]);
  });

  it('would be found: what a careless program keeps is in its heap and its memory', async () => {
    const { heap, memory } = await tracesOf('careless');
    expect(heap).to.deep.equal(['0 hex', '1 hex', '2 hex', '3 hex']);
    if (memory) expect(memory).to.include.members(['0 hex', '0 raw', '3 hex', '3 raw']);
  });
});
