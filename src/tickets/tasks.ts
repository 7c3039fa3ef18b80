import type { Call } from '../access/call.js';
import { guardedRows } from '../access/guarded-rows.js';
import { LetheError } from '../core/errors.js';
import { z } from 'zod';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { askedFor, asking, candidatesFor, entryOf, filledFor, refused, stampNow } from './ask.js';
import { checkedInput, words } from './checked-input.js';
import { requireAccess } from './require-access.js';
import { findTask, markDone, tasksAbout, type Task } from './task-store.js';
import type { TicketContext } from './ticket-context.js';
import { writing } from './writing.js';

export const tasksInput = z.strictObject({ state: z.enum(['open', 'done']).optional() });
export type TasksInput = z.input<typeof tasksInput>;
export const taskInput = z.strictObject({ task: words(64) });
export type TaskInput = z.input<typeof taskInput>;

/**
 * What is still to be done about customers whose data the caller may correct: recipients to be told (GDPR Art. 19), corrections
 * to be made again.
 * @throws LetheError `input_invalid`, `access_denied`
 */
export async function listTasks(
  context: TicketContext,
  call: Call,
  input: TasksInput = {},
): Promise<readonly Task[]> {
  const { state = null } = checkedInput('tasks', tasksInput, input);
  return asking(context, call, async (asked) => {
    const found = candidatesFor(asked, 'correct', 'customer');
    const subject = { deed: 'correct', record: 'customer', key: null } as const;
    if (found.kind === 'denial') throw await refused(asked, subject, 'customer', found);
    const { condition } = guardedRows(found, askedFor(asked));
    const result = await tasksAbout(context.db, state, filledFor(condition, asked, {}));
    const digests = found.of.map(({ policy }) => policy.digest);
    await context.log.append([entryOf(call, subject, 'allow', digests, null)]);
    return { stamp: await stampNow(context.db), result };
  });
}

/**
 * Marks a task as done.
 * @throws LetheError `input_invalid`, `task_unknown`, `access_denied`
 */
export async function completeTask(
  context: TicketContext,
  call: Call,
  input: TaskInput,
): Promise<{ readonly task: string }> {
  const { task: id } = checkedInput('task', taskInput, input);
  return writing(context, call, 'correct', 'customer', async (tx) => {
    const task = await findTask(tx, id);
    if (!task) throw new LetheError('task_unknown', { task: id });
    await requireAccess(context, tx, call, 'correct', task.subject);
    const [by, at] = [await actorId(tx, call.actor.id), context.clock.now()];
    if (!(await markDone(tx, id, by, at))) throw new LetheError('task_unknown', { task: id });
    const about = {
      task: id,
      kind: task.kind,
      ...(task.recipient === null ? {} : { recipient: task.recipient }),
    };
    await appendEntry(tx, { kind: 'task.done', at, actor: by, about, names: [task.subject] });
    return { task: id };
  });
}
