import { canonicalJson } from '../core/canonical-json.js';
import { LetheError } from '../core/errors.js';

/** What a value belongs to besides its key: ids of the data map and the row's key, not SQL names, which change. */
export interface Binding {
  /** Id of the data map. */
  readonly map: string;
  readonly table: string;
  readonly column: string;
  /** The row's key as text. */
  readonly row: string;
}

/** The binding as it is authenticated; JSON keeps its parts apart, so no other binding has these bytes. */
export const boundTo = ({ map, table, column, row }: Binding): Buffer =>
  Buffer.from(canonicalJson(['lethe/value/1', map, table, column, row]));

export const invalid = ({ table, column, row }: Binding, reason: string): LetheError =>
  new LetheError('envelope_invalid', { place: `${table}.${column} of row ${row}`, reason });
