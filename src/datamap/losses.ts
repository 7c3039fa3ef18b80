import { closureOf, type Closure } from './closure.js';
import type { ClearEdge, MapGraph, MapTable } from './graph.js';

/** What a disposal over this map can take or change at all. */
export interface Losses {
  readonly closures: readonly Closure[];
  /** Tables that can lose rows. */
  readonly tables: ReadonlySet<MapTable>;
  readonly clears: ReadonlySet<ClearEdge>;
}

/** Over the closures of every record that may be deleted. */
export function lossesOf(graph: MapGraph): Losses {
  const roots = [...graph.records.values()].filter(({ forbidsDelete }) => forbidsDelete === null);
  const closures = roots.map((root) => closureOf(graph, root));
  return {
    closures,
    tables: new Set(closures.flatMap(({ tables }) => tables)),
    clears: new Set(closures.flatMap(({ clears }) => clears)),
  };
}
