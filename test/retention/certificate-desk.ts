import { expect } from 'chai';
import type { Certificate } from '../../src/retention/certificate-facts.js';
import type { Engine } from '../../src/engine.js';
import {
  dispose,
  floor,
  hold,
  openDesk,
  operator,
  rule,
  ticketTable,
  TICKETS,
  type Desk,
  type Json,
} from '../support/small-desk.js';

/** Stands wherever a data subject is named; must never be in a certificate. */
export const MARKER = 'Zzyzx Marker';
/** So are the keys of tickets and persons. */
export const KEYS = /8800\d\d/;

/** Fourteen old tickets with two messages each and a file; 880001 is held, 880002 must be kept, 880003 is a conflict. */
export const certificateDesk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS};
      create table shop.messages (id bigint primary key, ticket_id bigint not null references shop.tickets, body text);
      create table shop.files (id bigint primary key, message_id bigint, name text);
      insert into shop.tickets select n, case n when 880002 then 'billed' when 880003 then 'twice' else 'closed' end,
        timestamptz '2021-06-01' from generate_series(880001, 880014) n;
      insert into shop.messages select n * 10 + i, n, '${MARKER}' from generate_series(880001, 880014) n, generate_series(1, 2) i;
      insert into shop.files select id, id, '${MARKER}.pdf' from shop.messages where id % 10 = 1`,
    map: {
      tables: {
        tickets: ticketTable(),
        messages: { key: { id: 'bigint' } },
        files: { key: { id: 'bigint' } },
      },
      edges: [
        { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
        { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
      ],
    },
  });

const status = (value: string): Json => ({ all: [{ fact: 'status', operator: 'equal', value }] });

export const POLICIES: readonly Json[] = [
  rule({ title: 'Old tickets: one year', cite: 'BGB 195' }),
  floor({ when: status('billed') }),
  rule({ id: 'rival', when: status('twice') }),
];

/** Holds ticket/880001, then plans, approves and applies; returns the plan. */
export async function disposed(engine: Engine): Promise<string> {
  const scope = { kind: 'record', record: 'ticket/880001' } as const;
  await engine.holds.place({ ...hold, scope, authority: MARKER, reason: MARKER }, operator);
  return dispose(engine);
}

export async function certified(): Promise<{
  readonly desk: Desk;
  readonly engine: Engine;
  readonly plan: string;
  readonly certificate: Certificate;
}> {
  const desk = await certificateDesk();
  const engine = desk.engine(POLICIES);
  const plan = await disposed(engine);
  return { desk, engine, plan, certificate: await engine.retention.certificate(plan) };
}

/** Certificates name no record and no person. */
export function expectNoPersonalData(text: string): void {
  expect(text).not.to.include('Marker');
  expect(text).not.to.match(KEYS);
}
