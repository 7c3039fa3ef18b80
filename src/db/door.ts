import { LetheError } from '../core/errors.js';
import { deedsOf, type Deed, type Verb } from './deeds.js';

/**
 * Tables of schema "lethe" whose rows may be deleted without a disposal: they hold no record of anything (the blind index is made
 * of what is stored elsewhere, and made anew), or, as the ledger's, a trigger refuses every deletion that no signed checkpoint covers.
 */
export const DISPOSABLE: readonly string[] = [
  'lethe.migration',
  'lethe.blind_index',
  'lethe.ledger_salt',
  'lethe.ledger_unsealed',
  'lethe.ledger_entry',
  'lethe.ledger_sealed',
  'lethe.ledger_block',
];

/** Lethe's own stores update and upsert their tables; what removes rows or columns from them is a disposal's. */
const REMOVES: ReadonlySet<Verb> = new Set(['DELETE', 'TRUNCATE', 'DROP', 'ALTER', 'MERGE']);
const EMPTIES: ReadonlySet<Verb> = new Set(['DELETE', 'TRUNCATE']);
const SYSTEM = /^(pg_catalog|pg_toast|information_schema)$/;

const CACHED_TEXTS = 1000;
const CACHED_LENGTH = 8192;
const cache = new Map<string, readonly Deed[]>();

/**
 * The one door: refuses to destroy rows of the ticket system, or of Lethe, in any transaction that a disposal did not open.
 * It reads the statement, not its effect: triggers and functions that the database already has are beyond it.
 */
export class Door {
  /** table → schemas in which a table of that name is guarded. */
  private readonly guarded = new Map<string, Set<string>>();

  guard(tables: Iterable<string>): void {
    for (const name of tables) {
      const dot = name.indexOf('.');
      if (dot < 1) throw new TypeError(`a guarded table is written schema.table, not ${name}`);
      const table = name.slice(dot + 1).toLowerCase();
      const schemas = this.guarded.get(table) ?? new Set();
      this.guarded.set(table, schemas.add(name.slice(0, dot).toLowerCase()));
    }
  }

  /** Throws door_closed. */
  check(text: string): void {
    for (const deed of cachedDeeds(text)) {
      if ('forbidden' in deed)
        throw new LetheError('door_closed', { verb: deed.forbidden, table: 'this database' });
      if (this.refuses(deed.verb, deed.schema, deed.table)) {
        const table = deed.schema === undefined ? deed.table : `${deed.schema}.${deed.table}`;
        throw new LetheError('door_closed', { verb: deed.verb, table });
      }
    }
  }

  private refuses(verb: Verb, schema: string | undefined, table: string): boolean {
    if (schema?.startsWith('pg_temp')) return false;
    if (schema === undefined ? table.startsWith('pg_') : SYSTEM.test(schema)) return true;
    if (this.isGuarded(schema, table)) return true;
    if (schema !== 'lethe') return false;
    return REMOVES.has(verb) && !(EMPTIES.has(verb) && DISPOSABLE.includes(`lethe.${table}`));
  }

  /** A name without a schema could mean any table of that name: it is refused where one of them is guarded. */
  private isGuarded(schema: string | undefined, table: string): boolean {
    const schemas = this.guarded.get(table);
    return schemas !== undefined && (schema === undefined || schemas.has(schema));
  }
}

/** Statements are written in the source, so there are few texts; hot paths find their verdict here. */
function cachedDeeds(text: string): readonly Deed[] {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const deeds = deedsOf(text);
  if (text.length > CACHED_LENGTH) return deeds;
  if (cache.size >= CACHED_TEXTS) cache.delete(cache.keys().next().value ?? '');
  cache.set(text, deeds);
  return deeds;
}
