import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { tryKeys } from '../../src/cli/try-keys.js';
import { LetheError } from '../../src/core/errors.js';
import type { KeysConfig } from '../../src/keys/keys.js';
import { freshDatabase } from '../support/database.js';
import { environmentOf, startKmsDouble, withEnvironment, type KmsDouble } from '../support/kms-double.js';

const RHYTHM = { every: 'P30D', afterDestruction: 'P1D', keptFor: 'P7D' };

/** The code it is refused with; null: it is good to use. */
const codeOf = (root: KeysConfig['root'], patienceMs?: number): Promise<string | null> =>
  tryKeys({ root, epochs: RHYTHM }, patienceMs).then(
    () => null,
    (error: unknown) => (error instanceof LetheError ? error.code : String(error)),
  );

describe('keys that are to be used for the first time', () => {
  let double: KmsDouble;
  let restore: () => void;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lethe-try-'));
    double = await startKmsDouble();
    restore = withEnvironment(environmentOf(double));
  });
  afterEach(async () => {
    restore();
    await double.close();
    rmSync(folder, { recursive: true });
  });
  const inFile = (name: string): string => pathToFileURL(join(folder, name)).href;
  const kms = (epochs: string, key = double.addKey('eu-central-1').arn): KeysConfig['root'] => ({
    provider: 'aws-kms',
    key,
    epochs,
  });

  it('are refused where the key service is away, or has no such key', async () => {
    expect(await codeOf(kms(inFile('epochs')))).to.equal(null);
    expect(existsSync(join(folder, 'epochs')), 'nothing is made').to.equal(false);
    expect(await codeOf(kms(inFile('epochs'), 'alias/none'))).to.equal('key_service_refuses');
    double.outage = 'cut';
    expect(await codeOf(kms(inFile('epochs')))).to.equal('key_service_unavailable');
  });

  it('are refused where the place of the epoch keys is none', async () => {
    mkdirSync(join(folder, 'place'));
    expect(await codeOf(kms(inFile('place')))).to.equal('epochs_unreadable');
    expect(await codeOf(kms('mysql://x'))).to.equal('config_invalid');
    expect(await codeOf(kms('postgres://127.0.0.1:9/epochs'))).to.equal('epochs_unreadable');
    const { url, drop } = await freshDatabase();
    const missing = Object.assign(new URL(url), { pathname: '/nobody_made_this' }).href;
    expect(await codeOf(kms(missing))).to.equal('epochs_unreadable');
    expect(await codeOf(kms(url))).to.equal(null);
    await drop();
  });

  it('are refused in time where nobody answers', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const begun = Date.now();
    const place = `postgres://127.0.0.1:${(silent.address() as AddressInfo).port}/epochs`;
    expect(await codeOf(kms(place), 1_000)).to.equal('epochs_unreadable');
    double.outage = 'silent';
    expect(await codeOf(kms(inFile('epochs')), 1_000)).to.equal('key_service_unavailable');
    expect(Date.now() - begun).to.be.within(1_900, 10_000);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('are a key file that is still to be made, or one that can be used', async () => {
    const file = join(folder, 'k.json');
    expect(await codeOf({ provider: 'local', file })).to.equal(null);
    writeFileSync(file, '{}', { mode: 0o600 });
    expect(await codeOf({ provider: 'local', file })).to.equal('key_file_unusable');
  });
});
