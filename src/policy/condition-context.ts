import type { MapTable } from '../datamap/graph.js';

/** What reading a condition needs to know, and where its findings go. */
export interface ConditionContext {
  readonly table: MapTable;
  /** The zone in which `olderThan` and `newerThan` count calendar units. */
  readonly timeZone: string;
  readonly report: (path: string, message: string) => void;
}

/** Reports a finding; the thing that was to be read is null then. */
export function refuse({ report }: ConditionContext, path: string, message: string): null {
  report(path, message);
  return null;
}
