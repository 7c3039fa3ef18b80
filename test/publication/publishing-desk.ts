import { withRoles, type ActorName, type Actors } from '../../src/core/actor.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import type { Database } from '../../src/db/database.js';
import { openPostgres } from '../../src/db/postgres.js';
import { engineOver, type Engine } from '../../src/engine.js';
import type { Drafts } from '../../src/publication/drafts.js';
import { policiesInForce } from '../../src/publication/policies-in-force.js';
import { publishInitial, type Publishing } from '../../src/publication/publish.js';
import {
  AS_OF,
  closeDesks,
  openDesk,
  rule,
  ticketRows,
  TICKETS,
  ticketTable,
  withOwnTables,
  type Desk,
  type Json,
} from '../support/small-desk.js';

export const owner: ActorName = { name: 'Olga', assurance: 'asserted' };
export const dpo: ActorName = { name: 'Dana', assurance: 'asserted' };
export const third: ActorName = { name: 'Theo', assurance: 'asserted' };

export const day = (date: string): Instant => parseInstant(`${date}T00:00:00Z`) as Instant;

/** Policy files as they would be read. */
export const draftsOf = (...files: readonly Json[]): Drafts => ({
  files: files.map((content) => ({ path: `policies/${String(content['id'])}.json`, content })),
  problems: [],
});

/** A ticket desk whose engine goes by published versions, with a clock that tests turn. */
export interface PublishingDesk extends Desk {
  readonly lethe: Engine;
  /** Turns the clock. */
  readonly turnTo: (date: string) => void;
  /** What `lethe init` publishes. */
  readonly init: (...files: readonly Json[]) => Promise<readonly string[] | null>;
  /** Publishes all of these files, as Olga. */
  readonly publish: (...files: readonly Json[]) => Promise<Publishing>;
  /** Policies in force, as `id digest`. */
  readonly inForce: () => Promise<readonly string[]>;
  /** An engine of another process, or over another map. */
  readonly other: (options?: { db?: Database; graph?: MapGraph; actors?: Actors }) => Engine;
  readonly openAnother: () => Promise<Database>;
}

/** What opens and closes with the tests' desks. */
const pools: Database[] = [];

/** For `afterEach`: closes and drops every desk, and what was opened over it. */
export async function closePublishingDesks(): Promise<void> {
  for (const db of pools.splice(0)) await db.close();
  await closeDesks();
}

/** The rule of the tests, keeping for so many years. */
export const years = (number: number, different: Json = {}): Json =>
  rule({ keep: { for: `P${number}Y`, from: 'closedAt', timeZone: 'UTC' }, ...different });

/** A plan that its author's colleague has approved. */
export async function approvedByDana({ lethe }: PublishingDesk): Promise<string> {
  const { id } = await lethe.retention.plan('old-tickets', owner, AS_OF);
  await lethe.retention.approve(id, dpo);
  return id;
}

const MAP = { tables: { tickets: ticketTable() }, edges: [] };

export async function publishingDesk(map: Json = MAP): Promise<PublishingDesk> {
  const desk = await openDesk({ ddl: `${TICKETS}; ${ticketRows([1, 2, 3], [4])}`, map });
  const graph = await withOwnTables(map);
  let now = day('2024-01-02');
  const clock = { now: () => now };
  const other: PublishingDesk['other'] = ({ db = desk.db, graph: other = graph, actors = null } = {}) =>
    engineOver({
      ...{ db, graph: other, clock, actors, vault: null },
      policiesInForce: (on = db) => policiesInForce(on, other, clock.now()),
    });
  const lethe = other();
  return {
    ...desk,
    graph,
    lethe,
    other,
    turnTo: (date) => {
      now = day(date);
    },
    init: (...files) =>
      publishInitial(
        { ...desk, graph, now, cooling: 'P7D', vault: null },
        draftsOf(...files),
        withRoles(null, owner),
      ),
    publish: (...files) => lethe.policies.publish({ drafts: draftsOf(...files) }, owner),
    inForce: async () => (await lethe.policiesInForce()).map(({ id, entry }) => `${id} ${entry.keep.for}`),
    openAnother: async () => {
      const db = await openPostgres(desk.url, { max: 2 });
      pools.push(db);
      return db;
    },
  };
}
