import type { Call } from '../access/call.js';
import type { Candidates, Denial } from '../access/decide-access.js';
import type { GuardedRows, Shown } from '../access/guarded-rows.js';
import { ProtectedValues } from '../access/protected-values.js';
import type { LetheError } from '../core/errors.js';
import type { Row } from '../db/database.js';
import {
  asking,
  candidatesFor,
  compiledFor,
  entryOf,
  filledFor,
  refused,
  stampNow,
  stampOf,
  type Answer,
  type Asked,
} from './ask.js';
import { checkedInput } from './checked-input.js';
import { cursorOf, placeAfter, type ListPlace } from './list-cursor.js';
import { listOrder, type ListOrder } from './list-inputs.js';
import { filterValues, hiddenColumns, listStatement, shapeOf, sortColumn } from './list-sql.js';
import type { TicketContext } from './ticket-context.js';
import type { z } from 'zod';

export interface TicketList {
  readonly tickets: readonly Shown[];
  /** For `after`, where there are more; null: this is the end. */
  readonly next: string | null;
  /** Of all that may be listed and fit the filter; null: not asked for. */
  readonly count: number | null;
}

const LIST = { deed: 'list', record: 'ticket', key: null } as const;

/**
 * Lists the tickets that who asks may list for the purpose, page by page; the condition of the policies is part of the query.
 * @throws LetheError `access_denied` (also for a filter or an order by what is not shown in full on every such ticket),
 *   `input_invalid`, and as ProtectedValues.decryptEach
 */
export async function listTickets(
  context: TicketContext,
  call: Call,
  order: z.input<typeof listOrder> = {},
): Promise<TicketList> {
  const checked = checkedInput('list', listOrder, order);
  const after = placeAfter(checked);
  const outcome = await asking(context, call, (asked) => askList(asked, checked, after));
  if ('refusal' in outcome) throw await outcome.refusal();
  await outcome.sealed.decryptEach(context.encryption);
  await recordList(context, call, outcome.list.tickets);
  return outcome.list;
}

/** One entry a list: it is about no single record. */
export async function recordList(
  { log }: TicketContext,
  call: Call,
  tickets: readonly Shown[],
): Promise<void> {
  const policies = tickets.flatMap(({ decision }) => decision.policies.map(({ version }) => version));
  const full = tickets.every(({ decision }) => decision.decision === 'allow');
  await log.append([entryOf(call, LIST, full ? 'allow' : 'masked', [...new Set(policies)].sort(), null)]);
}

export type ListOutcome<T> =
  | {
      readonly list: T;
      /** What of it is shown only when it is decrypted. */
      readonly sealed: ProtectedValues;
    }
  | { readonly refusal: () => Promise<LetheError> };

export interface ListRow extends Row {
  readonly id: string;
  /** Where it was asked for. */
  readonly count?: number;
}

async function askList(
  asked: Asked,
  order: ListOrder,
  after: ListPlace | null,
): Promise<Answer<ListOutcome<TicketList>>> {
  const candidates = candidatesFor(asked, 'list', 'ticket');
  if (candidates.kind === 'denial') return refusal(asked, candidates);
  if (hiddenColumns(candidates, order).length > 0) return refusal(asked, candidates, 'field_not_shown');
  const compiled = compiledFor(asked, `list ${shapeOf(order)}`, () =>
    listStatement(asked, candidates, order),
  );
  const values = { ...filterValues(order.filter), ...after, most: order.limit + 1 };
  const { rows } = await asked.context.db.query<ListRow>(filledFor(compiled.statement, asked, values));
  const sealed = new ProtectedValues();
  const tickets = shownIn(compiled.rows, rows.slice(0, order.limit), sealed);
  const last = rows.length > order.limit ? tickets.at(-1) : undefined;
  const list: TicketList = {
    tickets,
    next: last ? cursorOf(order.sort, placeOf(last, order)) : null,
    count: order.count ? (rows[0]?.count ?? (await countBefore(asked, order, after))) : null,
  };
  return { stamp: await stampOf(asked, rows), result: { list, sealed } };
}

/** Of a list whose last page was asked past its end. */
async function countBefore(asked: Asked, order: ListOrder, after: ListPlace | null): Promise<number> {
  if (after === null) return 0;
  const { result } = await askList(asked, { ...order, after: undefined, limit: 1 }, null);
  return 'list' in result ? (result.list.count ?? 0) : 0;
}

export const shownIn = (
  guarded: GuardedRows,
  rows: readonly ListRow[],
  sealed: ProtectedValues,
): readonly Shown[] => rows.flatMap((row) => guarded.shown(row.id, guarded.valuesOf(row), sealed) ?? []);

/** Key and order are shown in full on every row of a list, or it is refused. */
const placeOf = ({ fields }: Shown, { sort }: ListOrder): ListPlace => ({
  key: String(fields['id']),
  value: String(fields[sortColumn(sort)]),
});

/** One statement here too: it asks whether the policies that refuse still rule. */
export async function refusal(
  asked: Asked,
  candidates: Candidates | Denial,
  reason?: string,
): Promise<Answer<{ readonly refusal: () => Promise<LetheError> }>> {
  const stamp = await stampNow(asked.context.db);
  return { stamp, result: { refusal: () => refused(asked, LIST, 'ticket', candidates, reason) } };
}
