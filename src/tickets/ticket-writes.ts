import type { Call } from '../access/call.js';
import { attachTo, type Attached } from './attach.js';
import { assignTicket, changeTicket, linkTickets, type Changed } from './change.js';
import { correctCustomer, type Corrected } from './correct.js';
import { forwardTicket, type Forwarded } from './forward.js';
import { draftNotice, type DraftInput, type NoticeDraft } from './notice-draft.js';
import { openTicket, type Opened } from './open.js';
import { flagMessage, liftFlag, redactRecord, type Redacted } from './redact.js';
import { noteOn, replyTo, type Written } from './reply.js';
import { stateOn, type Stated } from './state.js';
import type { Task } from './task-store.js';
import { completeTask, listTasks, type TaskInput, type TasksInput } from './tasks.js';
import type { TicketContext } from './ticket-context.js';
import type {
  AssignInput,
  AttachInput,
  ChangeInput,
  CorrectInput,
  FlagInput,
  ForwardInput,
  LinkInput,
  OpenInput,
  RedactInput,
  ReplyInput,
  StateInput,
} from './write-inputs.js';

/** The writing half of `engine.tickets`: each call one transaction, nothing of which is written where it throws. */
export interface TicketWrites {
  open(call: Call, input: OpenInput): Promise<Opened>;
  /** A message that the customer sees. */
  reply(call: Call, input: ReplyInput): Promise<Written>;
  /** A message that only the desk sees. */
  note(call: Call, input: ReplyInput): Promise<Written>;
  attach(call: Call, input: AttachInput): Promise<Attached>;
  assign(call: Call, input: AssignInput): Promise<{ readonly ticket: string; readonly agent: string | null }>;
  /** Records what goes to a recipient; sending it is the host application's. */
  forward(call: Call, input: ForwardInput): Promise<Forwarded>;
  change(call: Call, input: ChangeInput): Promise<Changed>;
  link(
    call: Call,
    input: LinkInput,
  ): Promise<{ readonly ticket: string; readonly to: string; readonly linked: boolean }>;
  flagSensitive(
    call: Call,
    input: FlagInput,
  ): Promise<{ readonly message: string; readonly flagged: boolean }>;
  liftSensitive(
    call: Call,
    input: FlagInput,
  ): Promise<{ readonly message: string; readonly lifted: boolean }>;
  redact(call: Call, input: RedactInput): Promise<Redacted>;
  correct(call: Call, input: CorrectInput): Promise<Corrected>;
  state(call: Call, input: StateInput): Promise<Stated>;
  tasks(call: Call, input?: TasksInput): Promise<readonly Task[]>;
  /** The notice of Art. 19 that a task asks for. */
  draft(call: Call, input: DraftInput): Promise<NoticeDraft>;
  completeTask(call: Call, input: TaskInput): Promise<{ readonly task: string }>;
}

/** @param native the context, or throws `map_unenforced` */
export function writesOver(native: () => TicketContext): TicketWrites {
  return {
    open: async (call, input) => openTicket(native(), call, input),
    reply: async (call, input) => replyTo(native(), call, input),
    note: async (call, input) => noteOn(native(), call, input),
    attach: async (call, input) => attachTo(native(), call, input),
    assign: async (call, input) => assignTicket(native(), call, input),
    forward: async (call, input) => forwardTicket(native(), call, input),
    change: async (call, input) => changeTicket(native(), call, input),
    link: async (call, input) => linkTickets(native(), call, input),
    flagSensitive: async (call, input) => flagMessage(native(), call, input),
    liftSensitive: async (call, input) => liftFlag(native(), call, input),
    redact: async (call, input) => redactRecord(native(), call, input),
    correct: async (call, input) => correctCustomer(native(), call, input),
    state: async (call, input) => stateOn(native(), call, input),
    tasks: async (call, input) => listTasks(native(), call, input),
    draft: async (call, input) => draftNotice(native(), call, input),
    completeTask: async (call, input) => completeTask(native(), call, input),
  };
}
