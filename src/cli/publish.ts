import type { Command } from 'commander';
import { shownInstant } from '../core/instant.js';
import { readDrafts } from '../publication/drafts.js';
import type { HistoryEntry } from '../publication/history.js';
import type { PublishedVersion } from '../publication/publication.js';
import type { PublishOutcome } from '../publication/publish.js';
import { atOnceWords, changeWords } from './change-words.js';
import { withoutFileLine } from './draft-notes.js';
import { counted } from './output.js';
import { withEngine } from './session.js';

/** `lethe policy publish | approve | history | show` */
export function publishCommands(policy: Command): void {
  policy
    .command('publish [policies...]')
    .description('make drafts (the files that changed, or those named) immutable versions')
    .option('--remove <policy>', 'publish the removal of a policy; may be given again', collect, [])
    .action((ids: readonly string[], { remove }: { remove: readonly string[] }, command: Command) =>
      publish(command, ids, remove),
    );
  policy
    .command('approve <version>')
    .description('approve a version that waits and that somebody else published')
    .action((version: string, _options, command: Command) => approve(command, version));
  policy
    .command('history [policy]')
    .description('every published version: what changed, who published and approved it, what became of it')
    .action((id: string | undefined, _options, command: Command) => history(command, id));
  policy
    .command('show <version>')
    .description('the text of a published version')
    .action((version: string, _options, command: Command) => show(command, version));
}

const collect = (id: string, sofar: readonly string[]): readonly string[] => [...sofar, id];

const publish = (command: Command, policies: readonly string[], remove: readonly string[]): Promise<void> =>
  withEngine(command, async ({ config, engine, actor, out }) => {
    const drafts = await readDrafts(config.policies, config.policiesShown);
    const { outcomes, withoutFile } = await engine.policies.publish({ drafts, policies, remove }, actor);
    const news = outcomes.filter(({ isNew }) => isNew);
    const same = outcomes.length - news.length;
    out.result({ id: news[0]?.version.id ?? null, outcomes: outcomes.map(outcomeDocument), withoutFile }, [
      ...news.flatMap(outcomeLines),
      ...outcomes.filter(({ isNew }) => !isNew).flatMap(waitsAlready),
      ...(news.length === 0
        ? ['Nothing is published: the newest versions say the same.']
        : same > 0
          ? [`${counted(same, 'policy', 'policies')} unchanged.`]
          : []),
      ...withoutFile.map(withoutFileLine),
    ]);
  });

const outcomeDocument = ({ policy, isNew, version, inForce, takenBack }: PublishOutcome): object => ({
  policy,
  kind: version.kind,
  published: isNew,
  version: version.id,
  digest: version.digest,
  change: version.change,
  because: version.because,
  state: version.state,
  inForce: inForce?.id ?? null,
  takenBack,
});

function outcomeLines({ policy, version, inForce, takenBack }: PublishOutcome): readonly string[] {
  const { id, digest, state, because } = version;
  const what = digest === null ? `${policy}: its removal` : policy;
  const back = takenBack === null ? [] : [`  ${takenBack}, which waited, is taken back`];
  if (state.is !== 'waiting') return [`${what}: in force now (${id}); ${atOnceWords(version)}`, ...back];
  return [
    `${what}: ${waitingWords(version)} (${id}), because`,
    ...because.map((reason) => `  ${reason}`),
    `  ${inForce === null ? 'until then nothing of it is in force' : `until then ${inForce.id} stays in force`}`,
    ...back,
    `  next: another person runs \`lethe policy approve ${id}\``,
  ];
}

const waitsAlready = ({ policy, version }: PublishOutcome): readonly string[] =>
  version.state.is === 'waiting'
    ? [`${policy}: this version is published already and ${waitingWords(version)} (${version.id})`]
    : [];

/** `waits until … and for 1 of 1 approvals` */
export function waitingWords({ state, role }: PublishedVersion): string {
  if (state.is !== 'waiting') return '';
  const missing = state.needed - state.given;
  const by = role === null ? '' : ` by somebody with the role ${role}`;
  const approvals = missing > 0 ? [`for ${counted(missing, 'approval')}${by}`] : [];
  return `waits ${[`until ${shownInstant(state.until)}`, ...approvals].join(' and ')}`;
}

const approve = (command: Command, id: string): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    const version = await engine.policies.approve(id, actor);
    const { policy, state } = version;
    out.result({ id, policy, state }, [
      state.is === 'waiting'
        ? `${id} of ${policy} is approved and ${waitingWords(version)}.`
        : `${id} of ${policy} is approved and in force.`,
    ]);
  });

const history = (command: Command, policy: string | undefined): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const entries = await engine.policies.history(policy);
    out.list(
      entries,
      (entry) => historyLines(entry).join('\n'),
      policy === undefined ? 'Nothing is published yet.' : `No version of "${policy}" is published.`,
    );
  });

function historyLines(entry: HistoryEntry): readonly string[] {
  const { policy, number, id, digest, author, publishedAt, because, approvedBy } = entry;
  const approved = approvedBy.length === 0 ? '' : `; approved by ${approvedBy.join('; ')}`;
  return [
    `${policy} ${number}  ${id}  ${digest === null ? 'removal' : digest.slice(0, 12)}  ${stateWords(entry)}`,
    `  published ${shownInstant(publishedAt)} by ${author}: ${changeWords(entry)}${approved}`,
    ...because.map((reason) => `    ${reason}`),
  ];
}

function stateWords(version: PublishedVersion): string {
  const { state } = version;
  switch (state.is) {
    case 'inForce':
      return `in force since ${shownInstant(state.since)}`;
    case 'removed':
      return `policy removed since ${shownInstant(state.since)}`;
    case 'waiting':
      return waitingWords(version);
    case 'superseded':
      return state.since === null ? 'superseded before it came into force' : 'superseded';
  }
  return state satisfies never;
}

const show = (command: Command, version: string): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    const text = await engine.policies.text(version);
    const content: unknown = text === null ? null : JSON.parse(text);
    out.result({ id: version, content }, [
      content === null ? `Version ${version} removes its policy.` : JSON.stringify(content, null, 2),
    ]);
  });
