import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Call } from '../access/call.js';
import { decryptedRow } from '../access/protected-values.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Row, Tx } from '../db/database.js';
import { identifier, raw, sql } from '../db/sql.js';
import { textLines } from '../documents/plain-text.js';
import { readTemplate, renderTemplate } from '../documents/template.js';
import { LANGUAGES } from '../policy/languages.js';
import type { PoliciesByKind } from '../policy/policy.js';
import { checkedInput, words } from './checked-input.js';
import { requireAccess } from './require-access.js';
import { findTask, type Task } from './task-store.js';
import type { TicketContext } from './ticket-context.js';
import { writing } from './writing.js';

export const draftInput = z.strictObject({
  task: words(64),
  language: z.enum(LANGUAGES).default('en').describe('of the recipient'),
});
export type DraftInput = z.input<typeof draftInput>;

export interface NoticeDraft {
  readonly task: string;
  readonly language: string;
  readonly title: string;
  /** The whole letter as plain text, with the value as it is now. */
  readonly text: string;
  /** Where it goes, as the activity says; null where it does not. */
  readonly contact: string | null;
}

/** The same folder seen from src/tickets and from dist/tickets: the package ships it as it is. */
const TEMPLATES = fileURLToPath(new URL('../../reports/rectification-notice', import.meta.url));

/**
 * Drafts the notice of Art. 19 that a task asks for. It is made anew each time and stored nowhere: a copy of the person's
 * data would be one more place to correct.
 * @throws LetheError `input_invalid`, `task_unknown`, `access_denied`, and as Encryption.decrypt
 */
export async function draftNotice(
  context: TicketContext,
  call: Call,
  input: DraftInput,
): Promise<NoticeDraft> {
  const { task: id, language } = checkedInput('draft', draftInput, input);
  const template = await readTemplate(
    join(TEMPLATES, `${language}.liquid`),
    language,
    `rectification-notice/${language}.liquid`,
  );
  return writing(context, call, 'correct', 'customer', async (tx) => {
    const task = await findTask(tx, id);
    if (task?.kind !== 'tell-recipient') throw new LetheError('task_unknown', { task: id });
    const { key, inForce } = await requireAccess(context, tx, call, 'correct', task.subject);
    const facts = await factsOf(tx, context, task, key, inForce);
    const { title, blocks } = renderTemplate(template, facts);
    const document = { id, title, language, author: 'Lethe', created: context.clock.now(), blocks };
    const lines: string[] = [];
    for await (const line of textLines(document)) lines.push(line);
    return { task: id, language, title, text: lines.join('\n'), contact: facts.recipient.contact };
  });
}

async function factsOf(
  tx: Tx,
  { graph, encryption }: TicketContext,
  task: Task,
  key: string,
  { activity, organisation }: PoliciesByKind,
) {
  const field = task.field.replace(/^customer\./, '');
  const table = graph.records.get('customer');
  const column = table?.columns.get(field);
  if (!table || !column) throw new LetheError('task_unknown', { task: task.id });
  const { rows } = await tx.query<Row & Readonly<Record<string, string | null>>>(sql`
    select ${raw(column.sql)}::text as ${raw(identifier(field))}, customer_number from desk.customers where id = ${key}::bigint`);
  const customer = await decryptedRow(encryption, table, key, rows[0] ?? {}, tx);
  const of = activity.find(({ id }) => id === task.activity)?.entry;
  const recipient = of?.recipients.find(({ id }) => id === task.recipient);
  return {
    field,
    value: customer[field] ?? null,
    customerNumber: customer['customer_number'] ?? '',
    correctedAt: task.madeAt as Instant,
    activity: { title: of?.title ?? task.activity ?? '' },
    recipient: { name: recipient?.name ?? task.recipient ?? '', contact: recipient?.contact ?? null },
    organisation: organisation.find(({ id }) => id === of?.organisation)?.entry.controller.name ?? '',
  };
}
