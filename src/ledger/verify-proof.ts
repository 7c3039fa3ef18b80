import { z } from 'zod';
import { readBody, readCanonical, type BlockBody } from './block.js';
import { proofProblem } from './proof.js';

/** What a file with an inclusion proof shows, to somebody who has nothing but the file. */
export interface ProofCheck {
  readonly ok: boolean;
  /** Id and kind of the entry, number of its block and the fingerprint of the key that signed it; null where it has none. */
  readonly entry: string | null;
  readonly kind: string | null;
  readonly block: number | null;
  readonly key: string | null;
  /** Null when the proof holds. */
  readonly problem: string | null;
}

const text = z.string();
const form = z.strictObject({
  type: z.literal('lethe-inclusion-proof'),
  v: z.literal(1),
  entry: text,
  position: z.int(),
  path: z.array(text),
  block: z.strictObject({ body: text, signature: text }),
  key: z.strictObject({ fingerprint: text, publicKey: text }),
});
const entryForm = z.object({ id: text, kind: text });

/** Whether a file that begins like this is meant as a proof; an export begins with its keys. */
export const isProof = (start: string): boolean => /^\s*\{\s*"type":\s*"lethe-inclusion-proof"/.test(start);

/** @param pinned fingerprints of the keys that alone are trusted; without any the proof brings its own */
export function verifyProof(content: string, pinned: readonly string[] = []): ProofCheck {
  const proof = form.safeParse(parsed(content)).data;
  const nothing = { ok: false, entry: null, kind: null, block: null, key: null };
  if (!proof) return { ...nothing, problem: 'it is not as it was written' };
  const entry = entryForm.safeParse(readCanonical(proof.entry)).data;
  const block = readBody<BlockBody>(proof.block.body, 'block');
  if (!entry) return { ...nothing, problem: 'the entry is not as it was written' };
  const problem = proofProblem(proof, pinned);
  const { fingerprint: key } = proof.key;
  return {
    ok: problem === null,
    entry: entry.id,
    kind: entry.kind,
    block: block?.number ?? null,
    key,
    problem,
  };
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
