import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { parseInstant, type Instant } from '../core/instant.js';
import type { EpochId, StoredEpoch } from './epoch-store.js';

const instant = z.custom<Instant>((value) => typeof value === 'string' && parseInstant(value) === value);
const shape = z.strictObject({
  kind: z.enum(['lethe keys', 'lethe epochs']),
  version: z.literal(1),
  /** One more at each rewriting; with `draft` it settles who of two writers was first. */
  generation: z.int().min(0),
  draft: z.string().regex(/^[0-9a-f]{16}$/),
  /** base64, 32 bytes; in a key file alone. */
  root: z.base64().length(44).optional(),
  epochs: z.array(z.strictObject({ id: z.string().min(1), wrapped: z.base64(), madeAt: instant })),
});
const withDigest = shape.extend({ digest: z.string() });

/** What a key file, or a file of epoch keys, says. */
export type EpochDocument = z.infer<typeof shape>;

/** As JSON with a digest over all of it: one changed bit, or a missing end, is noticed before anything is tried with it. */
export const documentText = (content: EpochDocument): string =>
  `${JSON.stringify({ ...content, digest: digestOf(content) }, null, 2)}\n`;

/** Null: damaged, or something else. */
export function parseDocument(text: string): EpochDocument | null {
  const read = withDigest.safeParse(jsonOf(text));
  if (!read.success) return null;
  const { digest, ...content } = read.data;
  return digest === digestOf(content) ? content : null;
}

export const storedEpochs = ({ epochs }: EpochDocument): readonly StoredEpoch[] =>
  epochs.map((epoch) => ({ ...epoch, wrapped: Buffer.from(epoch.wrapped, 'base64') }));

/** Null: it says that already. */
export function withEpoch(
  document: EpochDocument,
  { id, wrapped, madeAt }: StoredEpoch,
): EpochDocument | null {
  const entry = { id, wrapped: Buffer.from(wrapped).toString('base64'), madeAt };
  const known = document.epochs.find((epoch) => epoch.id === id);
  if (known && canonicalJson(known) === canonicalJson(entry)) return null;
  return { ...document, epochs: [...document.epochs.filter((epoch) => epoch.id !== id), entry] };
}

/** Null: it is not in it, or says that already. */
export const withReplaced = (document: EpochDocument, epoch: StoredEpoch): EpochDocument | null =>
  document.epochs.some(({ id }) => id === epoch.id) ? withEpoch(document, epoch) : null;

/** Null: it is not in it. */
export function withoutEpoch(document: EpochDocument, id: EpochId): EpochDocument | null {
  const epochs = document.epochs.filter((epoch) => epoch.id !== id);
  return epochs.length === document.epochs.length ? null : { ...document, epochs };
}

const digestOf = (content: EpochDocument): string =>
  createHash('sha256')
    .update(canonicalJson(withoutUndefined(content)))
    .digest('hex');

const withoutUndefined = (content: EpochDocument): unknown => JSON.parse(JSON.stringify(content));

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
