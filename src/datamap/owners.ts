import type { Queryable, Row } from '../db/database.js';
import { literal, raw, sql } from '../db/sql.js';
import { joined } from './edge-sql.js';
import type { MapGraph } from './graph.js';
import { keyAsText, keyIn } from './key-sql.js';
import { keyText, type RecordRef } from './record-ref.js';

const MOST_OWNERS = 20;

/** The records this one would go along with: up the delete edges, nearest first, tables without a record name passed over. */
export async function ownersOf(
  db: Queryable,
  graph: MapGraph,
  record: RecordRef,
): Promise<readonly RecordRef[]> {
  const found: RecordRef[] = [];
  const seen = new Set<string>([nameOf(record)]);
  let frontier: readonly RecordRef[] = [record];
  while (frontier.length > 0 && found.length < MOST_OWNERS) {
    const parents = (await Promise.all(frontier.map((child) => parentsOf(db, graph, child)))).flat();
    frontier = parents.filter((parent) => !seen.has(nameOf(parent)) && seen.add(nameOf(parent)));
    found.push(...frontier.filter(({ table }) => table.concept !== null));
  }
  return found;
}

const nameOf = ({ table, key }: RecordRef): string => `${table.id}/${keyText(key)}`;

async function parentsOf(
  db: Queryable,
  graph: MapGraph,
  { table, key }: RecordRef,
): Promise<readonly RecordRef[]> {
  const parents: RecordRef[] = [];
  const own = keyIn(table, 'this', `array[${literal(keyText(key))}]`);
  for (const edge of graph.edges) {
    if (edge.then !== 'delete' || edge.child !== table || table.key.length === 0) continue;
    const { links, condition } = joined(edge);
    const { rows } = await db.query<Row & { key: string }>(sql`
      select distinct ${raw(keyAsText(edge.parent, 'parent'))} as key
      from ${raw(edge.parent.sql)} parent, (select this.* from ${raw(table.sql)} this where ${raw(own)}) child${raw(links)}
      where ${raw(condition)} limit ${MOST_OWNERS}`);
    parents.push(
      ...rows.map((row) => ({ table: edge.parent, key: keyParts(edge.parent.key.length, row.key) })),
    );
  }
  return parents;
}

const keyParts = (columns: number, text: string): readonly string[] =>
  columns === 1 ? [text] : (JSON.parse(text) as string[]);
