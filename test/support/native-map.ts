import { readFileSync } from 'node:fs';
import { compileMap } from '../../src/datamap/compile.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { dataMapSchema } from '../../src/datamap/schema.js';

const NATIVE = new URL('../../policies/data-maps/native.json', import.meta.url);

/** The native map, in which these columns of customers are protected, of those that it protects itself. */
export function protecting(chosen: (column: string) => boolean): MapGraph {
  const { tables, ...file } = dataMapSchema.parse(JSON.parse(readFileSync(NATIVE, 'utf8')));
  const { protected: its, ...customers } = tables['customers'] ?? {};
  if (!its || !('key' in customers)) throw new Error('the native map protects customers');
  const columns = its.columns.filter(chosen);
  const changed = columns.length === 0 ? customers : { ...customers, protected: { ...its, columns } };
  return compileMap({ ...file, tables: { ...tables, customers: changed } }, 'native.json', {});
}
