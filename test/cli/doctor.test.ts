import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Finding } from '../../src/datamap/finding.js';
import { nodeArguments } from '../support/compiled.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

describe('lethe doctor', () => {
  let fresh: FreshDatabase;
  let folder: string;
  beforeEach(async () => {
    fresh = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'lethe-doctor-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await fresh.drop();
  });

  const lethe = (...words: readonly string[]) => {
    const environment = { ...process.env, DATABASE_URL: fresh.url, LETHE_VAULT_URL: '' };
    const run = spawnSync(process.execPath, [...nodeArguments(MAIN), ...words], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    });
    return { ...run, exit: run.status };
  };
  const json = () => {
    const { stdout, exit, stderr } = lethe('doctor', '--json');
    const findings = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Finding);
    return { codes: findings.map(({ severity, code }) => `${severity} ${code}`), exit, stderr };
  };

  it('has one error on a new installation, that nothing was agreed about recording what employees read; else none', () => {
    expect(lethe('init').exit).to.equal(0);
    const before = json();
    expect(before.exit).to.equal(1);
    expect(before.codes.filter((code) => !code.startsWith('hint'))).to.deep.equal([
      'error reading_not_agreed',
    ]);
    const agreed = lethe('access', 'agree', '--no-works-council', 'three people, none elected', '--json');
    expect(agreed.exit, agreed.stderr).to.equal(0);
    expect(json()).to.deep.equal({
      codes: ['hint kept_by_foreign_key', 'hint encryption_off', 'hint backups_untold'],
      exit: 0,
      stderr: '',
    });
  });

  it('runs with a lost vault, looks at the rest all the same, and says errors first', async () => {
    lethe('init');
    await fresh.admin(`insert into desk.customers (customer_number, name, email) values ('C-1', 'Ada Marker', 'ada@marker.example');
      insert into desk.tickets (number, subject, status, priority, category, channel, customer_id, created_at, updated_at, closed_at)
      select 'T-1', 'Marker', 'closed', 'normal', 'technical', 'e-mail', id, '2015-01-01', '2015-01-02', '2015-01-02' from desk.customers`);
    rmSync(join(folder, 'lethe-vault'), { recursive: true });
    const { stdout, exit } = lethe('doctor');
    expect(exit).to.equal(1);
    expect(stdout).to.match(/^error {3}access log: .*(\nerror .*)*\nerror {3}vault: /);
    expect(stdout).to.contain(
      'warning policy resolved-tickets: 1 record is past its date, the oldest since 2018-12-31',
    );
    expect(stdout).to.match(/\d findings: 2 errors, 1 warning, 2 hints\.\n$/);
    expect(stdout).not.to.match(/marker/i);
  });

  it('looks at the map alone, and says so, where there is no schema "lethe" or a map is named', async () => {
    lethe('init');
    await fresh.admin('drop schema lethe cascade');
    const { stdout } = lethe('doctor');
    expect(stdout).to.contain('only the map was looked at').and.not.to.contain('backups');
    rmSync(join(folder, 'lethe.json'));
    expect(lethe('doctor', '--map', 'native').stdout).to.contain('there is no schema "lethe" yet');
  });

  it('tells of a version in force that the map no longer fits, and of everything else', () => {
    lethe('init');
    const map = readFileSync(new URL('../../policies/data-maps/native.json', import.meta.url), 'utf8');
    writeFileSync(join(folder, 'own.json'), map.replaceAll('"startedAt"', '"begunAt"'));
    const config = JSON.parse(readFileSync(join(folder, 'lethe.json'), 'utf8')) as object;
    writeFileSync(join(folder, 'lethe.json'), JSON.stringify({ ...config, map: './own.json' }));
    const { codes, exit } = json();
    expect(exit).to.equal(1);
    expect(codes).to.include('error version_unreadable');
    expect(codes.filter((code) => code.startsWith('warning'))).to.deep.equal([]);
  });
});
