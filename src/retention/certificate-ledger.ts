import { sha256 } from '../core/digest.js';
import { LetheError } from '../core/errors.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { aboutPlan } from '../ledger/about-plan.js';
import { readBody, type BlockBody } from '../ledger/block.js';
import { findBlock, sealedEntries, type SealedEntry } from '../ledger/block-store.js';
import { leafHash, MerkleRoot } from '../ledger/merkle.js';
import { isSigned, type PublicKey } from '../vault/signing-key.js';

/** A ledger entry about a plan, as the sealed text says it. */
export interface PlanEntry {
  readonly kind: string;
  readonly at: string;
  /** Actor id. */
  readonly actor: string;
  readonly assurance: string | null;
  /** Of an approval: the roles it was given with, and its end. */
  readonly roles: readonly string[];
  readonly expires: string | null;
  readonly planDigest: string | null;
  readonly counts: Readonly<Record<string, number>>;
  /** Records it commits to. */
  readonly names: number;
  /** Of a batch: texts of persons who went, under keys that stay. */
  readonly textsKept: number;
  /** Of a destruction of keys; null: it is none. */
  readonly destruction: Destruction | null;
}

/** Where and when the copies of destroyed keys lose their meaning. */
export interface Destruction {
  /** The epoch that was current afterwards: copies from before have the keys under it, or an earlier one. */
  readonly epoch: string;
  readonly provider: string;
  /** ISO 8601. */
  readonly afterDestruction: string;
  readonly keptFor: string;
}

/** A signed block that holds entries of the run. */
export interface ProvenBlock {
  readonly number: number;
  readonly hash: string;
  /** Fingerprint. */
  readonly key: string;
  readonly sealedAt: string;
  /** Entries about the plan in it. */
  readonly entries: number;
}

export interface PlanLedger {
  readonly blocks: readonly ProvenBlock[];
  readonly entries: readonly PlanEntry[];
}

/** How many entries about a plan wait for their block, and which blocks hold the others. */
export async function placesOf(
  db: Queryable,
  planId: string,
): Promise<{ readonly unsealed: number; readonly blocks: readonly number[] }> {
  const { rows } = await db.query<Row & { block: string | null; entries: string }>(sql`
    select s.block, count(*) as entries
    from lethe.ledger_entry e left join lethe.ledger_sealed s on s.entry_id = e.id
    where ${aboutPlan(planId)}
    group by s.block order by s.block`);
  const waiting = rows.filter(({ block }) => block === null).map(({ entries }) => Number(entries));
  return {
    unsealed: waiting.reduce((sum, count) => sum + count, 0),
    blocks: rows.flatMap(({ block }) => (block === null ? [] : [Number(block)])),
  };
}

/**
 * Reads what the ledger says about a plan out of its blocks, after checking each: hash, signature by a key of the vault, and
 * that the entries are the ones it sealed.
 * @throws LetheError `ledger_broken`
 */
export async function provenLedger(
  db: Queryable,
  planId: string,
  numbers: readonly number[],
  trusted: readonly PublicKey[],
): Promise<PlanLedger> {
  const blocks: ProvenBlock[] = [];
  const found: PlanEntry[] = [];
  for (const number of numbers) {
    const sealed = await sealedEntries(db, number);
    const { hash, body } = await provenBlock(db, number, sealed, trusted);
    const own = sealed.flatMap(({ entry }) => entryAbout(planId, entry?.body ?? '') ?? []);
    blocks.push({ number, hash, key: body.key, sealedAt: body.sealedAt, entries: own.length });
    found.push(...own);
  }
  return { blocks, entries: found.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at))) };
}

async function provenBlock(
  db: Queryable,
  number: number,
  entries: readonly SealedEntry[],
  trusted: readonly PublicKey[],
): Promise<{ readonly hash: string; readonly body: BlockBody }> {
  const block = await findBlock(db, number);
  const body = block && readBody<BlockBody>(block.body, 'block');
  const key = trusted.find(({ fingerprint }) => fingerprint === body?.key);
  const root = new MerkleRoot();
  for (const { entry } of entries) root.add(leafHash(entry?.body ?? ''));
  const isGenuine =
    block !== null &&
    body?.number === number &&
    key !== undefined &&
    sha256(block.body) === block.hash &&
    isSigned(block.body, block.signature, key.publicKey) &&
    entries.length === body.entries &&
    root.hex() === body.root;
  if (!isGenuine)
    throw new LetheError('ledger_broken', { problem: `block ${number} is not as it was sealed` });
  return { hash: block.hash, body };
}

interface EntryBody {
  readonly kind: string;
  readonly at: string;
  readonly actor: string;
  readonly about: Readonly<Record<string, string | number>>;
  readonly counts?: Readonly<Record<string, number>>;
  readonly digests?: Readonly<Record<string, string>>;
  readonly names?: readonly string[];
}

function entryAbout(planId: string, text: string): PlanEntry | null {
  if (!text.includes(planId)) return null;
  const { kind, at, actor, about, counts = {}, digests = {}, names = [] } = JSON.parse(text) as EntryBody;
  if (about['plan'] !== planId) return null;
  const { assurance, roles = '', expires } = about;
  return {
    kind,
    at,
    actor,
    assurance: assurance === undefined ? null : String(assurance),
    roles: String(roles).split(' ').filter(Boolean),
    expires: expires === undefined ? null : String(expires),
    planDigest: digests['plan'] ?? null,
    counts,
    names: names.length,
    textsKept: Number(about['textsKept'] ?? 0),
    destruction: kind === 'keys.destroyed' ? destructionIn(about) : null,
  };
}

const destructionIn = (about: EntryBody['about']): Destruction => ({
  epoch: String(about['epoch']),
  provider: String(about['provider']),
  afterDestruction: String(about['afterDestruction']),
  keptFor: String(about['keptFor']),
});

/**
 * When epoch keys were removed from their place, as sealed entries `epoch.retired` say; an entry that waits for its block says
 * nothing yet.
 * @throws LetheError `ledger_broken`
 */
export async function provenRetirements(
  db: Queryable,
  epochs: ReadonlySet<string>,
  trusted: readonly PublicKey[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<Row & { block: string }>(sql`
    select distinct s.block from lethe.ledger_entry e join lethe.ledger_sealed s on s.entry_id = e.id
    where e.kind = 'epoch.retired' and e.body::jsonb -> 'about' ->> 'epoch' = any (${[...epochs]}::text[])
    order by s.block`);
  const found = new Map<string, string>();
  for (const { block } of rows) {
    const sealed = await sealedEntries(db, Number(block));
    await provenBlock(db, Number(block), sealed, trusted);
    for (const { entry } of sealed) {
      if (entry?.kind !== 'epoch.retired') continue;
      const { kind, at, about } = JSON.parse(entry.body) as EntryBody;
      if (kind === 'epoch.retired') found.set(String(about['epoch']), at);
    }
  }
  return found;
}
