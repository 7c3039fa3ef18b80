import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openInstallation, type Installation } from '../support/installation.js';
import type { Json } from '../support/small-desk.js';

const CUSTOMER = `insert into desk.customers (customer_number, name, email) values ('C-1', 'Markisch', 'markisch@mail.example')`;

describe('lethe keys', () => {
  let here: Installation;
  beforeEach(async () => {
    here = await openInstallation();
  });
  afterEach(() => here.close());

  const lethe: Installation['lethe'] = (...words) => here.lethe(...words);
  const told: Installation['told'] = (...words) => here.told(...words);
  const config = (): Json => JSON.parse(readFileSync(join(here.folder, 'lethe.json'), 'utf8')) as Json;
  const stored = async (): Promise<string> => {
    const [row] = await here.fresh.admin<{ email: string }>('select email from desk.customers');
    return row?.email ?? '';
  };

  it('turn encryption on in an installation that has none, once lethe.json names keys', async () => {
    const made = lethe('init');
    expect(made.stdout).to.include('is stored as it is').and.to.include('lethe keys encrypt');
    expect(config()).not.to.have.property('keys');
    await here.fresh.admin(CUSTOMER);
    const unset = lethe('keys', 'encrypt');
    expect(unset.stderr).to.include('keys_unset');
    expect(unset.status).to.equal(2);
    const actors = { Otto: ['operator'], Dana: ['data-protection-officer'] };
    writeFileSync(
      join(here.folder, 'lethe.json'),
      JSON.stringify({ ...config(), actors, keys: { provider: 'local', file: 'root.json' } }),
    );
    expect(lethe('keys', 'encrypt', '--as', 'Dana').stderr).to.include('role_missing');
    expect(existsSync(join(here.folder, 'root.json'))).to.equal(false);
    const done = lethe('keys', 'encrypt', '--as', 'Otto');
    expect(done.stdout, done.stderr).to.include('1 row encrypted').and.to.include('backups');
    expect(statSync(join(here.folder, 'root.json')).mode & 0o777).to.equal(0o600);
    expect(await stored()).to.match(/^lk1\./);
    expect(told('keys', 'encrypt', '--as', 'Otto')).to.include({ isNew: false });
    expect(told('keys', 'status')).to.have.nested.include({
      'encryption.state': 'on',
      'dataKeys.subject': 1,
      'root.provider': 'local',
      'epochs.list[0].state': 'current',
      'epochs.list[0].keys': 2,
      'epochs.list[0].isThere': true,
    });
    // a key file that is lost is not made anew: status says so, and works
    renameSync(join(here.folder, 'root.json'), join(here.folder, 'elsewhere.json'));
    expect(lethe('keys', 'encrypt', '--as', 'Otto').stderr).to.include('key_file_unusable');
    expect(existsSync(join(here.folder, 'root.json'))).to.equal(false);
    const { status, stdout } = lethe('keys', 'status');
    expect(status).to.equal(0);
    expect(stdout).to.include('[key_file_unusable]').and.to.include('signs; has signed no block yet');
  }).timeout(60_000);

  it('rotate epoch, index, root and signing key of a new installation with keys, and say so in the ledger', async () => {
    expect(lethe('init', '--map', 'request-tracker-5', '--keys', 'local').status).not.to.equal(0);
    expect(existsSync(join(here.folder, 'lethe.json'))).to.equal(false);
    const made = lethe('init', '--keys', 'local');
    expect(made.stdout, made.stderr).to.include('root of its keys is lethe-keys.json');
    expect(config()['keys']).to.deep.equal({ provider: 'local', file: 'lethe-keys.json' });
    const again = lethe('init', '--keys', 'none');
    expect(again.stderr).to.include('config_invalid');
    const first = told('keys', 'rotate');
    const second = told('keys', 'rotate', 'epoch');
    expect(second['from']).to.deep.equal([first['id']]);
    expect(told('keys', 'rotate', 'index')).to.include({ isDone: true, people: 0 });
    expect(told('keys', 'rotate', 'root')).to.deep.equal({ epochs: 2 });
    expect(String(told('keys', 'rotate', 'signing')['to'])).to.match(/^[0-9a-f]{64}$/);
    expect(lethe('keys', 'rotate', 'everything').status).to.equal(2);
    const kinds = await here.fresh.admin<{ kind: string }>(
      "select kind from lethe.ledger_entry where kind ~ '^(epoch|index|key|encryption)\\.' order by at",
    );
    expect(kinds.map(({ kind }) => kind)).to.deep.equal([
      'encryption.begun',
      'encryption.finished',
      'epoch.rotated',
      'epoch.rotated',
      'index.rotated',
      'epoch.rewrapped',
      'key.rotated',
    ]);
  }).timeout(60_000);
});
