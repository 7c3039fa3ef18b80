import type { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { sha256 } from '../core/digest.js';
import type { Problem } from '../core/errors.js';
import { zodProblems } from '../datamap/zod-problems.js';

export interface PolicyFile {
  /** As the user would write the path. */
  readonly path: string;
  readonly content: unknown;
}

/** What every policy is, of whatever kind. */
export interface PolicyText<Kind extends string, Entry> {
  readonly kind: Kind;
  readonly id: string;
  readonly entry: Entry;
  /** The file as canonical JSON, and its SHA-256: what a version stores. */
  readonly text: string;
  readonly digest: string;
}

export type Report = (path: string, message: string) => void;

/**
 * Reads a policy file of one kind: its form, and then what only the map or the standards can tell. Findings go to `problems`;
 * the result is null when there was one.
 */
export function checkedEntry<Entry extends { readonly kind: string; readonly id: string }>(
  schema: z.ZodType<Entry>,
  { path: file, content }: PolicyFile,
  problems: Problem[],
  check: (entry: Entry, report: Report) => void = () => undefined,
): PolicyText<Entry['kind'], Entry> | null {
  const before = problems.length;
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    problems.push(...zodProblems(file, parsed.error, content, schema));
    return null;
  }
  const entry = parsed.data;
  check(entry, (path, message) => void problems.push({ file, path, message }));
  if (problems.length > before) return null;
  const text = canonicalJson(content);
  return { kind: entry.kind, id: entry.id, entry, text, digest: sha256(text) };
}
