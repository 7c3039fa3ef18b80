import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../src/core/clock.js';
import { createKeyFile } from '../../src/keys/key-file.js';
import { openKeyStore } from '../../src/keys/open-key-store.js';
import { openInstallation, type Installation } from '../support/installation.js';

const ALL_IS_WELL = 'Every run finished, and nothing waits for its review.\n';

describe('lethe status and lethe worker --once, of keys', () => {
  let here: Installation;
  before(async () => {
    here = await openInstallation();
    expect(here.lethe('init', '--keys', 'local').status).to.equal(0);
    expect(here.lethe('keys', 'rotate', 'index').status).to.equal(0);
  });
  after(() => here.close());

  const keyFile = (): string => join(here.folder, 'lethe-keys.json');
  /** As a rotation that was killed right after it began, and a key file that is another one. */
  async function loseEpochs(): Promise<readonly string[]> {
    const config = JSON.parse(readFileSync(join(here.folder, 'lethe.json'), 'utf8')) as { vault: string };
    const store = await openKeyStore({ folder: join(here.folder, config.vault) });
    const [current] = await store.epochs();
    await store.beginEpoch(randomUUID(), current?.id ?? '', systemClock.now());
    const inUse = (await store.epochs()).filter(({ state }) => state !== 'empty');
    await store.close();
    rmSync(keyFile());
    await createKeyFile(keyFile());
    return inUse.map(({ id }) => id);
  }

  it('say that all is well where it is, and are loud where it is not, with the ids of epochs', async () => {
    const well = here.lethe('status');
    expect(well.stdout, well.stderr).to.equal(ALL_IS_WELL);
    expect(here.lethe('worker', '--once').stdout).to.equal('There is nothing to do.\n');
    await here.fresh.admin(`update lethe.encryption set state = 'converting', done_at = null`);
    const lost = await loseEpochs();

    const { status, stdout } = here.lethe('status');
    expect(status).to.equal(1);
    expect(stdout).to.match(/^! encryption {2}keys {2}.*`lethe keys encrypt`/m);
    expect(stdout).to.match(/^! rotation {2}keys {2}.*`lethe keys rotate`/m);
    for (const id of lost) expect(stdout).to.include(`! ${id}  keys  epoch key ${id} is not in`);
    expect(stdout).not.to.include(ALL_IS_WELL);

    const round = here.lethe('worker', '--once');
    expect(round.status).to.equal(1);
    expect(round.stdout).to.match(/^epochs of keys: epoch_lost \(epoch key /);
    const { error } = JSON.parse(round.stderr) as { error: { code: string; message: string } };
    expect(error.code).to.equal('epoch_lost');
    expect(error.message).to.match(/^epoch key [0-9a-f-]{36} is not in …\/lethe-keys\.json:/);
    expect(lost.some((id) => error.message.includes(id))).to.equal(true);
  }).timeout(90_000);

  it('say that the key file cannot be read', () => {
    writeFileSync(keyFile(), 'none');
    const { status, stdout } = here.lethe('status');
    expect(stdout).to.match(/^! key_file_unusable {2}keys {2}/m);
    expect(status).to.equal(1);
  }).timeout(60_000);
});
