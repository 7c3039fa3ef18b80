import { LetheError } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import { parseRecord } from '../datamap/record-ref.js';

/** A record of the help desk as a caller names it. */
export interface DeskRecord {
  readonly record: string;
  readonly key: string;
}

/** Records that access policies may be about: what a ticket consists of. */
export const PARTS = ['ticket', 'customer', 'message', 'attachment', 'recording'] as const;
export type Part = (typeof PARTS)[number];

/**
 * Reads `message/5`.
 * @throws LetheError `input_invalid`
 */
export function deskRecord(graph: MapGraph, ref: unknown, parts: readonly Part[] = PARTS): DeskRecord {
  if (typeof ref !== 'string' || ref.length > 64) throw invalid(parts);
  const record = parts.find((part) => ref.startsWith(`${part}/`));
  if (record === undefined) throw invalid(parts);
  const { key } = parseRecord(graph, ref);
  return { record, key: key[0] ?? '' };
}

const invalid = (parts: readonly Part[]): LetheError =>
  new LetheError('input_invalid', {
    what: 'record',
    reason: `must be one such as ${parts.map((part) => `${part}/77`).join(', ')}`,
  });
