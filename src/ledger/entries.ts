import { LetheError } from '../core/errors.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { aboutPlan } from './about-plan.js';

export interface EntryFilter {
  readonly kind?: string;
  readonly plan?: string;
}

/** An entry as people read it, and the block that seals it. */
export interface ShownEntry {
  readonly entry: Readonly<Record<string, unknown>>;
  /** Null while it waits for its block. */
  readonly block: number | null;
  readonly position: number | null;
}

interface EntryRow extends Row {
  readonly id: string;
  readonly at: string;
  readonly body: string;
  readonly block: string | null;
  readonly position: number | null;
}

const PAGE = 1000;

/** Entries by time, page by page, so that a long ledger fits. */
export async function* showEntries(db: Queryable, { kind, plan }: EntryFilter): AsyncGenerator<ShownEntry> {
  let [at, id] = ['-infinity', ''];
  for (;;) {
    const { rows } = await db.query<EntryRow>(sql`
      select e.id, e.at, e.body, s.block, s.position
      from lethe.ledger_entry e left join lethe.ledger_sealed s on s.entry_id = e.id
      where (e.at, e.id) > (${at}::timestamptz, ${id})
        and (${kind ?? null}::text is null or e.kind = ${kind ?? null})
        and ${plan === undefined ? sql`true` : aboutPlan(plan)}
      order by e.at, e.id limit ${PAGE}::int`);
    for (const row of rows) yield shown(row);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    [at, id] = [last.at, last.id];
  }
}

/** @throws LetheError `entry_unknown` */
export async function findEntry(db: Queryable, id: string): Promise<ShownEntry> {
  const { rows } = await db.query<EntryRow>(sql`
    select e.id, e.at, e.body, s.block, s.position
    from lethe.ledger_entry e left join lethe.ledger_sealed s on s.entry_id = e.id where e.id = ${id}`);
  const [row] = rows;
  if (!row) throw new LetheError('entry_unknown', { entry: id });
  return shown(row);
}

const shown = ({ body, block, position }: EntryRow): ShownEntry => ({
  entry: JSON.parse(body) as Readonly<Record<string, unknown>>,
  block: block === null ? null : Number(block),
  position,
});
