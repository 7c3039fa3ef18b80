import { identifier } from '../db/sql.js';
import { tokensOf } from '../db/statement-scanner.js';
import { splitName } from './compile-tables.js';
import type { MapGraph } from './graph.js';
import { piecesOf } from './pieces.js';

/** A table the map leaves out, which its SQL may read all the same: a list of kinds, say. */
export interface IgnoredTable {
  readonly schema: string;
  /** Quoted. */
  readonly sql: string;
}

/** The ignored tables that any SQL of the map reads. */
export const ignoredTablesRead = (graph: MapGraph): readonly IgnoredTable[] =>
  ignoredTablesIn(graph, [
    ...piecesOf(graph).map((piece) => piece.sql),
    ...graph.derived.flatMap(({ collect, run }) => [collect, run]),
    ...graph.parameterChecks.map((check) => check.sql),
  ]);

/** By their names: an alias of the same name counts too, because a right too few stops a plan. */
export function ignoredTablesIn({ file }: MapGraph, pieces: readonly string[]): readonly IgnoredTable[] {
  const ignored = Object.keys(file.ignoredTables ?? {});
  if (ignored.length === 0) return [];
  const names = new Set(pieces.flatMap(namesIn));
  return ignored.flatMap((entry) => {
    const [schema, name] = splitName(entry, file.schema ?? 'public');
    // the scanner folds quoted names too
    const folded = name.toLowerCase();
    const isRead = names.has(folded) || names.has(`${schema.toLowerCase()}.${folded}`);
    return isRead ? [{ schema, sql: `${identifier(schema)}.${identifier(name)}` }] : [];
  });
}

/** Every name, with what stands before it and a dot: `public.kinds`, `kinds`, `this.id`. */
function namesIn(piece: string): readonly string[] {
  const tokens = tokensOf(piece);
  return tokens.flatMap(({ kind, value }, index) => {
    if (kind !== 'word' && kind !== 'name') return [];
    const [before, dot] = [tokens[index - 2], tokens[index - 1]];
    return [dot?.kind === 'mark' && dot.value === '.' ? `${before?.value ?? ''}.${value}` : value];
  });
}
