import { newId } from '../core/ids.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';

/** The person this record is, made on first need. */
export async function subjectOf(tx: Tx, record: string, key: string): Promise<string> {
  const known = await findSubject(tx, record, key);
  if (known !== null) return known;
  const id = newId('subject');
  await tx.query(sql`insert into lethe.subject (id) values (${id})`);
  const { count } = await tx.query(sql`
    insert into lethe.subject_record (subject_id, record, key) values (${id}, ${record}, ${key})
    on conflict do nothing`);
  return count > 0 ? id : ((await findSubject(tx, record, key)) ?? id);
}

/** Gives a person's record the identity it had before a restore, unless it has got another since; returns the one in force. */
export async function keepSubject(tx: Tx, id: string, record: string, key: string): Promise<string> {
  const known = await findSubject(tx, record, key);
  if (known !== null) return known;
  await tx.query(sql`insert into lethe.subject (id) values (${id}) on conflict do nothing`);
  await tx.query(sql`
    insert into lethe.subject_record (subject_id, record, key) values (${id}, ${record}, ${key})`);
  return id;
}

/** The person this record is; null: Lethe has had no need to know them. */
export async function findSubject(db: Queryable, record: string, key: string): Promise<string | null> {
  const { rows } = await db.query<Row & { subject_id: string }>(sql`
    select subject_id from lethe.subject_record where record = ${record} and key = ${key}`);
  return rows[0]?.subject_id ?? null;
}

/** Records of persons by subject id, `customer/12`. */
export async function subjectNames(db: Queryable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<Row & { subject_id: string; name: string }>(sql`
    select subject_id, string_agg(record || '/' || key, ', ' order by record, key) as name
    from lethe.subject_record group by subject_id`);
  return new Map(rows.map(({ subject_id, name }) => [subject_id, name]));
}
