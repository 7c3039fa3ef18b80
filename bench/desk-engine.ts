import { fileURLToPath } from 'node:url';
import type { ActorName } from '../src/core/actor.js';
import { fixedClock } from '../src/core/clock.js';
import { parseInstant } from '../src/core/instant.js';
import { guardedTables } from '../src/datamap/graph.js';
import { loadMap } from '../src/datamap/load.js';
import { migrate } from '../src/db/migrate.js';
import { openDatabase } from '../src/db/open.js';
import { engineOver, type Engine } from '../src/engine.js';
import { migrationSets } from '../src/engine-parts.js';
import { loadPolicies } from '../src/policy/policy-set.js';
import type { Vault } from '../src/vault/vault.js';
import { withClient } from './databases.js';
import { AS_OF, fillDesk, type DeskSize } from './desk-data.js';

export const RULE = 'resolved-tickets';

export const actor = (name: string): ActorName => ({ name, assurance: 'asserted' });

/** A ticket system: its map and the shipped policies for it. */
interface System {
  readonly map: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly policies: string;
  readonly now: string;
}

const DESK: System = { map: 'native', parameters: {}, policies: 'native', now: AS_OF };

/** Runs `work` with the engine over a help desk, the shipped policies in force. */
export const withDesk = <T>(
  url: string,
  work: (engine: Engine) => Promise<T>,
  vault: Vault | null = null,
): Promise<T> => withEngine(url, DESK, work, vault);

/** Runs `work` with the engine over a ticket system. */
export async function withEngine<T>(
  url: string,
  system: System,
  work: (engine: Engine) => Promise<T>,
  vault: Vault | null = null,
): Promise<T> {
  const db = await openDatabase({ url, folder: '' });
  try {
    const graph = await loadMap(system.map, system.parameters, '.');
    await migrate(db, migrationSets(graph));
    const shown = `policies/${system.policies}`;
    const folder = fileURLToPath(new URL(`../${shown}`, import.meta.url));
    const { retention: policies } = await loadPolicies(graph, folder, shown);
    db.guard(guardedTables(graph));
    const now = parseInstant(system.now);
    if (now === null) throw new TypeError(system.now);
    return await work(
      engineOver({
        db,
        graph,
        policiesInForce: () => Promise.resolve(policies),
        clock: fixedClock(now),
        vault,
      }),
    );
  } finally {
    await db.close();
  }
}

/** A filled help desk. */
export async function makeDesk(url: string, size: DeskSize): Promise<void> {
  await withDesk(url, () => Promise.resolve());
  await withClient(url, (client) => fillDesk(client, size));
}

/** Plans the rule and approves the plan; returns its id. */
export async function approvedPlan(engine: Engine): Promise<string> {
  const { id } = await engine.retention.plan(RULE, actor('officer'), AS_OF);
  await engine.retention.approve(id, actor('approver'));
  return id;
}
