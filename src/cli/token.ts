import type { Command } from 'commander';
import { shownInstant } from '../core/instant.js';
import { SCOPES } from '../tokens/scopes.js';
import type { TokenSummary } from '../tokens/tokens.js';
import { withEngine } from './session.js';

interface CreateOptions {
  readonly actor: string;
  readonly role: readonly string[];
  readonly purpose: readonly string[];
  readonly scope: readonly string[];
  readonly expires: string;
}

/** `lethe token …` */
export function tokenCommands(program: Command): void {
  const token = program.command('token').description('who may call the HTTP routes, as whom, and what for');
  token
    .command('create')
    .description('a new token; its secret is printed once and stored nowhere')
    .requiredOption('--actor <record>', 'who calls with it: agent/7, or a program: service/portal')
    .requiredOption('--role <role...>', 'roles of the ticket system, as access policies name them')
    .requiredOption('--purpose <purpose...>', 'such as dpv:CustomerCare; a call names one of them')
    .requiredOption('--scope <scope...>', SCOPES.join(', '))
    .option('--expires <period>', 'how long it is good, at most P1Y', 'P90D')
    .action((options: CreateOptions, command: Command) => create(command, options));
  token
    .command('revoke <token>')
    .description('good for nothing from the next call on')
    .action((id: string, _options, command: Command) => revoke(command, id));
  token
    .command('list')
    .description('every token, without its secret, which nobody has')
    .action((_options, command: Command) => list(command));
}

const create = (command: Command, options: CreateOptions): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    const { role: roles, purpose: purposes, scope: scopes, expires } = options;
    const made = await engine.tokens.create(
      { actor: options.actor, roles, purposes, scopes, expires },
      actor,
    );
    out.result(made, [
      `Token ${made.id} for ${made.actor} is good until ${shownInstant(made.expiresAt)}.`,
      'Its secret is shown this once:',
      `    ${made.secret}`,
    ]);
  });

const revoke = (command: Command, id: string): Promise<void> =>
  withEngine(command, async ({ engine, actor, out }) => {
    out.result(await engine.tokens.revoke(id, actor), [`Token ${id} is revoked.`]);
  });

const list = (command: Command): Promise<void> =>
  withEngine(command, async ({ engine, out }) => {
    out.list(await engine.tokens.list(), tokenLine, 'There are no tokens.');
  });

function tokenLine({
  id,
  actor,
  state,
  roles,
  purposes,
  scopes,
  expiresAt,
  lastUsedOn,
}: TokenSummary): string {
  const until = state === 'good' ? `until ${shownInstant(expiresAt)}` : state;
  return `${id}  ${actor} (${roles.join(', ')}) for ${purposes.join(', ')}: ${scopes.join(', ')}; ${until}, used ${lastUsedOn ?? 'never'}`;
}
