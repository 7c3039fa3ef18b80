import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { ActivityPolicy } from '../policy/activity-policy.js';
import { isWithin } from '../policy/categories.js';

/** Somebody outside the desk who has a datum: by ids of policies. */
export interface Disclosure {
  readonly activity: string;
  readonly recipient: string;
}

/**
 * Who has a customer's datum (GDPR Art. 19): those who get its category by an activity in force about customers, and those to
 * whom it was forwarded from a ticket of theirs, also where the activity names them no more.
 */
export async function recipientsOf(
  db: Queryable,
  activities: readonly ActivityPolicy[],
  customer: string,
  field: string,
  category: string | null,
): Promise<readonly Disclosure[]> {
  const { rows } = await db.query<Row & Disclosure>(sql`
    select distinct f.activity, f.recipient from desk.forwards f join desk.tickets t on t.id = f.ticket_id
    where t.customer_id = ${customer}::bigint and f.fields && ${[field]}::text[]`);
  const named = activities.flatMap(({ id: activity, entry }) =>
    (entry.records?.includes('customer') ?? true)
      ? entry.recipients
          .filter((one) => covers(one.categories ?? entry.categories, category))
          .map(({ id: recipient }) => ({ activity, recipient }))
      : [],
  );
  const all = [...rows, ...named].map(
    ({ activity, recipient }) => [`${activity} ${recipient}`, { activity, recipient }] as const,
  );
  return [...new Map(all).values()].sort((a, b) =>
    a.recipient + a.activity < b.recipient + b.activity ? -1 : 1,
  );
}

const covers = (names: readonly string[], category: string | null): boolean =>
  category !== null && names.some((name) => isWithin(category, name));
