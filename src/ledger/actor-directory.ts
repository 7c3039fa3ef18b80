import { nameKey, shownName } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';

/**
 * The id of the actor with this name, made on first need. The directory is the only place that holds the name.
 * @throws LetheError `input_invalid` for an empty name
 */
export async function actorId(db: Queryable, name: string): Promise<string> {
  const key = nameKey(name);
  if (key === '')
    throw new LetheError('input_invalid', { what: '--as', reason: 'the name of the actor is empty' });
  const { rows } = await db.query<{ id: string }>(sql`
    with made as (
      insert into lethe.actor (id, name, name_key) values (${newId('actor')}, ${shownName(name)}, ${key})
      on conflict (name_key) do nothing
      returning id
    )
    select id from made union all select id from lethe.actor where name_key = ${key}`);
  return rows[0]?.id ?? actorId(db, name); // made by another process between the two readings
}

/** Makes the id known again, without a name: an act that is done again after a restore was somebody's. */
export async function keepActor(db: Queryable, id: string): Promise<void> {
  await db.query(sql`insert into lethe.actor (id) values (${id}) on conflict do nothing`);
}

/** Names by id, for showing to people; an erased one is missing. */
export async function actorNames(db: Queryable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<Row & { id: string; name: string }>(sql`
    select id, name from lethe.actor where name is not null`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
