import { raw, sql } from '../db/sql.js';
import type { Row, Tx } from '../db/database.js';
import type { MapTable } from '../datamap/graph.js';
import { keyArray, keyValue, sameKey } from '../datamap/key-sql.js';
import { readPartitioning, whyNeverDropped } from '../datamap/partitions.js';
import type { PlannedPartition } from './plan-report.js';
import type { WorkTables } from './work-tables.js';

interface StoredPart extends Row {
  /** The partition's oid. */
  readonly part: string;
  readonly first: number;
  readonly last: number;
  readonly records: string;
}

/**
 * Stores the roots of a partitioned table in chunks, none of which holds rows of two partitions: what a partition drop
 * takes are whole chunks. Returns the partitions of which no row would stay.
 */
export async function storeChunksByPartition(
  tx: Tx,
  planId: string,
  work: WorkTables,
  root: MapTable,
  size: number,
): Promise<readonly PlannedPartition[]> {
  const { rows } = await tx.query<StoredPart>(sql`
    with numbered as materialized (${raw(numbered(work, root, size))}),
    stored as (
      insert into lethe.chunk (plan_id, no, ${raw(keyArray(root).column)}, items, digest)
      select ${planId}, no, array_agg(key order by place), count(*),
        encode(sha256(convert_to(string_agg(key::text, E'\n' order by place), 'UTF8')), 'hex')
      from numbered group by no)
    select part::text as part, min(no) as first, max(no) as last, count(*) as records
    from numbered group by part order by min(no)`);
  return wholeOnes(tx, root, rows);
}

/** A key that two partitions hold is one item: the map says that it names one record. */
function numbered(work: WorkTables, root: MapTable, size: number): string {
  const columns = (alias: string): string => root.key.map(({ sql: name }) => `${alias}.${name}`).join(', ');
  return `
    select key, place, part, (count(*) filter (where begins) over (order by place) - 1)::int as no
    from (
      select key, place, part, (row_number() over (partition by part order by place) - 1) % ${size} = 0 as begins
      from (
        select ${keyValue(root, 'found')} as key, part, row_number() over (order by part, ${columns('found')}) as place
        from (
          select distinct on (${columns('roots')}) roots.*, this.tableoid as part
          from ${work.roots(root)} roots join ${root.sql} this on ${sameKey(root, 'this', 'roots')}
          order by ${columns('roots')}, part
        ) found
      ) placed
    ) cut`;
}

async function wholeOnes(
  tx: Tx,
  root: MapTable,
  parts: readonly StoredPart[],
): Promise<readonly PlannedPartition[]> {
  const partitioning = await readPartitioning(tx, root);
  if (!partitioning) return [];
  const whole: PlannedPartition[] = [];
  for (const { part, first, last, records } of parts) {
    const partition = partitioning.partitions.find(({ oid }) => oid === part);
    if (!partition || whyNeverDropped(root, partitioning, partition) !== null) continue;
    const { rows } = await tx.query<Row & { rows: string }>(
      sql`select count(*) as rows from ${raw(partition.sql)}`,
    );
    if (rows[0]?.rows !== records) continue;
    const name = `${partition.schema}.${partition.name}`;
    whole.push({ partition: name, records: Number(records), chunks: [first, last] });
  }
  return whole;
}

/** Partitions of a plan that nobody has begun yet: the report names them, the chunks say what became of them. */
export async function untouchedPartitions(
  tx: Pick<Tx, 'query'>,
  planId: string,
  planned: readonly PlannedPartition[],
): Promise<readonly PlannedPartition[]> {
  if (planned.length === 0) return [];
  const { rows } = await tx.query<Row & { no: number }>(sql`
    select no from lethe.chunk where plan_id = ${planId} and state <> 'open'`);
  const begun = new Set(rows.map(({ no }) => no));
  return planned.filter(({ chunks: [first, last] }) => {
    for (let no = first; no <= last; no += 1) if (begun.has(no)) return false;
    return true;
  });
}
