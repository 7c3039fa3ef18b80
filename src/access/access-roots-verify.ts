import type { Database, Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { MerkleRoot } from '../ledger/merkle.js';
import { leafOf, rootColumns, type RootRow } from './access-root-rows.js';

/** A root that is not as its ledger entry says. */
export interface RootFault {
  /** Id of the ledger entry. */
  readonly root: string;
  /** `altered`: a row says something else than it did, or another stands in its place. `lost`: nobody knows which rows it was over. */
  readonly fault: 'altered' | 'lost';
  /** First and last instant of its rows. */
  readonly from: string;
  readonly to: string;
}

/**
 * What is proven: the rows of an intact root say what they said when the ledger entry was made; that this entry is as it was
 * sealed, `ledger verify` says. Not proven: what a row said before it came under a root, that a row which was never written
 * is missing, and what the rows that are left of an incomplete root say, for a root is over all of its rows at once.
 *
 * Rows go by disposals, and their ledger entries count them. As many missing rows as they count are `disposed`: which ones,
 * a count cannot say. More than that are `missing`, and so are all of a root that was made after the last disposal.
 */
export interface AccessVerification {
  readonly ok: boolean;
  readonly roots: number;
  /** Rows of roots that are intact. */
  readonly proven: number;
  /** Rows that are left of roots of which some are gone. */
  readonly unproven: number;
  /** Rows that no root is over yet. */
  readonly waiting: number;
  readonly disposed: number;
  readonly missing: number;
  /** Roots whose ledger entry was pruned to a checkpoint: over rows of which nothing is said. */
  readonly pruned: number;
  readonly faults: readonly RootFault[];
}

/** What disposals say, in the ledger, that they took from the log. */
interface Disposals {
  readonly rows: number;
  /** The last one; null: none. */
  readonly last: string | null;
}

interface StoredRoot extends Row {
  readonly number: string;
  readonly entry_id: string;
  readonly rows: number;
  readonly body: string | null;
}

interface RootBody {
  readonly at: string;
  readonly about: { readonly from: string; readonly to: string };
  readonly counts: { readonly entries: number };
  readonly digests: { readonly root: string };
}

/** Reads the log and its roots as of one moment, root by root. */
export function verifyAccessLog(db: Database): Promise<AccessVerification> {
  return db.transaction(
    async (tx) => {
      const tally = new Tally(await disposals(tx));
      for (const fault of await lostRoots(tx)) tally.fault(fault);
      for await (const root of storedRoots(tx)) await checkRoot(tx, root, tally);
      return tally.result(await waitingRows(tx));
    },
    { isolation: 'repeatable read' },
  );
}

async function* storedRoots(tx: Queryable): AsyncGenerator<StoredRoot> {
  for (let number = '0'; ;) {
    const { rows } = await tx.query<StoredRoot>(sql`
      select r.number, r.entry_id, r.rows, e.body from lethe.access_root r
      left join lethe.ledger_entry e on e.id = r.entry_id and e.kind = 'access.root'
      where r.number > ${number}::bigint order by r.number limit 1000`);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    number = last.number;
  }
}

async function checkRoot(tx: Queryable, root: StoredRoot, tally: Tally): Promise<void> {
  if (root.body === null) {
    tally.pruned += 1;
    return;
  }
  const { at, about, counts, digests } = JSON.parse(root.body) as RootBody;
  tally.roots += 1;
  const rows = await rowsUnder(tx, root.entry_id);
  const gone = counts.entries - rows.length;
  if (gone > 0) {
    tally.gone(gone, at);
    tally.unproven += rows.length;
    return;
  }
  const made = new MerkleRoot();
  for (const row of rows) made.add(leafOf(row));
  if (gone === 0 && made.hex() === digests.root) tally.proven += rows.length;
  else tally.fault({ root: root.entry_id, fault: 'altered', from: about.from, to: about.to });
}

async function rowsUnder(tx: Queryable, entry: string): Promise<readonly RootRow[]> {
  const { rows } = await tx.query<RootRow>(sql`
    select ${rootColumns('l')}
    from (select unnest(members) as places from lethe.access_root where entry_id = ${entry}) own
      join lethe.access_log l on l.place >= lower(own.places) and l.place < upper(own.places)
    order by l.place`);
  return rows;
}

/** Entries of roots about which lethe.access_root, from which nothing is ever deleted, says nothing. */
async function lostRoots(tx: Queryable): Promise<readonly RootFault[]> {
  const { rows } = await tx.query<Row & { id: string; body: string }>(sql`
    select e.id, e.body from lethe.ledger_entry e
    where e.kind = 'access.root' and not exists (select from lethe.access_root r where r.entry_id = e.id)`);
  return rows.map(({ id, body }) => {
    const { about } = JSON.parse(body) as RootBody;
    return { root: id, fault: 'lost', from: about.from, to: about.to };
  });
}

async function disposals(tx: Queryable): Promise<Disposals> {
  const { rows } = await tx.query<Row & { rows: string; last: string | null }>(sql`
    select coalesce(sum((e.body::jsonb #>> '{counts,lethe-access-log}')::bigint), 0) as rows, max(e.at) as last
    from lethe.ledger_entry e
    where e.kind in ('retention.batch', 'retention.swept') and strpos(e.body, '"lethe-access-log":') > 0`);
  return { rows: Number(rows[0]?.rows ?? 0), last: rows[0]?.last ?? null };
}

async function waitingRows(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ rows: string }>(sql`
    with covered as (select range_agg(members) as places from lethe.access_root)
    select count(*) as rows from lethe.access_log l
    where not coalesce(l.place <@ (select places from covered), false)`);
  return Number(rows[0]?.rows ?? 0);
}

class Tally {
  roots = 0;
  proven = 0;
  unproven = 0;
  pruned = 0;
  private goneRows = 0;
  private goneSince = 0;
  private readonly faults: RootFault[] = [];

  constructor(private readonly taken: Disposals) {}

  fault(fault: RootFault): void {
    this.faults.push(fault);
  }

  /** Rows of a root that was made at that instant. */
  gone(rows: number, made: string): void {
    if (this.taken.last === null || made > this.taken.last) this.goneSince += rows;
    else this.goneRows += rows;
  }

  result(waiting: number): AccessVerification {
    const { roots, proven, unproven, pruned, faults } = this;
    const disposed = Math.min(this.goneRows, this.taken.rows);
    const missing = this.goneSince + this.goneRows - disposed;
    const ok = missing === 0 && faults.length === 0;
    return { ok, roots, proven, unproven, waiting, disposed, missing, pruned, faults };
  }
}
