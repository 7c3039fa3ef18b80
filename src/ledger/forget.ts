import type { Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';

const SALT_BYTES = 16;

/**
 * Overwrites the salts of every commitment to these names (`ticket/77`) with zeros: no guess can be matched with it any more,
 * and no entry changes. Reads every salt there is, so erasing many names at once costs the same as one.
 * @returns how many commitments were made unmatchable
 */
export async function forgetNames(tx: Tx, names: readonly string[]): Promise<number> {
  const { rows } = await tx.query<Row & { entry_id: string; position: number }>(sql`
    select s.entry_id, (place - 1)::int as position
    from lethe.ledger_salt s
    join lethe.ledger_entry e on e.id = s.entry_id,
      jsonb_array_elements_text(e.body::jsonb -> 'names') with ordinality commitments(commitment, place),
      unnest(${names}::text[]) name
    where commitment = encode(sha256(substr(s.salts, ((place - 1) * ${SALT_BYTES} + 1)::int, ${SALT_BYTES}) || convert_to(name, 'UTF8')), 'hex')`);
  for (const { entry_id, position } of rows)
    await tx.query(sql`
      update lethe.ledger_salt
      set salts = overlay(salts placing decode(repeat('00', ${SALT_BYTES}), 'hex') from ${position * SALT_BYTES + 1}::int)
      where entry_id = ${entry_id}`);
  return rows.length;
}
