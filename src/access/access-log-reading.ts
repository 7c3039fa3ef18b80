import type { Actor } from '../core/actor.js';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { empty, raw, sql, type Sql } from '../db/sql.js';
import { keyText, parseRecord } from '../datamap/record-ref.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import type { Call } from './call.js';
import { lockCase, targetOf } from './case-store.js';
import { requireState, type CaseContext } from './cases.js';
import { givenMoment } from './moments.js';

/** What the log says of one access, without who it was. */
export interface LoggedAccess {
  readonly at: Instant;
  readonly deed: string;
  readonly purpose: string | null;
  /** `ticket/77`; of a list `ticket` */
  readonly record: string;
  readonly decision: 'allow' | 'masked' | 'deny';
  /** Digests of the policy versions that decided. */
  readonly policies: readonly string[];
  readonly reason: string | null;
}

/** The same with who it was: in an open case alone. */
export interface AttributedAccess extends LoggedAccess {
  readonly actor: string;
}

/** Oldest first. */
export interface LogPage<A extends LoggedAccess> {
  readonly entries: readonly A[];
  /** There are more; ask again from the last one's instant. */
  readonly more: boolean;
}

/** About one record, for a security matter or a subject request; instants are RFC 3339 or a day. */
export interface RecordQuestion {
  readonly record: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface CaseQuestion {
  /** An open case: two people stand for it. */
  readonly case: string;
  readonly from?: string | undefined;
}

const MOST = 10_000;
/** There is no reading that sorts, filters or counts by who it was: only an open case and one's own entries have `actor` in a condition. */
const COLUMNS = 'at, deed, purpose, record, key, decision, policies, reason';

interface LogRow extends Row {
  readonly at: Instant;
  readonly deed: string;
  readonly purpose: string | null;
  readonly record: string;
  readonly key: string | null;
  readonly decision: LoggedAccess['decision'];
  readonly policies: readonly string[];
  readonly reason: string | null;
  /** Read for an open case alone. */
  readonly actor?: string;
}

/**
 * Who asks is on record themselves before anything is told.
 * @throws LetheError `input_invalid`
 */
export async function logOfRecord(
  { db, graph, clock }: CaseContext,
  question: RecordQuestion,
  actor: Actor,
): Promise<LogPage<LoggedAccess>> {
  const { table, key } = parseRecord(graph, question.record);
  const record = table.concept ?? table.id;
  const period = within(question.from, question.to);
  return db.transaction(async (tx) => {
    const by = await actorId(tx, actor.name);
    const page = await readLog(tx, COLUMNS, sql`record = ${record} and key = ${keyText(key)}${period}`);
    await appendEntry(tx, {
      kind: 'access.looked',
      at: clock.now(),
      actor: by,
      about: { record },
      counts: { entries: page.rows.length },
      names: [`${record}/${keyText(key)}`],
    });
    return { entries: page.rows.map(shown), more: page.more };
  });
}

/**
 * With who it was: about the case's record or actor and within its period, while it is open.
 * @throws LetheError `case_unknown`, `case_not_open`, `input_invalid`
 */
export async function logOfCase(
  { db, clock }: CaseContext,
  question: CaseQuestion,
  actor: Actor,
): Promise<LogPage<AttributedAccess>> {
  const period = within(question.from, undefined);
  return db.transaction(async (tx) => {
    const [by, at] = [await actorId(tx, actor.name), clock.now()];
    const row = await lockCase(tx, question.case);
    requireState(row, 'open', at);
    const about =
      row.actor === null ? sql`record = ${row.record} and key = ${row.key}` : sql`actor = ${row.actor}`;
    const ofCase = sql`${about} and at >= ${row.from_at}::timestamptz and at < ${row.to_at}::timestamptz${period}`;
    const page = await readLog(tx, `actor, ${COLUMNS}`, ofCase);
    await appendEntry(tx, {
      kind: 'access.looked',
      at,
      actor: by,
      about: { case: row.id, kind: row.kind },
      counts: { entries: page.rows.length },
      names: [targetOf(row)],
    });
    return { entries: page.rows.map((one) => ({ actor: one.actor ?? '', ...shown(one) })), more: page.more };
  });
}

/** What is recorded of who asks (GDPR Art. 15). */
export async function ownLog(
  db: Queryable,
  { actor }: Call,
  question: { readonly from?: string | undefined; readonly to?: string | undefined } = {},
): Promise<LogPage<LoggedAccess>> {
  const page = await readLog(db, COLUMNS, sql`actor = ${actor.id}${within(question.from, question.to)}`);
  return { entries: page.rows.map(shown), more: page.more };
}

function within(from: string | undefined, to: string | undefined): Sql {
  const [first, last] = [givenMoment('from', from), givenMoment('to', to)];
  return sql`${first === null ? empty : sql` and at >= ${first}::timestamptz`}${last === null ? empty : sql` and at < ${last}::timestamptz`}`;
}

async function readLog(
  db: Queryable | Tx,
  columns: string,
  condition: Sql,
): Promise<{ readonly rows: readonly LogRow[]; readonly more: boolean }> {
  const { rows } = await db.query<LogRow>(sql`
    select ${raw(columns)} from lethe.access_log where ${condition} order by at, place limit ${MOST + 1}::int`);
  return { rows: rows.slice(0, MOST), more: rows.length > MOST };
}

const shown = ({ at, deed, purpose, record, key, decision, policies, reason }: LogRow): LoggedAccess => ({
  at,
  deed,
  purpose,
  record: key === null ? record : `${record}/${key}`,
  decision,
  policies,
  reason,
});
