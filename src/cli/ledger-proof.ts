import { open, readFile } from 'node:fs/promises';
import { LetheError } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';
import { isProof, verifyProof } from '../ledger/verify-proof.js';
import type { Output } from './output.js';

/** Enough to tell a proof from an export, which may be large. */
const START_BYTES = 200;

/** Whether the file is the proof of one entry. */
export const holdsProof = (path: string): Promise<boolean> =>
  reading(path, async () => {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
      return isProof(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  });

/** Checks the proof of one entry and says what it shows. */
export async function reportProof(out: Output, path: string, pinned: readonly string[]): Promise<void> {
  const found = verifyProof(await reading(path, () => readFile(path, 'utf8')), pinned);
  const { ok, entry, kind, block, key, problem } = found;
  out.result({ id: entry, ...found }, [
    ok
      ? `The proof holds: entry ${entry ?? ''} (${kind ?? ''}) is in block ${block ?? ''}.`
      : `The proof does NOT hold: ${problem ?? ''}.`,
    ...(key === null ? [] : [`Signed with key ${key}`]),
    ...(ok && pinned.length === 0
      ? [
          'The key came with the proof: compare its fingerprint with the one you were given, or name that with --key.',
        ]
      : []),
  ]);
  if (!ok) process.exitCode = 1;
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new LetheError('file_unreadable', { path, reason: systemReason(error) });
  }
}
