import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { nodeArguments } from './compiled.js';
import { freshDatabase, type FreshDatabase } from './database.js';
import type { Json } from './small-desk.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/**
 * A folder and a database of their own, in which commands are run as a person would; nothing is set up yet. Variables of the
 * environment may be added, also later.
 */
export interface Installation {
  readonly fresh: FreshDatabase;
  readonly folder: string;
  lethe(...words: readonly string[]): SpawnSyncReturns<string>;
  /** What a command that succeeds answers with --json. */
  told(...words: readonly string[]): Json;
  close(): Promise<void>;
}

export async function openInstallation(
  environment: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const fresh = await freshDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'lethe-cli-'));
  const lethe: Installation['lethe'] = (...words) =>
    spawnSync(process.execPath, [...nodeArguments(MAIN), ...words], {
      cwd: folder,
      env: {
        ...process.env,
        DATABASE_URL: fresh.url,
        LETHE_VAULT_URL: '',
        LETHE_EPOCHS_URL: '',
        ...environment,
      },
      encoding: 'utf8',
    });
  return {
    fresh,
    folder,
    lethe,
    told: (...words) => {
      const { status, stdout, stderr } = lethe(...words, '--json');
      expect(status, stderr).to.equal(0);
      return JSON.parse(stdout) as Json;
    },
    close: async () => {
      rmSync(folder, { recursive: true, force: true });
      await fresh.drop();
    },
  };
}
