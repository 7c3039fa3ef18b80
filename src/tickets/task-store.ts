import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql, type Sql } from '../db/sql.js';
import type { Disclosure } from './recipients.js';

/** Something a person must do; sending a notice comes with the outbox. */
export interface Task {
  readonly id: string;
  /** `correct-again`: a restored database has the value from before the correction. */
  readonly kind: 'tell-recipient' | 'correct-again';
  /** `customer/12` */
  readonly subject: string;
  /** `customer.phone` */
  readonly field: string;
  readonly rectification: string | null;
  readonly activity: string | null;
  readonly recipient: string | null;
  readonly state: 'open' | 'done';
  readonly madeAt: string;
  readonly doneAt: string | null;
}

interface NewTasks {
  readonly key: string;
  readonly field: string;
  readonly rectification: string;
  readonly recipients: readonly Disclosure[];
  readonly at: Instant;
}

/** One for each recipient; returns their ids. */
export async function insertTasks(
  tx: Tx,
  { key, field, rectification, recipients, at }: NewTasks,
): Promise<readonly string[]> {
  const ids = recipients.map(() => newId('task'));
  if (ids.length === 0) return ids;
  await tx.query(sql`
    insert into lethe.task (id, kind, record, key, field, rectification, activity, recipient, made_at)
    select id, 'tell-recipient', 'customer', ${key}, ${field}, ${rectification}, activity, recipient, ${at}::timestamptz
    from unnest(${ids}::text[], ${recipients.map((one) => one.activity)}::text[], ${recipients.map((one) => one.recipient)}::text[])
      as task(id, activity, recipient)`);
  return ids;
}

const COLUMNS = sql`t.id, t.kind, t.record || '/' || t.key as subject, t.field, t.rectification, t.activity, t.recipient, t.state,
  t.made_at as "madeAt", t.done_at as "doneAt"`;

/** Tasks about customers for whom a predicate over `this` holds, oldest first. */
export async function tasksAbout(
  db: Queryable,
  state: Task['state'] | null,
  permitted: Sql,
): Promise<readonly Task[]> {
  const { rows } = await db.query<Row & Task>(sql`
    select ${COLUMNS} from lethe.task t join desk.customers this on this.id::text = t.key
    where t.record = 'customer' and (${state}::text is null or t.state = ${state}) and ${permitted}
    order by t.made_at, t.id`);
  return rows;
}

export async function findTask(tx: Tx, id: string): Promise<Task | null> {
  const { rows } = await tx.query<Row & Task>(sql`select ${COLUMNS} from lethe.task t where t.id = ${id}`);
  return rows[0] ?? null;
}

/** False when it was done already. */
export async function markDone(tx: Tx, id: string, by: string, at: Instant): Promise<boolean> {
  const { count } = await tx.query(sql`
    update lethe.task set state = 'done', done_by = ${by}, done_at = ${at}::timestamptz where id = ${id} and state = 'open'`);
  return count > 0;
}
