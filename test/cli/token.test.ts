import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { nodeArguments } from '../support/compiled.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import type { Json } from '../support/small-desk.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

describe('lethe token', () => {
  let fresh: FreshDatabase;
  let folder: string;
  before(async () => {
    fresh = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'lethe-token-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await fresh.drop();
  });

  const lethe = (...words: readonly string[]) =>
    spawnSync(process.execPath, [...nodeArguments(MAIN), ...words], {
      cwd: folder,
      env: { ...process.env, DATABASE_URL: fresh.url, LETHE_VAULT_URL: '' },
      encoding: 'utf8',
    });
  const told = (...words: readonly string[]): Json => {
    const { status, stdout, stderr } = lethe(...words, '--json');
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout) as Json;
  };

  it('prints a secret once, lists it without, and revokes it', () => {
    expect(lethe('init', '--no-vault').status).to.equal(0);
    const order = ['--actor', 'service/portal', '--role', 'channel', '--purpose', 'dpv:CustomerCare'];
    const made = told(
      'token',
      'create',
      ...order,
      '--scope',
      'tickets:write',
      'tickets:follow',
      '--expires',
      'P30D',
    );
    expect(made['secret']).to.match(/^lethe_[\w-]{43}$/);
    const listed = told('token', 'list');
    expect(listed).to.include({ id: made['id'], actor: 'service/portal', state: 'good', lastUsedOn: null });
    expect(listed['scopes']).to.deep.equal(['tickets:write', 'tickets:follow']);
    expect(JSON.stringify(listed)).not.to.include(String(made['secret']));
    expect(told('token', 'revoke', String(made['id']))).to.deep.equal({ id: made['id'] });
    expect(told('token', 'list')).to.include({ state: 'revoked' });
    const again = lethe('token', 'revoke', String(made['id']));
    expect(again.status).to.equal(2);
    expect(again.stderr).to.include('token_unknown');
  });
});
