import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { openInstallation, type Installation } from '../support/installation.js';
import type { Json } from '../support/small-desk.js';

const CUSTOMER = `insert into desk.customers (customer_number, name, email) values ('C-1', 'Markisch', 'markisch@mail.example')`;

describe('lethe keys', () => {
  let here: Installation;
  let environment: Record<string, string>;
  beforeEach(async () => {
    environment = {};
    here = await openInstallation(environment);
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
    for (const words of [['encrypt'], ['rotate', 'index']]) {
      const unnamed = lethe('keys', ...words);
      expect(unnamed.stderr).to.include('nothing is encrypted here').and.to.include('keys_unnamed');
      expect(unnamed.status).to.equal(2);
    }
    const actors = { Otto: ['operator'], Dana: ['data-protection-officer'] };
    writeFileSync(
      join(here.folder, 'lethe.json'),
      JSON.stringify({ ...config(), actors, keys: { provider: 'local', file: 'root.json' } }),
    );
    // what was never made is not lost
    const unmade = lethe('keys', 'status').stdout;
    expect(unmade.split(/not made yet: `lethe keys encrypt` makes it/), unmade).to.have.length(2);
    expect(unmade)
      .to.match(/Epoch keys in .*root\.json: none yet\n/)
      .and.not.to.include('!');
    expect(told('keys', 'status')).to.have.nested.include({
      'root.problem.code': 'key_file_unmade',
      'epochs.problem': null,
    });
    expect(lethe('keys', 'rotate', '--as', 'Otto').stderr).to.include('[key_file_unmade]');
    expect(lethe('keys', 'encrypt', '--as', 'Dana').stderr).to.include('role_missing');
    expect(existsSync(join(here.folder, 'root.json'))).to.equal(false);
    const done = lethe('keys', 'encrypt', '--as', 'Otto');
    expect(done.stdout, done.stderr).to.include('1 row encrypted').and.to.include('backups');
    expect(done.stdout).to.include('until VACUUM FULL');
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
    expect(stdout.split('[key_file_unusable]'), 'once').to.have.length(2);
    expect(stdout).to.include('signs; has signed no block yet');
  }).timeout(120_000);

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
    const root = lethe('keys', 'rotate', 'root');
    expect(root.stderr).to.include('lethe-keys.json does not change').and.to.include('[root_fixed]');
    expect([root.status, root.stdout]).to.deep.equal([2, '']);
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
      'key.rotated',
    ]);
  }).timeout(120_000);

  it('rotate the signing key where it is named, and nothing unsaid while there are no keys that encrypt', () => {
    expect(lethe('init').status).to.equal(0);
    const unsaid = lethe('keys', 'rotate');
    expect(unsaid.status).to.equal(2);
    expect(unsaid.stderr).to.include('lethe keys rotate signing').and.to.include('add "keys" to lethe.json');
    expect((told('keys', 'status')['keys'] as readonly Json[]).length).to.equal(1);
    expect(told('keys', 'rotate', 'signing')).to.have.keys(['id', 'from', 'to']);
  }).timeout(120_000);

  it('begin nothing while the key service is away, and promise nothing of what was not wrapped', () => {
    expect(lethe('init').status).to.equal(0);
    const keys = { provider: 'aws-kms', key: 'alias/lethe' };
    writeFileSync(join(here.folder, 'lethe.json'), JSON.stringify({ ...config(), keys }));
    Object.assign(environment, {
      LETHE_EPOCHS_URL: pathToFileURL(join(here.folder, 'epochs')).href,
      AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
    });
    const root = lethe('keys', 'rotate', 'root');
    expect(root.stdout, root.stderr).to.include('no epoch key to wrap yet').and.not.to.include('retired');
    expect(lethe('keys', 'encrypt').stderr).to.include('[key_service_unavailable]');
    const status = lethe('keys', 'status').stdout;
    expect(status)
      .to.include('Encryption: off')
      .and.to.match(/Epoch keys in .*: none yet\n/);
    expect(status).to.include('nobody answers at that host and port (ECONNREFUSED)');
  }).timeout(120_000);
});
