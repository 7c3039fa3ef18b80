import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { nodeArguments } from '../support/compiled.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

describe('lethe worker', () => {
  let fresh: FreshDatabase;
  let folder: string;
  beforeEach(async () => {
    fresh = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'lethe-worker-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await fresh.drop();
  });

  const lethe = (...words: readonly string[]) =>
    spawnSync(process.execPath, [...nodeArguments(MAIN), ...words], {
      cwd: folder,
      env: { ...process.env, DATABASE_URL: fresh.url, LETHE_VAULT_URL: '' },
      encoding: 'utf8',
    });

  it('is refused to whoever may not plan and apply, before it touches the slots of anybody', async () => {
    expect(lethe('init').status).to.equal(0);
    const path = join(folder, 'lethe.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(
      path,
      JSON.stringify({ ...config, actors: { Olga: ['operator'], Dana: ['data-protection-officer'] } }),
    );
    await fresh.admin("insert into lethe.job (id, policy, slot) values ('job-1', 'gone', '2024-01-01')");
    for (const words of [
      ['--once', '--as', 'nobody'],
      ['--as', 'Dana'],
    ]) {
      const { status, stderr } = lethe('worker', ...words);
      expect(stderr).to.include('role_missing');
      expect(status).to.equal(3);
    }
    expect(await fresh.admin('select state, attempts from lethe.job')).to.deep.equal([
      { state: 'open', attempts: 0 },
    ]);
    expect(lethe('worker', '--once', '--as', 'Olga').status).to.equal(0);
    expect(await fresh.admin('select state, attempts from lethe.job')).to.deep.equal([
      { state: 'skipped', attempts: 0 },
    ]);
  }).timeout(60_000);
});
