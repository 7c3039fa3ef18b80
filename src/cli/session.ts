import type { Command } from 'commander';
import { withRoles, type Actor, type Actors, type ActorName } from '../core/actor.js';
import { loadConfig, surroundings, systemUser, type Config } from '../config.js';
import { createEngine, type Engine } from '../engine.js';
import type { EngineOptions } from '../engine-parts.js';
import { openRescue, type Rescue } from '../rescue.js';
import { Output } from './output.js';

/** What every command can be told. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly as?: string;
}

export interface Session {
  readonly config: Config;
  readonly engine: Engine;
  readonly actor: Actor;
  readonly out: Output;
}

export const globalOptions = (command: Command): GlobalOptions => command.optsWithGlobals();

export const outputOf = (command: Command): Output => new Output(globalOptions(command).json ?? false);

/** Who acts: `--as` asserts a name, else the operating system's user. */
export const actorOf = (command: Command): ActorName => ({
  name: globalOptions(command).as ?? systemUser(),
  assurance: 'asserted',
});

/** Who acts, with the roles lethe.json gives that name. */
export const actingAs = (command: Command, actors: Actors): Actor => withRoles(actors, actorOf(command));

/** Opens the engine, runs the command, closes the engine again. */
export async function withEngine(
  command: Command,
  work: (session: Session) => Promise<void>,
  options: Pick<EngineOptions, 'isLookingAtKeys'> = {},
): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const engine = await createEngine({ config, ...options });
  try {
    await work({ config, engine, actor: actingAs(command, config.actors), out: outputOf(command) });
  } finally {
    await engine.close();
  }
}

/** The same for a database that is closed until it is brought in step with its vault. */
export async function withRescue(
  command: Command,
  work: (session: Omit<Session, 'engine'> & { readonly rescue: Rescue }) => Promise<void>,
): Promise<void> {
  const config = await loadConfig(surroundings(), globalOptions(command).config);
  const rescue = await openRescue({ config });
  try {
    await work({ config, rescue, actor: actingAs(command, config.actors), out: outputOf(command) });
  } finally {
    await rescue.close();
  }
}
