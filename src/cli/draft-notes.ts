import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.js';
import { systemClock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { openDatabase } from '../db/open.js';
import { schemaState } from '../db/migrate.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Engine } from '../engine.js';
import { migrationSets } from '../engine-parts.js';
import { draftState, type DraftState } from '../publication/draft-state.js';
import { idOf, readDrafts } from '../publication/drafts.js';
import { policyStandings } from '../publication/policies-in-force.js';
import type { PolicyStanding } from '../publication/publication.js';
import { withoutFile } from '../publication/publish.js';
import type { Policy } from '../policy/policy.js';

/** What the policy files are to what is published; or why that cannot be said. */
export type Comparison =
  | {
      /** By the id of the policy. */
      readonly states: ReadonlyMap<string, DraftState>;
      /** Policies in force or waiting that no file has any more. */
      readonly withoutFile: readonly string[];
    }
  | { readonly reason: string };

/** Compares checked drafts with what is published, where there is a database that can be asked; checking needs none. */
export async function compareDrafts(
  { database: { url, embedded } }: Config,
  graph: MapGraph,
  policies: readonly Policy[],
): Promise<Comparison> {
  if (url === undefined && !existsSync(join(embedded, 'db'))) return { reason: 'there is no database yet' };
  try {
    const db = await openDatabase({ url, folder: embedded });
    try {
      if ((await schemaState(db, migrationSets(graph))) !== 'current')
        return { reason: 'run `lethe init` first' };
      return statesOf(policies, await policyStandings(db, systemClock.now()));
    } finally {
      await db.close();
    }
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    return { reason: error.message };
  }
}

const statesOf = (
  policies: readonly Policy[],
  standings: ReadonlyMap<string, PolicyStanding>,
): Comparison => ({
  states: new Map(policies.map(({ id, text }) => [id, draftState(JSON.parse(text), standings.get(id))])),
  withoutFile: withoutFile(standings, new Set(policies.map(({ id }) => id))),
});

/** A file that is gone removes nothing by itself. */
export const withoutFileLine = (id: string): string =>
  `"${id}" has no file any more and stays; \`lethe policy publish --remove ${id}\` removes it.`;

export const DRAFT_NOTES: Readonly<Record<DraftState, string>> = {
  inForce: '',
  waiting: '  (published, and waits; `lethe status` says for what)',
  changed: '  ! differs from what is published; `lethe policy publish`',
  new: '  ! not published; `lethe policy publish`',
};

/** What to say when a policy is planned and its file says something else than the version in force. */
export async function draftWarnings(
  engine: Engine,
  config: Config,
  policy: string,
): Promise<readonly string[]> {
  const standing = (await policyStandings(engine.db, engine.clock.now())).get(policy);
  const { files } = await readDrafts(config.policies, config.policiesShown).catch(noDrafts);
  const file = files.find(({ content }) => idOf(content) === policy);
  if (!file || !standing?.inForce || draftState(file.content, standing) === 'inForce') return [];
  return [
    `! This is what ${standing.inForce.id} takes, which is in force; ${file.path} says something else and is a draft.`,
  ];
}

/** Files are drafts: a folder that cannot be read stops no plan. */
function noDrafts(error: unknown): { readonly files: readonly [] } {
  if (error instanceof LetheError) return { files: [] };
  throw error;
}
