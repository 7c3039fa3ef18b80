import { z } from 'zod';

/** The lines of an export, strict: a member that nobody checks has no place in a file that is to prove something. */
const text = z.string();

const key = z.strictObject({ fingerprint: text, publicKey: text });

export const headerLine = z.strictObject({
  type: z.literal('lethe-ledger-export'),
  v: z.literal(1),
  keys: z.array(key),
});

const checkpoint = z.strictObject({ block: z.int(), body: text, signature: text });
const block = z.strictObject({ number: z.int(), body: text, hash: text, signature: text });
const entry = z.strictObject({
  id: text,
  position: z.int(),
  entry: z.strictObject({ id: text, at: text, kind: text, body: text, digest: text }).nullable(),
});

const trailer = z.strictObject({
  type: z.literal('trailer'),
  bytes: z.int(),
  lines: z.int(),
  sha256: text,
  key: text,
  madeAt: text,
});

/** The last line's content: digest and length of every byte before it. */
export type TrailerBody = z.infer<typeof trailer>;

export const bodyLine = z.union([
  z.strictObject({ checkpoint }),
  z.strictObject({ block }),
  z.strictObject({ entry }),
  z.strictObject({ trailer, signature: text }),
]);

export type HeaderLine = z.infer<typeof headerLine>;
export type BodyLine = z.infer<typeof bodyLine>;
