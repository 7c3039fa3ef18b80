import { requireRole, type Actor } from '../core/actor.js';
import { LetheError, policyInvalid, type Problem } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Instant } from '../core/instant.js';
import type { Database, Tx } from '../db/database.js';
import type { MapGraph } from '../datamap/graph.js';
import { actorId } from '../ledger/actor-directory.js';
import { appendEntry } from '../ledger/append.js';
import { journaled, type Intend } from '../ledger/journaled.js';
import type { Policy } from '../policy/policy.js';
import type { Vault } from '../vault/vault.js';
import { coolingEnd } from './cooling.js';
import { chooseDrafts, idOf, type ChosenDraft, type Drafts } from './drafts.js';
import { requireKeptBases } from './kept-bases.js';
import { requireKeptWordings } from './kept-wordings.js';
import type { Oversight } from './oversight.js';
import { isAboutOwnRecords } from './own-records.js';
import { standings, type PolicyStanding, type Publication, type PublishedVersion } from './publication.js';
import {
  hasHistory,
  insertPublication,
  listPublications,
  lockPublishing,
  type NewPublication,
} from './publication-store.js';
import {
  oversightOf,
  readPublished,
  reasonsOf,
  requireFittingSet,
  type Published,
  type Step,
} from './publish-steps.js';
import { storeVersion } from './version-store.js';

export interface PublishRequest {
  readonly drafts: Drafts;
  /** Publish these policies only, and remove those of them that have no file; empty: every draft that is new. */
  readonly policies?: readonly string[];
  /** Policies to remove, whether or not their files are there. */
  readonly remove?: readonly string[];
}

export interface PublishContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly now: Instant;
  /** ISO 8601: how long a version waits that may take more. */
  readonly cooling: string;
  /** Knows of every version before it commits, where there is one. */
  readonly vault: Vault | null;
}

/** What became of one policy. */
export interface PublishOutcome {
  readonly policy: string;
  /** False: its newest version says the same already. */
  readonly isNew: boolean;
  /** The newest version. */
  readonly version: PublishedVersion;
  /** The version in force. */
  readonly inForce: PublishedVersion | null;
  /** A version that waited, and now never comes into force. */
  readonly takenBack: string | null;
}

export interface Publishing {
  readonly outcomes: readonly PublishOutcome[];
  /** Policies in force or waiting that no file has any more: that alone removes nothing. */
  readonly withoutFile: readonly string[];
}

/**
 * Publishes drafts as immutable versions, all or none. What provably takes no record more, and lets nothing more happen, is in
 * force at once; what may waits for the end of the cooling time and for approvals.
 * @throws LetheError `policy_invalid`, also for what would not fit together; `input_invalid` for an id nobody knows
 */
export async function publishDrafts(
  context: PublishContext,
  request: PublishRequest,
  actor: Actor,
): Promise<Publishing> {
  const drafts = chosen(context.graph, request);
  return inTransaction(context, async (tx, intend) => {
    const { published, by, history } = await begin(tx, context, actor);
    const steps = stepsOf(published, drafts, request);
    requireSameKinds(published, steps);
    await requireFittingSet(tx, published, steps);
    await requireKeptBases(tx, published, steps);
    await requireKeptWordings(tx, published, steps);
    const news = steps.filter(({ isNew }) => isNew);
    for (const step of news) {
      const because = reasonsOf(published, step, news);
      const oversight = waits(published, step, because, coolingEnd(history, context.cooling, published.now));
      await publish(tx, intend, step, { published, by, because, ...oversight, cooling: context.cooling });
    }
    return outcome(tx, published, steps, request.drafts);
  });
}

const inTransaction = <T>(
  { db, vault }: PublishContext,
  work: (tx: Tx, intend: Intend) => Promise<T>,
): Promise<T> => journaled(vault, (open) => db.transaction(open), work);

/**
 * Publishes the drafts of an installation that has published nothing about its ticket system yet, in force at once: Lethe's own
 * rules come with every map, and the first ones somebody writes for a map of their own should not have to wait for them.
 * @returns the policies; null when there is a history already, then nothing happens, whoever asks
 * @throws LetheError `policy_invalid`, `role_missing`
 */
export async function publishInitial(
  context: PublishContext,
  drafts: Drafts,
  actor: Actor,
): Promise<readonly string[] | null> {
  return inTransaction(context, async (tx, intend) => {
    const { published, by } = await begin(tx, context, actor);
    if (await hasHistory(tx)) return null;
    requireRole(actor, 'publish');
    // once Lethe's own rules are in force, another one about its records waits like any first version
    const firsts = chooseDrafts(context.graph, drafts, []).filter(
      ({ policy }) =>
        published.standings.size === 0 || !(published.standings.has(policy.id) || isAboutOwnRecords(policy)),
    );
    const steps = stepsOf(published, firsts, { drafts });
    requireSameKinds(published, steps);
    await requireFittingSet(tx, published, steps);
    for (const step of steps)
      await publish(tx, intend, step, {
        published,
        by,
        because: [],
        change: 'initial',
        notBefore: published.now,
        cooling: context.cooling,
        oversight: NONE,
      });
    return steps.map(({ policy }) => policy);
  });
}

const NONE: Oversight = { approvers: 0, assurance: 'asserted', role: null };

function chosen(graph: MapGraph, { drafts, policies = [], remove = [] }: PublishRequest) {
  if (policies.length === 0 && remove.length > 0) return [];
  return chooseDrafts(graph, drafts, policies).filter(({ policy }) => !remove.includes(policy.id));
}

/** One publisher at a time: what is published is compared with what the one before has committed. */
async function begin(
  tx: Tx,
  { graph, now }: PublishContext,
  actor: Actor,
): Promise<{
  readonly published: Published;
  readonly by: string;
  readonly history: readonly Publication[];
}> {
  await lockPublishing(tx);
  const history = await listPublications(tx);
  const last = history.at(-1)?.publishedAt;
  // another computer's clock may be ahead; a version is never older than the one it follows
  const at = last !== undefined && last > now ? last : now;
  const published = await readPublished(tx, graph, { standings: standings(history, at), now: at });
  return { published, by: await actorId(tx, actor.name), history };
}

function stepsOf(
  { standings: known }: Published,
  drafts: readonly ChosenDraft[],
  { policies = [], remove = [] }: PublishRequest,
): readonly Step[] {
  const gone = policies.filter((id) => !drafts.some(({ policy }) => policy.id === id));
  const removed = [...new Set([...remove, ...gone])].map((id): Step => {
    const newest = known.get(id)?.versions.at(-1);
    if (!newest) throw new LetheError('input_invalid', { what: id, reason: UNKNOWN });
    return { policy: id, kind: newest.kind, after: null, path: id, isNew: newest.digest !== null };
  });
  const changed = drafts.map(({ policy, file }): Step => {
    const newest = known.get(policy.id)?.versions.at(-1);
    const isNew = newest?.digest !== policy.digest;
    return { policy: policy.id, kind: policy.kind, after: policy, path: file.path, isNew };
  });
  return [...changed, ...removed];
}

const UNKNOWN = 'no policy file has this id, and no version of it is published';

/** What a version is compared with is of its kind, or a rule could be replaced by what does not bind it. */
function requireSameKinds({ standings: known }: Published, steps: readonly Step[]): void {
  const problems = steps.flatMap(({ policy, kind, path }): readonly Problem[] => {
    const was = known.get(policy)?.kind ?? kind;
    if (was === kind) return [];
    const message = `"${policy}" is published as a policy of kind ${was}, and an id keeps its kind; give the ${kind} policy another id`;
    return [{ file: path, path: 'kind', message }];
  });
  if (problems.length > 0) throw policyInvalid(problems);
}

type Waits = Pick<NewPublication, 'change' | 'notBefore'> & { readonly oversight: Oversight };

function waits(published: Published, step: Step, because: readonly string[], cooled: Instant): Waits {
  if (because.length === 0) return { change: 'keeps', notBefore: published.now, oversight: NONE };
  return { change: 'takesMore', notBefore: cooled, oversight: oversightOf(published, step) };
}

interface Details extends Waits {
  readonly published: Published;
  readonly by: string;
  readonly because: readonly string[];
  readonly cooling: string;
}

async function publish(tx: Tx, intend: Intend, step: Step, details: Details): Promise<void> {
  const { policy, kind, after } = step;
  const { published, by, because, change, notBefore, cooling, oversight } = details;
  if (after) await storeVersion(tx, { digest: after.digest, kind, name: policy, text: after.text }, by);
  const version = newId('version');
  const { now } = published;
  const digest = after?.digest ?? null;
  const said = { policy, digest, change, because, notBefore, cooling, ...oversight };
  await insertPublication(tx, { ...said, kind, id: version, publishedAt: now, publishedBy: by });
  const before = published.standings.get(policy)?.inForce?.digest ?? null;
  const id = await appendEntry(tx, {
    kind: 'policy.published',
    at: now,
    actor: by,
    about: {
      ...{ policy, of: kind, version, change, notBefore, approvers: oversight.approvers },
      does: doesOf(after),
    },
    digests: { ...(digest === null ? {} : { version: digest }), ...(before === null ? {} : { before }) },
  });
  const text = after?.text ?? null;
  await intend({ ...said, kind: 'policy.published', of: kind, id, at: now, actor: by, version, text });
}

function doesOf(after: Policy | null): string {
  if (!after) return 'remove';
  return after.kind === 'retention' ? after.action : 'set';
}

async function outcome(
  tx: Tx,
  { standings: before, now }: Published,
  steps: readonly Step[],
  { files }: Drafts,
): Promise<Publishing> {
  const after = standings(await listPublications(tx), now);
  const outcomes = steps.flatMap(({ policy, isNew }): readonly PublishOutcome[] => {
    const { inForce = null, versions = [] } = after.get(policy) ?? {};
    const takenBack = isNew ? (before.get(policy)?.waiting?.id ?? null) : null;
    return versions.slice(-1).map((version) => ({ policy, isNew, version, inForce, takenBack }));
  });
  const named = new Set(files.map(({ content }) => idOf(content)));
  return { outcomes, withoutFile: withoutFile(after, named) };
}

/** Policies whose newest version is no removal, less those that have a file. */
export const withoutFile = (
  known: ReadonlyMap<string, PolicyStanding>,
  named: ReadonlySet<string | null>,
): readonly string[] =>
  [...known.values()].flatMap(({ policy, versions }) =>
    versions.at(-1)?.digest === null || named.has(policy) ? [] : [policy],
  );
