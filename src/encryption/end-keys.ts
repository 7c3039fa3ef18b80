import type { Instant } from '../core/instant.js';
import { literal } from '../db/sql.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';

/** Records of one kind that go with a batch. */
export interface GoingOwners {
  /** Record name. */
  readonly record: string;
  /** One SELECT of their keys as text. */
  readonly keys: string;
}

export interface Ending {
  readonly plan: string;
  readonly at: Instant;
}

/** The tables whose records have keys of their own: people, tickets. */
export function keyOwners({ tables, records }: MapGraph): readonly MapTable[] {
  const names = [...tables.values()].flatMap(
    (table) => table.protected?.owners.map(({ record }) => record) ?? [],
  );
  return [...new Set(names)].flatMap((name) => records.get(name) ?? []);
}

/**
 * Ends the keys of records that go, in the transaction that deletes them: nobody is handed an ended key for something new, and
 * whoever comes after the commit destroys it in the vault (see destroyEnded).
 */
export const endKeys = ({ record, keys }: GoingOwners, { plan, at }: Ending): string =>
  // an array, as in the deletes: few keys, each found by its index, however little the planner knows of a work table
  `update lethe.data_key k set ended_at = ${literal(at)}::timestamptz, plan_id = ${literal(plan)}
   where k.record = ${literal(record)} and k.ended_at is null and k.key = any (array(${keys}))`;

/** Nobody is found any more by what went with them. */
export const dropIndexRows = ({ record, keys }: GoingOwners): string =>
  `delete from lethe.blind_index i where i.record = ${literal(record)} and i.key = any (array(${keys}))`;
