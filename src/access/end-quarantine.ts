import type { Actor } from '../core/actor.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { Database } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import { keyText, parseRecord } from '../datamap/record-ref.js';
import { journaled } from '../ledger/journaled.js';
import type { Vault } from '../vault/vault.js';
import { release } from './quarantine-store.js';

interface QuarantineContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  readonly vault: Vault | null;
}

/**
 * Shows a record again that was hidden by mistake, to whom the policies let.
 * @param ref `message/5`
 * @throws LetheError `input_invalid` (it is in no quarantine), `record_unknown`
 */
export async function endQuarantine(
  { db, graph, clock, vault }: QuarantineContext,
  ref: string,
  { name }: Actor,
): Promise<{ readonly id: string }> {
  const { table, key } = parseRecord(graph, ref);
  const named = { record: table.concept ?? table.id, key: keyText(key) };
  const ended = await journaled(
    vault,
    (work) => db.transaction(work),
    (tx, intend) => release(tx, clock, named, name, intend),
  );
  if (!ended) throw new LetheError('input_invalid', { what: ref, reason: 'it is in no quarantine' });
  return { id: ref };
}
