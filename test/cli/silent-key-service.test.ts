import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { nodeArguments } from '../support/compiled.js';
import { openInstallation, type Installation } from '../support/installation.js';
import { DOUBLE_CREDENTIALS } from '../support/kms-double-signature.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** Five seconds of patience, and what a process takes to begin on a busy machine; the tries of one call alone would be 20 seconds. */
const AT_MOST_MS = 16_000;

describe('a key service that accepts connections and never answers', () => {
  let here: Installation;
  let silent: Server;
  before(async () => {
    here = await openInstallation();
    silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    expect(here.lethe('init').status).to.equal(0);
    const path = join(here.folder, 'lethe.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...config, keys: { provider: 'aws-kms', key: 'alias/lethe' } }));
  });
  after(async () => {
    silent.close();
    await here.close();
  });

  /** The kernel accepts for the server while this process waits for the command. */
  function lethe(...words: readonly string[]): SpawnSyncReturns<string> & { readonly ms: number } {
    const began = performance.now();
    const ended = spawnSync(process.execPath, [...nodeArguments(MAIN), ...words], {
      cwd: here.folder,
      env: {
        ...process.env,
        DATABASE_URL: here.fresh.url,
        LETHE_VAULT_URL: '',
        LETHE_EPOCHS_URL: pathToFileURL(join(here.folder, 'epochs.json')).href,
        AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: DOUBLE_CREDENTIALS.id,
        AWS_SECRET_ACCESS_KEY: DOUBLE_CREDENTIALS.secret,
      },
      encoding: 'utf8',
    });
    return { ...ended, ms: performance.now() - began };
  }

  it('holds no command that needs no key for longer than it is asked whether its key may be used', () => {
    const { status, stdout, stderr, ms } = lethe('hold', 'list');
    expect(status, stderr).to.equal(0);
    expect(stdout).to.include('Nothing is protected.');
    expect(ms).to.be.below(AT_MOST_MS);
  }).timeout(60_000);

  it('is trouble that status tells of, as soon', () => {
    const { status, stdout, ms } = lethe('status');
    expect(stdout).to.match(/^! key_service_unavailable .*\(alias\/lethe\).* no answer within 5 seconds/m);
    expect(stdout).not.to.include('Every run finished');
    expect(status).to.equal(1);
    expect(ms).to.be.below(AT_MOST_MS);
  }).timeout(60_000);
});
