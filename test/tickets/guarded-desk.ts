import { NO_ENCRYPTION, type Encryption } from '../../src/encryption/encryption.js';
import { readFileSync } from 'node:fs';
import type { AccessEntry, AccessLog } from '../../src/access/access-log.js';
import type { ConsentHolds } from '../../src/access/access-sql.js';
import type { Call } from '../../src/access/call.js';
import { fixedClock, type Clock } from '../../src/core/clock.js';
import { describeProblems, type Problem } from '../../src/core/errors.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import type { Queryable } from '../../src/db/database.js';
import {
  byKind,
  READERS,
  type PoliciesByKind,
  type Policy,
  type PolicyKind,
} from '../../src/policy/policy.js';
import type { Purpose } from '../../src/policy/purposes.js';
import type { ProofDelivery, TicketContext } from '../../src/tickets/ticket-context.js';
import { ticketsOver, type Tickets } from '../../src/tickets/tickets.js';
import { openDesk, type Desk, type Json } from '../support/small-desk.js';

export const NOW = parseInstant('2026-06-01T12:00:00Z') as Instant;
export const CARE: Purpose = 'dpv:CustomerCare';

export const call = (
  id: string,
  role: string | readonly string[] = 'agent',
  purpose: Purpose = CARE,
): Call => ({
  actor: { id, roles: typeof role === 'string' ? [role] : role, assurance: 'authenticated' },
  purpose,
});

export const CARE_AIM = { purpose: CARE, basis: 'eu-gdpr:A6-1-b' };

/** An activity with these aims; what Art. 30 wants besides is made up. */
export const activity = (purposes: readonly Json[] = [CARE_AIM], different: Json = {}): Json => ({
  kind: 'activity',
  id: 'support',
  title: 'Support',
  organisation: 'desk',
  says: { en: 'Support' },
  purposes: purposes.map((aim) => ({ says: { en: 'why' }, ...aim })),
  subjects: ['customer'],
  categories: ['user'],
  sources: [{ from: 'data-subject', says: { en: 'them' } }],
  recipients: [],
  transfers: [],
  obligation: { is: 'voluntary', says: { en: 'nothing' } },
  automatedDecision: 'none',
  measures: ['access control'],
  ...different,
});

/** An access policy: agents may read and list the record for customer care. */
export const access = (id: string, different: Json = {}): Json => ({
  kind: 'access',
  id,
  title: id,
  record: 'ticket',
  roles: ['agent'],
  purposes: [CARE],
  may: ['read', 'list'],
  ...different,
});

/** Files of any kind, compiled against the map. */
export function policiesFrom(graph: MapGraph, files: readonly Json[]): PoliciesByKind {
  const problems: Problem[] = [];
  const policies = files.flatMap((content): readonly Policy[] => {
    const read = READERS[content['kind'] as PolicyKind];
    const policy = read(graph, { path: `${String(content['id'])}.json`, content }, problems);
    return policy ? [policy] : [];
  });
  if (problems.length > 0) throw new Error(describeProblems(problems));
  return byKind(policies);
}

/** Keeps what would be recorded. */
export class LogDouble implements AccessLog {
  readonly entries: AccessEntry[] = [];
  append(entries: readonly AccessEntry[]): Promise<void> {
    this.entries.push(...entries);
    return Promise.resolve();
  }
  appendIn(_: unknown, entries: readonly AccessEntry[]): Promise<void> {
    return this.append(entries);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

export interface Guarded {
  readonly context: TicketContext;
  readonly tickets: Tickets;
  readonly log: LogDouble;
  readonly delivered: ProofDelivery[];
  /** Texts of the statements sent. */
  readonly statements: string[];
}

export const nativeMap = (): Json =>
  JSON.parse(readFileSync(new URL('../../policies/data-maps/native.json', import.meta.url), 'utf8')) as Json;

/** The native help desk with these rows. */
export const openNative = (ddl: string, map = nativeMap()): Promise<Desk> =>
  openDesk({ ddl, map, migrations: ['desk'] });

export interface GuardOptions {
  readonly clock?: Clock;
  readonly consentHolds?: ConsentHolds;
  readonly encryption?: Encryption;
  /** Instead of the same policies for ever. */
  readonly policies?: (on?: Queryable) => Promise<PoliciesByKind>;
}

/** The ticket storage of a desk under these policies. */
export function guarded(desk: Desk, files: readonly Json[], options: GuardOptions = {}): Guarded {
  const [log, delivered, statements] = [new LogDouble(), [] as ProofDelivery[], [] as string[]];
  const known = policiesFrom(desk.graph, files);
  const context: TicketContext = {
    db: {
      ...desk.db,
      query: (statement) => {
        statements.push(statement.text);
        return desk.db.query(statement);
      },
    },
    graph: desk.graph,
    clock: options.clock ?? fixedClock(NOW),
    vault: null,
    encryption: options.encryption ?? NO_ENCRYPTION,
    policies: options.policies ?? (() => Promise.resolve(known)),
    log,
    deliverProof: (delivery) => void delivered.push(delivery),
    ...(options.consentHolds ? { consentHolds: options.consentHolds } : {}),
  };
  return { context, tickets: ticketsOver(context), log, delivered, statements };
}
