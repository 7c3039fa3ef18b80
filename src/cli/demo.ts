import type { Command } from 'commander';

/** `lethe demo` */
export function demoCommand(program: Command): void {
  program.command('demo').description('a sample help desk and the whole story').action(() => undefined);
}
