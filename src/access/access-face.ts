import type { Actor, ActorName, Deed } from '../core/actor.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Vault } from '../vault/vault.js';
import type { Clock } from '../core/clock.js';
import type { Database } from '../db/database.js';
import type { PoliciesByKind } from '../policy/policy.js';
import {
  agree,
  agreementInForce,
  withdrawAgreement,
  type Agreement,
  type AgreementOrder,
} from './agreement.js';
import type { AccessLog } from './access-log.js';
import {
  logOfCase,
  logOfRecord,
  ownLog,
  type AttributedAccess,
  type CaseQuestion,
  type LoggedAccess,
  type LogPage,
  type RecordQuestion,
} from './access-log-reading.js';
import { sealAccessLog, type SealedAccess } from './access-roots.js';
import { verifyAccessLog, type AccessVerification } from './access-roots-verify.js';
import {
  breakGlass,
  reviewBreakGlass,
  unreviewedGlass,
  type BrokenGlass,
  type GlassBroken,
  type GlassOrder,
} from './break-glass.js';
import type { Call } from './call.js';
import { endQuarantine } from './end-quarantine.js';
import { closeCase, confirmCase, listCases, openCase, type CaseOrder, type CaseSummary } from './cases.js';
import { recordTraining, revokeTraining, type TrainingDone } from './training.js';

/** Of a library user: who asks is checked first. */
export type May = (actor: ActorName, deed: Deed) => Actor;

export interface AccessContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  readonly log: AccessLog;
  /** Knows of what is hidden and shown again. */
  readonly vault: Vault | null;
  policies(): Promise<PoliciesByKind>;
}

type Id = { readonly id: string };
/** RFC 3339 instants, or days. */
type Span = { readonly from?: string; readonly to?: string };

/** `engine.access`: the access log, and what stands beside the access policies. */
export interface Access {
  /** Employees' reading is recorded from then on. */
  agree(order: AgreementOrder, actor: ActorName): Promise<Id>;
  withdrawAgreement(actor: ActorName): Promise<Id>;
  /** Null: employees' reading is not recorded. */
  agreement(): Promise<Agreement | null>;
  /** About one record, without who it was; of an open case, with. Each look is in the ledger. */
  log(question: CaseQuestion, actor: ActorName): Promise<LogPage<AttributedAccess>>;
  log(question: RecordQuestion, actor: ActorName): Promise<LogPage<LoggedAccess>>;
  /** What is recorded of who asks. */
  own(call: Call, span?: Span): Promise<LogPage<LoggedAccess>>;
  openCase(order: CaseOrder, actor: ActorName): Promise<Id>;
  /** By another person than who opened it. */
  confirmCase(id: string, actor: ActorName): Promise<Id>;
  closeCase(id: string, actor: ActorName): Promise<Id>;
  cases(actor: ActorName): Promise<readonly CaseSummary[]>;
  breakGlass(call: Call, order: GlassOrder): Promise<GlassBroken>;
  reviewBreakGlass(id: string, finding: string, actor: ActorName): Promise<Id>;
  /** What waits for its review, without who it was. */
  glass(actor: ActorName): Promise<readonly BrokenGlass[]>;
  /** Shows a record again that `tickets.redact` hid by mistake: `message/5`. */
  release(record: string, actor: ActorName): Promise<Id>;
  train(done: TrainingDone, actor: ActorName): Promise<Id>;
  revokeTraining(id: string, actor: ActorName): Promise<Id>;
  /** Puts what the log says into the ledger, as Merkle roots. */
  seal(): Promise<SealedAccess>;
  /** Compares the log with its roots. */
  verify(): Promise<AccessVerification>;
}

export function accessOver(context: AccessContext, may: May): Access {
  const { db } = context;
  function log(question: CaseQuestion, actor: ActorName): Promise<LogPage<AttributedAccess>>;
  function log(question: RecordQuestion, actor: ActorName): Promise<LogPage<LoggedAccess>>;
  async function log(
    question: CaseQuestion | RecordQuestion,
    actor: ActorName,
  ): Promise<LogPage<LoggedAccess>> {
    const who = may(actor, 'watch');
    return 'case' in question ? logOfCase(context, question, who) : logOfRecord(context, question, who);
  }
  return {
    agree: async (order, actor) => agree(context, order, may(actor, 'agree')),
    withdrawAgreement: async (actor) => withdrawAgreement(context, may(actor, 'agree')),
    agreement: () => agreementInForce(db),
    log,
    own: (call, span) => ownLog(db, call, span),
    openCase: async (order, actor) => openCase(context, order, may(actor, 'watch')),
    confirmCase: async (id, actor) => confirmCase(context, id, may(actor, 'watch')),
    closeCase: async (id, actor) => closeCase(context, id, may(actor, 'watch')),
    cases: async (actor) => {
      may(actor, 'watch');
      return listCases(context);
    },
    breakGlass: async (call, order) =>
      breakGlass({ ...context, policies: await context.policies() }, call, order),
    reviewBreakGlass: async (id, finding, actor) =>
      reviewBreakGlass(context, id, finding, may(actor, 'review')),
    glass: async (actor) => {
      may(actor, 'review');
      return unreviewedGlass(db);
    },
    release: async (record, actor) => endQuarantine(context, record, may(actor, 'release')),
    train: async (done, actor) => recordTraining(context, done, may(actor, 'train')),
    revokeTraining: async (id, actor) => revokeTraining(context, id, may(actor, 'train')),
    seal: () => sealAccessLog(context),
    verify: () => verifyAccessLog(db),
  };
}
