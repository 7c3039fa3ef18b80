import type { AccessEntry } from '../../src/access/access-log.js';
import type { Call } from '../../src/access/call.js';
import { openAccessLog } from '../../src/access/access-log-writer.js';
import type { AccessLog } from '../../src/access/access-log.js';
import type { Clock } from '../../src/core/clock.js';
import type { Problem } from '../../src/core/errors.js';
import type { Engine } from '../../src/engine.js';
import { engineOver } from '../../src/engine.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { checkPolicies } from '../../src/policy/policy-set.js';
import type { PoliciesByKind } from '../../src/policy/policy.js';
import { testClock } from '../support/published.js';
import {
  openDesk,
  ticketRows,
  TICKETS,
  ticketTable,
  withOwnTables,
  type Desk,
  type Json,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

export const START = '2026-03-02T09:00:00.000000Z';

const AGENTS = { key: { id: 'bigint' }, concept: 'agent' };
const MAP = { tables: { tickets: ticketTable(), agents: AGENTS }, edges: [], enforces: ['read'] };
const DDL = `${TICKETS}; ${ticketRows([1, 2, 77])}; create table shop.agents (id bigint primary key);
  insert into shop.agents values (7), (8), (9)`;

export interface AccessDesk extends Desk {
  readonly own: MapGraph;
  readonly clock: ReturnType<typeof testClock>;
  readonly log: AccessLog;
  /** With its log, on a pool of its own where `apart`. */
  readonly open: (order?: Opening) => Engine;
}

export interface Opening {
  readonly files?: readonly Json[];
  readonly actors?: Parameters<typeof engineOver>[0]['actors'];
  readonly clock?: Clock;
}

/** A small desk with Lethe's own tables in its map, and a clock the test sets. */
export async function accessDesk(): Promise<AccessDesk> {
  const desk = await openDesk({ ddl: DDL, map: MAP });
  const own = await withOwnTables(MAP);
  const clock = testClock(START);
  const log = openAccessLog(desk.db, clock);
  return {
    ...desk,
    own,
    clock,
    log,
    open: ({ files = [], actors, clock: other = clock } = {}) => {
      const policies = kindsOf(own, files);
      return engineOver({
        db: desk.db,
        graph: own,
        clock: other,
        log,
        vault: vaultOf(desk.url),
        policiesInForce: () => Promise.resolve(policies.retention),
        policiesByKind: () => Promise.resolve(policies),
        ...(actors === undefined ? {} : { actors }),
      });
    },
  };
}

function kindsOf(graph: MapGraph, files: readonly Json[]): PoliciesByKind {
  const problems: Problem[] = [];
  const named = files.map((content) => ({ path: `${String(content['id'])}.json`, content }));
  const policies = checkPolicies(graph, named, problems);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return policies;
}

export const entry = (different: Partial<AccessEntry> = {}): AccessEntry => ({
  actor: 'agent/7',
  deed: 'read',
  purpose: 'dpv:CustomerCare',
  record: 'ticket',
  key: '77',
  decision: 'allow',
  policies: ['d1', 'd2'],
  reason: null,
  ...different,
});

export const callOf = (id: string, ...roles: readonly string[]): Call => ({
  actor: { id, roles, assurance: 'authenticated' },
  purpose: 'dpv:CustomerCare',
});

export const NO_COUNCIL = { noWorksCouncil: 'three people, none elected' };
