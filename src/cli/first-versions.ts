import type { Actor } from '../core/actor.js';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Database } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import { readDrafts } from '../publication/drafts.js';
import { publishInitial } from '../publication/publish.js';
import type { Vault } from '../vault/vault.js';

export interface FirstVersions {
  readonly graph: MapGraph;
  /** The folder of the policy files, and how the user would write it. */
  readonly folder: string;
  readonly shown: string;
  readonly now: Instant;
  readonly actor: Actor;
  readonly cooling: string;
  /** Knows of them before they commit; the caller has seen to it that it is the database's own. */
  readonly vault: Vault | null;
}

/**
 * Publishes the policy files of an installation that has published none about its ticket system yet, in force at once.
 * @returns the policies; null when there is a history already: then files are drafts, and nothing happens
 * @throws LetheError `policy_invalid`, and how to go on
 */
export async function publishFirstVersions(
  db: Database,
  { graph, folder, shown, now, actor, cooling, vault }: FirstVersions,
): Promise<readonly string[] | null> {
  try {
    return await publishInitial({ db, graph, now, cooling, vault }, await readDrafts(folder, shown), actor);
  } catch (error) {
    if (!(error instanceof LetheError && error.code === 'policy_invalid')) throw error;
    const problems = `${String(error.details['problems'])}\nno policy is published yet, so none is in force; correct this and run \`lethe init\` again`;
    throw new LetheError('policy_invalid', { problems }, { cause: error });
  }
}
