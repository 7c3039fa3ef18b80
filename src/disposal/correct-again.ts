import { newId } from '../core/ids.js';
import type { Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { RectifiedAct } from '../vault/act.js';

/**
 * A restored database has a person's datum as it was before a correction, and the journal does not hold the value it was
 * corrected to: a task asks for it again. False when the correction is there.
 */
export async function askToCorrectAgain(tx: Tx, act: RectifiedAct): Promise<boolean> {
  const { count } = await tx.query(sql`
    insert into lethe.task (id, kind, record, key, field, made_at)
    select ${newId('task')}, 'correct-again', ${act.record}, ${act.key}, ${act.field}, ${act.at}::timestamptz
    where not exists (select from lethe.rectification where id = ${act.rectification})`);
  return count > 0;
}
