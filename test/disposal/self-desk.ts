import { fileURLToPath } from 'node:url';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { compileMap } from '../../src/datamap/compile.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { readJsonFile } from '../../src/datamap/json-file.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import type { Engine } from '../../src/engine.js';
import { readPolicyFiles } from '../../src/policy/policy-set.js';
import {
  column,
  openDesk,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
  TODAY,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const at = (text: string): Instant => parseInstant(text) as Instant;
/** Four years after the last of what the tests do, by the clock and by the server's. */
export const LATER = fixedClock(at('2031-01-02T00:00:00Z'));
export const LATER_DAY = '2031-01-01T00:00:00Z';

const path = (name: string): string => fileURLToPath(new URL(`../../policies/${name}`, import.meta.url));

const MAP = {
  kind: 'data-map',
  id: 'small',
  schema: 'shop',
  enforces: [],
  tables: {
    tickets: ticketTable(),
    people: {
      key: { id: 'bigint' },
      concept: 'customer',
      columns: { seen: { type: 'timestamptz' } },
      facts: { seenAt: { column: 'seen' } },
    },
  },
  edges: [],
  subject: {
    record: 'people',
    key: 'id',
    edges: [{ as: 'owner', child: 'tickets', on: { person_id: 'id' } }],
  },
};
const DDL = `${TICKETS}; alter table shop.tickets add person_id bigint;
  create table shop.people (id bigint primary key, seen timestamptz);
  insert into shop.people values (7, '2020-01-01'), (8, '2020-01-01')`;

/** The small desk with Lethe's own tables in its map, and the rules shipped for them. */
export interface SelfDesk extends Desk {
  readonly graph: MapGraph;
  readonly rules: readonly Json[];
  readonly old: Engine;
  readonly later: Engine;
}

export async function selfDesk(tickets: readonly number[], more: readonly Json[] = []): Promise<SelfDesk> {
  const desk = await openDesk({ ddl: `${DDL}; ${ticketRows(tickets)}`, map: MAP });
  const own = dataMapSchema.parse(await readJsonFile(path('data-maps/merged/lethe.json'), 'lethe.json', []));
  const graph = compileMap(dataMapSchema.parse(MAP), 'small.json', {}, own);
  const files = await readPolicyFiles(path('lethe'), 'lethe', []);
  const rules = [rule(), ...files.map(({ content }) => content as Json), ...more];
  const old = desk.engine(rules, TODAY, graph);
  const later = desk.engine(rules, LATER, graph);
  return { ...desk, graph, rules, old, later };
}

export const plans = ({ admin }: Desk, where = 'true'): Promise<readonly string[]> =>
  column(admin, `select id from lethe.plan where ${where}`);
