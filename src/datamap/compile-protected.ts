import type { Compilation } from './compilation.js';
import type { MapColumn, ProtectedColumns } from './graph.js';
import type { ColumnType, TableEntry } from './schema.js';

/** What an envelope can stand in. */
const HOLDS_ENVELOPES: readonly ColumnType[] = ['text', 'bytes'];

/** Compiles which columns of a table are stored encrypted, and under whose key. */
export function compileProtected(
  { file, report, piece }: Compilation,
  path: string,
  entry: TableEntry,
  columns: ReadonlyMap<string, MapColumn>,
): ProtectedColumns | null {
  if (!entry.protected) return null;
  const at = `${path}.protected`;
  if (Object.keys(entry.key ?? {}).length !== 1)
    report(at, 'a value is bound to its row: the table needs a key of one column');
  const known = entry.protected.columns.flatMap((id) => {
    const column = columns.get(id);
    if (!column) report(`${at}.columns`, `the table has no mapped column "${id}"`);
    else if (!HOLDS_ENVELOPES.includes(column.type))
      report(`${at}.columns`, `"${id}" is ${column.type}: an encrypted value stands in text or bytes`);
    else if (id in (entry.key ?? {})) report(`${at}.columns`, `"${id}" is the key, which names the row`);
    return column ? [column] : [];
  });
  const records = new Set(Object.values(file.tables).flatMap(({ concept }) => concept ?? []));
  const owners = entry.protected.owners.map(({ record, sql }, index) => {
    if (!records.has(record)) report(`${at}.owners[${index}].record`, `no table has the concept "${record}"`);
    return { record, keySql: `(${piece(`${at}.owners[${index}].sql`, sql, 'expression')})` };
  });
  return { columns: known, owners };
}
