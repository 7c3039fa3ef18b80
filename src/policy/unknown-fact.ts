import { didYouMean } from '../core/did-you-mean.js';
import type { MapTable } from '../datamap/graph.js';

/** Why a name is no fact of a record; `known`: the names that could be meant. */
export function unknownFact(table: MapTable, name: string, known: readonly string[]): string {
  const record = table.concept ?? table.id;
  return table.columns.get(name)?.isProtected === true
    ? `"${name}" of record "${record}" is stored encrypted: no condition can ask for it`
    : `unknown fact "${name}" for record "${record}"${didYouMean(name, known)}`;
}
