import { expect } from 'chai';
import { withRoles } from '../../src/core/actor.js';
import type { RecordChange } from '../../src/disposal/set-changes.js';
import { engineOver, type Engine } from '../../src/engine.js';
import type { Drafts } from '../../src/publication/drafts.js';
import { policiesInForce } from '../../src/publication/policies-in-force.js';
import { publishInitial } from '../../src/publication/publish.js';
import type { DiffRequest } from '../../src/retention/diff.js';
import type { PolicyDiff, PolicyDifference } from '../../src/retention/diff-report.js';
import {
  AS_OF,
  officer,
  openDesk,
  rule,
  TICKETS,
  ticketTable,
  TODAY,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const FILES = {
  key: { id: 'bigint' },
  concept: 'file',
  columns: { made_at: { type: 'timestamptz', category: 'user.content' }, note: { type: 'text' } },
  facts: { madeAt: { column: 'made_at' } },
};
const TICKET = ticketTable({
  columns: { closed_at: { type: 'timestamptz', category: 'user.behavior' }, status: { type: 'text' } },
});
const MAP = {
  tables: { tickets: TICKET, files: FILES },
  edges: [{ child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
} satisfies Json;

/** Tickets 1 to 12, closed on the first of each month of 2021, number 12 on hold by its file; 13 is open. */
export const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS};
      insert into shop.tickets (id, closed_at) select m, make_timestamptz(2021, m, 1, 0, 0, 0, 'UTC') from generate_series(1, 12) m;
      insert into shop.tickets (id, status) values (13, 'open');
      create table shop.files (id bigint primary key, ticket_id bigint, made_at timestamptz, note text);
      insert into shop.files select id * 10, id, '2021-06-01', '' from shop.tickets`,
    map: MAP,
  });

export const keep = (period: string, from = 'closedAt'): Json => ({
  keep: { for: period, from, timeZone: 'UTC' },
});
/** Takes tickets closed in the first so many months of 2021 (as of 1 January 2024). */
export const upTo = (months: number, different: Json = {}): Json =>
  rule({ ...keep(`P${36 - months}M1D`), ...different });

const draftsOf = (policies: readonly Json[]): Drafts => ({
  files: policies.map((content) => ({ path: `${String(content['id'])}.json`, content })),
  problems: [],
});

export interface Told {
  readonly diff: PolicyDiff;
  readonly records: readonly string[];
}

export async function told(
  engine: Engine,
  drafts: readonly Json[],
  request: Partial<DiffRequest> = {},
): Promise<Told> {
  const records: string[] = [];
  const onRecord = ({ record, change, policy, by }: RecordChange): Promise<void> => {
    records.push([change, record, policy, ...(by === undefined ? [] : [by])].join(' '));
    return Promise.resolve();
  };
  const diff = await engine.policies.diff({ drafts: draftsOf(drafts), asOf: AS_OF, onRecord, ...request });
  return { diff, records: records.sort() };
}

export const of = ({ policies }: PolicyDiff, id: string): PolicyDifference => {
  const found = policies.find(({ policy }) => policy === id);
  return found ?? expect.fail(`nothing is said of ${id}`);
};

/** An engine over versions that are published. */
export async function publishedEngine({ db, graph }: Desk, policies: readonly Json[]): Promise<Engine> {
  const actor = withRoles(null, officer);
  await publishInitial(
    { db, graph, now: TODAY.now(), cooling: 'P7D', vault: null },
    draftsOf(policies),
    actor,
  );
  return engineOver({
    ...{ db, graph, clock: TODAY, vault: null },
    policiesInForce: (on = db) => policiesInForce(on, graph, TODAY.now()),
  });
}
