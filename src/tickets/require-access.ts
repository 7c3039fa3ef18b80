import type { AccessEntry } from '../access/access-log.js';
import type { Call } from '../access/call.js';
import type { Candidates, Denial } from '../access/decide-access.js';
import { accessDenied, consideredIn, type Decision } from '../access/decision.js';
import { guardedRows, type GuardedRows } from '../access/guarded-rows.js';
import { STAMP } from '../access/policy-cache.js';
import { Slot } from '../access/slots.js';
import type { LetheError } from '../core/errors.js';
import type { Row, Tx } from '../db/database.js';
import { raw, sql, type Sql } from '../db/sql.js';
import type { AccessDeed } from '../policy/access-schema.js';
import type { PoliciesByKind } from '../policy/policy.js';
import {
  askedFor,
  asking,
  candidatesFor,
  compiledFor,
  entryOf,
  filledFor,
  stampNow,
  type Answer,
  type Asked,
  type Subject,
} from './ask.js';
import { deskRecord, type DeskRecord } from './desk-record.js';
import type { TicketContext } from './ticket-context.js';

/** A deed that is permitted, on a row that stays locked until the transaction ends. */
export interface Granted {
  /** `ticket` */
  readonly record: string;
  readonly key: string;
  /** Ids of the policies that permit it. */
  readonly policies: readonly string[];
  /** What was in force when it was decided: intake and consent go by the same versions. */
  readonly inForce: PoliciesByKind;
}

/**
 * Asks for a deed on one record inside the transaction that does it: the row is locked, the compiled condition evaluated on it
 * in a new snapshot, and the permission recorded with the deed. For `open`, insert a draft of the ticket first (draftsOver) and ask
 * with its reference.
 * A denial is recorded once the transaction has rolled back: run that inside `recordingDenials`.
 * @param ref `ticket/77`, `message/5`
 * @throws LetheError `access_denied` (also where there is no such record), `input_invalid`
 */
export async function requireAccess(
  context: TicketContext,
  tx: Tx,
  call: Call,
  deed: AccessDeed,
  ref: string,
): Promise<Granted> {
  const named = deskRecord(context.graph, ref);
  await lockRow(context, tx, named);
  const found = await asking(context, call, (asked) => decideRow(asked, tx, deed, named), tx);
  const { candidates, decision, inForce } = found;
  const subject = { deed, ...named };
  if (decision === null) throw denied(call, subject, ref, candidates);
  const digests = decision.policies.map(({ version }) => version);
  await context.log.appendIn(tx, [entryOf(call, subject, 'allow', digests, decision.reason)]);
  return { ...named, policies: decision.policies.map(({ id }) => id), inForce };
}

/**
 * Refuses whom no policy permits the deed on any record of that name: before anything is stored, and before a key is made for it that
 * would stay in the vault. Who passes is still to ask with the record.
 * @throws LetheError `access_denied`
 */
export async function requirePolicy(
  context: TicketContext,
  tx: Tx,
  call: Call,
  deed: AccessDeed,
  record: string,
): Promise<void> {
  const ask = async (asked: Asked): Promise<Answer<Candidates | Denial>> => {
    const result = candidatesFor(asked, deed, record);
    // what permits need not rule any more: it is asked again with the record
    return { stamp: result.kind === 'denial' ? await stampNow(tx) : asked.inForce.stamp, result };
  };
  const found = await asking(context, call, ask, tx);
  if (found.kind === 'denial') throw denied(call, { deed, record, key: null }, record, found);
}

/** Taken before the row is looked at: what it waits for may change the answer. Foreign keys to it do not wait. */
async function lockRow({ graph }: TicketContext, tx: Tx, { record, key }: DeskRecord): Promise<void> {
  const table = graph.records.get(record)?.sql ?? '';
  await tx.query(sql`select from ${raw(table)} this where this.id = ${key}::bigint for no key update`);
}

interface Found {
  readonly candidates: Candidates | Denial;
  /** Null: denied. */
  readonly decision: Decision | null;
  readonly inForce: PoliciesByKind;
}

async function decideRow(
  asked: Asked,
  tx: Tx,
  deed: AccessDeed,
  { record, key }: DeskRecord,
): Promise<Answer<Found>> {
  const candidates = candidatesFor(asked, deed, record);
  const inForce = asked.inForce.policies;
  if (candidates.kind === 'denial')
    return { stamp: await stampNow(tx), result: { candidates, decision: null, inForce } };
  const { rows, statement } = compiledFor(asked, `${deed} ${record}`, () => rowStatement(candidates, asked));
  const answer = await tx.query<Row & { stamp: string; shown: readonly unknown[] | null }>(
    filledFor(statement, asked, { key }),
  );
  const { stamp = '', shown = null } = answer.rows[0] ?? {};
  const decision = (shown && rows.shown(key, shown)?.decision) ?? null;
  return { stamp, result: { candidates, decision, inForce } };
}

interface RowStatement {
  readonly rows: GuardedRows;
  readonly statement: Sql;
}

/** One row whether there is such a record or not: the stamp must come along. */
function rowStatement(candidates: Candidates, asked: Asked): RowStatement {
  const rows = guardedRows(candidates, askedFor(asked));
  const { table } = candidates;
  const statement = sql`select ${STAMP} as stamp, (
    select ${rows.verdict} from ${raw(table.sql)} this ${rows.lateral}
    where this.id = ${new Slot('key')}::bigint and not ${rows.hidden}) as shown`;
  return { rows, statement };
}

/** Denials that still have to be recorded: their transaction has to end first. */
const UNRECORDED = new WeakMap<LetheError, AccessEntry>();

function denied(call: Call, subject: Subject, ref: string, asked: Candidates | Denial): LetheError {
  const reason = asked.kind === 'denial' ? asked.reason : 'not_permitted';
  const error = accessDenied(call, { deed: subject.deed, ref, reason, considered: consideredIn(asked) });
  UNRECORDED.set(error, entryOf(call, subject, 'deny', [], reason));
  return error;
}

/**
 * Runs what asks by `requireAccess`, and makes its denial durable before it reaches the caller:
 * `recordingDenials(context, () => throughDoor(context.db, async (tx) => { await requireAccess(context, tx, …); … }))`.
 */
export async function recordingDenials<T>(context: TicketContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const entry = UNRECORDED.get(error as LetheError);
    if (entry) await context.log.append([entry]);
    throw error;
  }
}
