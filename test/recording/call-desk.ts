import { readFileSync } from 'node:fs';
import type { Call } from '../../src/access/call.js';
import type { Clock } from '../../src/core/clock.js';
import { describeProblems, type Problem } from '../../src/core/errors.js';
import { guardedTables, type MapGraph } from '../../src/datamap/graph.js';
import type { Database } from '../../src/db/database.js';
import { openPostgres } from '../../src/db/postgres.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { byKind, type PoliciesByKind } from '../../src/policy/policy.js';
import { readPolicies } from '../../src/policy/policy-set.js';
import { testClock } from '../support/published.js';
import { openDesk, type Desk, type Json } from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const shipped = (path: string): Json =>
  JSON.parse(readFileSync(new URL(`../../policies/${path}.json`, import.meta.url), 'utf8')) as Json;

const DDL = `
  insert into desk.agents (id, name, email, role) values
    (7, 'Agent Marker', 'agent@marker.example', 'agent'), (8, 'Lead Marker', 'lead@marker.example', 'team-lead');
  insert into desk.customers (id, customer_number, name, email) values
    (1, 'C-1', 'Grete Muster-Marker', 'grete@marker.example'), (2, 'C-2', 'Kim Marker', 'kim@marker.example');
  insert into desk.tickets (id, number, subject, category, channel, customer_id) values
    (77, 'T-77', 'Marker subject', 'billing', 'phone', 1)`;

/** Who takes a call may note what happens on it. */
const ACCESS: Json = {
  kind: 'access',
  id: 'agents-note',
  title: 'Agents note',
  record: 'ticket',
  roles: ['agent', 'telephony'],
  purposes: ['dpv:CustomerCare'],
  may: ['read', 'note'],
};

export const CONSENT = shipped('native/consent-call-recording');
export const POLICIES: readonly Json[] = [
  ...['organisation', 'activity-support', 'activity-call-recording'].map((name) => shipped(`native/${name}`)),
  ACCESS,
  CONSENT,
];

export const SWITCH: Call = {
  actor: { id: 'service/telephony', roles: ['telephony'], assurance: 'authenticated' },
  purpose: 'dpv:CustomerCare',
};
export const SHOWN = { wording: '2026-11', language: 'en' } as const;
export const SPOKEN = { ...SHOWN, method: 'spoken' } as const;

export function read(graph: MapGraph, files: readonly Json[]): PoliciesByKind {
  const problems: Problem[] = [];
  const named = files.map((content) => ({ path: `${String(content['id'])}.json`, content }));
  const policies = readPolicies(graph, named, problems);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  return byKind(policies);
}

export interface CallDesk extends Desk {
  readonly with: (files?: readonly Json[], db?: Database) => Engine;
  /** With connections of its own, as in another process. */
  readonly elsewhere: () => Promise<Engine>;
}

const pools: Database[] = [];

export async function closePools(): Promise<void> {
  for (const pool of pools.splice(0)) await pool.close();
}

export async function openCallDesk(clock: Clock): Promise<CallDesk> {
  const desk = await openDesk({ ddl: DDL, map: shipped('data-maps/native'), migrations: ['desk'] });
  const { graph } = desk;
  const engineWith = (files = POLICIES, db = desk.db): Engine => {
    const policies = read(graph, files);
    return engineOver({
      db,
      graph,
      clock,
      vault: vaultOf(desk.url),
      policiesInForce: () => Promise.resolve(policies.retention),
      policiesByKind: () => Promise.resolve(policies),
    });
  };
  return {
    ...desk,
    with: engineWith,
    elsewhere: async () => {
      const db = await openPostgres(desk.url, { max: 2 });
      db.guard(guardedTables(graph));
      pools.push(db);
      return engineWith(POLICIES, db);
    },
  };
}

/** A clock for tests that share a desk: each is in a minute of its own, because the consents of one are there in the next. */
export function minuteClock() {
  let minute = 0;
  const at = (second: number): string =>
    `2026-11-20T10:${String(minute).padStart(2, '0')}:${String(second).padStart(2, '0')}.000000Z`;
  const clock = testClock(at(0));
  const nextMinute = (): void => {
    minute += 1;
    clock.set(at(0));
  };
  return { clock, at, nextMinute };
}

export const SOUND = { content: new Uint8Array([1, 2, 3]), mediaType: 'audio/ogg' };

export interface Opened {
  readonly id: string;
  readonly customer: string;
  readonly agent: string;
}

/** A call of an unknown customer and agent 7, unless said otherwise. */
export async function open(
  engine: Engine,
  customer = 'unknown',
  place: string | null = 'DE',
  agentPlace = place,
): Promise<Opened> {
  const { id, participants } = await engine.recordings.openCall(SWITCH, {
    ticket: 'ticket/77',
    participants: [
      { record: customer, role: 'customer', place },
      { record: 'agent/7', role: 'agent', place: agentPlace },
    ],
  });
  return { id, customer: participants[0] ?? '', agent: participants[1] ?? '' };
}

export const agree = (engine: Engine, id: string, participant: string) =>
  engine.recordings.consent(SWITCH, id, { participant, ...SPOKEN });

/** A call that both agreed to have recorded, and that is. */
export async function started(engine: Engine, customer = 'unknown'): Promise<Opened> {
  const call = await open(engine, customer);
  await agree(engine, call.id, call.customer);
  await agree(engine, call.id, call.agent);
  await engine.recordings.start(SWITCH, call.id);
  return call;
}

export const recording = async (engine: Engine, id: string) => (await engine.recordings.show(id)).recording;
