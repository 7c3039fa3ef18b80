import type { Clock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Database, Queryable, Row } from '../db/database.js';
import { raw, sql } from '../db/sql.js';
import type { PoliciesByKind } from '../policy/policy.js';

/**
 * What the policies in force depend on besides the clock: it changes with every publication and every approval. A guarded
 * statement selects it beside its rows, so that one snapshot tells whether what it was compiled from still ruled.
 */
export const STAMP = raw(
  `((select count(*) from lethe.publication) || '/' || (select count(*) from lethe.publication_approval))`,
);

/** Policies as one process knows them, and what was compiled from them. */
export interface InForce {
  readonly policies: PoliciesByKind;
  readonly stamp: string;
  /** When something published already comes into force, or an approval of a faster clock counts; null: nothing waits. */
  readonly until: Instant | null;
  /** What was compiled from these policies, by what it was compiled for. */
  readonly compiled: Map<string, unknown>;
}

interface Source {
  readonly db: Database;
  readonly clock: Clock;
  readonly policies: (on?: Queryable) => Promise<PoliciesByKind>;
}

/** The policies of one engine, read once and asked for again when they have changed. */
export class PolicyCache {
  private known: InForce | null = null;

  constructor(private readonly source: Source) {}

  /** As last read; whether that still holds is for the guarded statement to say, by STAMP. */
  async current(on?: Queryable): Promise<InForce> {
    const { known } = this;
    const now = this.source.clock.now();
    return known && (known.until === null || now < known.until) ? known : this.reload(on);
  }

  /** The stamp is read first: what is published between the two is found by the next statement. */
  async reload(on: Queryable = this.source.db): Promise<InForce> {
    const now = this.source.clock.now();
    const { rows } = await on.query<Row & { stamp: string; until: Instant | null }>(sql`
      select ${STAMP} as stamp, least(
        (select min(not_before) from lethe.publication where not_before > ${now}::timestamptz),
        (select min(published_at) from lethe.publication where published_at > ${now}::timestamptz),
        (select min(given_at) from lethe.publication_approval where given_at > ${now}::timestamptz)) as until`);
    const { stamp = '', until = null } = rows[0] ?? {};
    this.known = { policies: await this.source.policies(on), stamp, until, compiled: new Map() };
    return this.known;
  }
}

const CACHES = new WeakMap<Source['policies'], PolicyCache>();

/** One cache an engine, however often its context is passed on as part of another. */
export function policyCache(source: Source): PolicyCache {
  const known = CACHES.get(source.policies) ?? new PolicyCache(source);
  CACHES.set(source.policies, known);
  return known;
}

const MOST_COMPILED = 500;

/** Compiles once for a key; what grows without end is begun anew. */
export function compiledOnce<T>({ compiled }: InForce, key: string, compile: () => T): T {
  const known = compiled.get(key);
  if (known !== undefined) return known as T;
  const made = compile();
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(key, made);
  return made;
}
