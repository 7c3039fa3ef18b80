import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { HistoryEntry } from '../../src/publication/history.js';
import { nodeArguments } from '../support/compiled.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const own = {
  kind: 'retention',
  id: 'own-rule',
  title: 'Spam: a month',
  record: 'ticket',
  activity: 'support',
  ground: 'purpose',
  reason: 'nobody needs it',
  when: { fact: 'status', operator: 'equal', value: 'spam' },
  keep: { for: 'P1M', from: 'createdAt', timeZone: 'UTC' },
  then: { action: 'delete' },
};

interface Refused {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly findings?: readonly { readonly path: string }[];
  };
}

describe('lethe policy publish, and the drafts it is about', () => {
  let fresh: FreshDatabase;
  let folder: string;
  beforeEach(async () => {
    fresh = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'lethe-policy-'));
    mkdirSync(join(folder, 'policies'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await fresh.drop();
  });

  const lethe = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeArguments(MAIN), ...words], {
      cwd: folder,
      env: { ...process.env, DATABASE_URL: fresh.url, LETHE_VAULT_URL: '' },
      encoding: 'utf8',
    });
    return { exit: status, stdout, stderr };
  };
  const file = (name: string): string => join(folder, 'policies', `${name}.json`);
  const write = (name: string, content: unknown): void => {
    writeFileSync(file(name), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const edit = (name: string, from: string, to: string): void => {
    write(name, readFileSync(file(name), 'utf8').replace(from, to));
  };
  const seed = (): Promise<unknown> =>
    fresh.admin(`insert into desk.customers (customer_number, name, email) values ('C-1', 'Ada Marker', 'ada@marker.example');
      insert into desk.tickets (number, subject, status, priority, category, channel, customer_id, created_at, updated_at, closed_at)
      select 'T-1', 'Marker', 'closed', 'normal', 'technical', 'e-mail', id, '2015-01-01', '2015-01-02', '2015-01-02' from desk.customers`);

  it('init publishes what is in the folder, and plan, approve and apply follow without a wait', async () => {
    write('own', own);
    const init = lethe('init', '--json');
    expect(init.exit, init.stderr).to.equal(0);
    const { published } = JSON.parse(init.stdout) as { published: readonly string[] };
    expect(published).to.include.members(['own-rule', 'resolved-tickets']);
    await seed();
    const plan = lethe('retention', 'plan', 'resolved-tickets', '--as', 'officer', '--json');
    const { id, items } = JSON.parse(plan.stdout) as { id: string; items: number };
    expect(items).to.equal(1);
    expect(lethe('retention', 'approve', id, '--as', 'colleague').exit).to.equal(0);
    expect(lethe('retention', 'apply', id).exit).to.equal(0);
    expect(lethe('init').stdout).to.include('files are drafts until');
  });

  it('init refuses a wrong file before anything is published, and goes on once it is right', () => {
    write('own', { ...own, record: 'tikcet' });
    const refused = lethe('init');
    expect(refused.exit).to.equal(2);
    expect(refused.stderr)
      .to.include('policies/own.json: record')
      .and.to.include(
        'no policy is published yet, so none is in force; correct this and run `lethe init` again',
      );
    expect(lethe('policy', 'history').stdout).to.equal('Nothing is published yet.\n');
    write('own', own);
    expect(lethe('init').stdout).to.include('lethe.json was here already');
    expect(lethe('policy', 'history').stdout).to.include('own-rule');
  });

  it('editing a file passes nothing by: plans go on as published until it is published, cooled and approved', async () => {
    expect(lethe('init').exit).to.equal(0);
    await seed();
    edit('resolved-tickets', '"P3Y"', '"P2Y"');
    write('broken', '{ "kind":');
    const plan = lethe('retention', 'plan', 'resolved-tickets');
    expect(plan.exit, plan.stderr).to.equal(0);
    expect(plan.stdout).to.match(
      /! This is what version-\w+ takes, .* policies\/resolved-tickets\.json says/,
    );
    expect(lethe('policy', 'publish').exit).to.equal(2);
    const publish = lethe('policy', 'publish', 'resolved-tickets', '--as', 'Olga');
    expect(publish.stdout)
      .to.match(/^resolved-tickets: waits until .* and for 1 approval \(version-\w+\), because\n/)
      .and.to.include('  keep.for: P3Y → P2Y takes records 1 year earlier\n')
      .and.to.include('stays in force\n');
    const id = /approve (version-\w+)/.exec(publish.stdout)?.[1] ?? '';
    expect(lethe('policy', 'approve', id, '--as', 'olga').exit).to.equal(3);
    expect(lethe('policy', 'approve', id, '--as', 'Dana').exit).to.equal(0);
    const [first, second] = lethe('policy', 'history', 'resolved-tickets', '--json')
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as HistoryEntry);
    expect(first?.state.is).to.equal('inForce');
    expect(second?.state).to.include({ is: 'waiting', given: 1, needed: 1 });
    expect(second).to.deep.include({ id, author: 'Olga', approvedBy: ['Dana'], number: 2 });
    expect(JSON.parse(lethe('policy', 'show', id).stdout)).to.have.nested.property('keep.for', 'P2Y');
    const status = lethe('status');
    expect(status.stdout).to.match(new RegExp(`${id} .*waits until`));
    expect(status.exit).to.equal(0);
  });

  it('with --json whatever is refused is one document, with every finding of a file', () => {
    expect(lethe('init').exit).to.equal(0);
    write('own', { ...own, record: 'tikcet', keep: { for: '1 month', from: 'createdAt', timeZone: 'UTC' } });
    const read = (...words: readonly string[]): Refused['error'] & { exit: number | null } => {
      const { exit, stdout } = lethe(...words, '--json');
      return { ...(JSON.parse(stdout) as Refused).error, exit };
    };
    for (const command of ['check', 'test']) {
      const { exit, code, findings } = read('policy', command);
      expect([exit, code]).to.deep.equal([2, 'policy_invalid']);
      expect(findings?.map(({ path }) => path)).to.include.members(['record', 'keep.for']);
    }
    expect(read('retention', 'paln')).to.include({ exit: 2, code: 'input_invalid' });
    expect(read('retention', 'plan').message).to.include('missing required argument');
    expect(read('status', '--config', 'other.json')).to.include({ exit: 2, code: 'config_missing' });
    expect(read('status', '--config', 'other.json').message).to.include('no other.json in');
  });

  it('policies of every kind are checked, compared and published; a purpose without an activity is a finding', () => {
    expect(lethe('init').exit).to.equal(0);
    const agents = {
      ...{ kind: 'access', id: 'readers', title: 'Readers', record: 'ticket', roles: ['reader'] },
      ...{ purposes: ['dpv:CustomerCare'], may: ['read'] },
    };
    write('readers', { ...agents, purposes: ['dpv:CustomerCare', 'dpv:VendorManagement'] });
    const refused = lethe('policy', 'check');
    expect(refused.exit).to.equal(2);
    expect(refused.stderr).to.match(
      /policies\/readers\.json: purposes\[1\]: no activity has the purpose "dpv:VendorManagement"/m,
    );
    write('readers', agents);
    const check = lethe('policy', 'check');
    expect(check.exit, check.stderr).to.equal(0);
    expect(check.stdout)
      .to.match(/^readers {2}reader may read ticket for dpv:CustomerCare {2}! not published/m)
      .and.to.match(/^support {2}activity for dpv:CustomerCare \(eu-gdpr:A6-1-b\)$/m);
    expect(lethe('policy', 'diff').stdout).to.equal(
      'readers (access): new\n  publishing: waits for the cooling time and for approval, because\n    it is the first version of this access policy: it permits all it says\n',
    );
    edit('organisation', '"example-desk",', '"example-desk", "review": "2030-01-01",');
    const publish = lethe('policy', 'publish');
    expect(publish.stdout, publish.stderr)
      .to.match(/^example-desk: in force now \(version-\w+\); it says who is responsible$/m)
      .and.to.match(/^readers: waits until .* for 1 approval/m);
    const schema = lethe('policy', 'schema', '--kind', 'access');
    expect(JSON.parse(schema.stdout)).to.include({ title: 'Lethe access policy' });
  });

  it('test takes the name of a policy for its test', () => {
    expect(lethe('init').exit).to.equal(0);
    expect(lethe('policy', 'test', 'old-attachments').stdout).to.match(/^1 test file, .*all as expected/);
    expect(lethe('policy', 'test', 'policies/old-attachments.test.json').exit).to.equal(0);
    expect(lethe('policy', 'test', 'nothing').stderr).to.include('there is no such file');
  });

  it('check says which drafts differ from what is published, and does without a database', () => {
    expect(lethe('init').exit).to.equal(0);
    edit('call-recordings', '"P90D"', '"P91D"');
    write('own', own);
    const check = lethe('policy', 'check');
    expect(check.exit, check.stderr).to.equal(0);
    expect(check.stdout).to.match(/call-recordings .*! differs from what is published/);
    expect(check.stdout).to.match(/own-rule .*! not published/);
    expect(check.stdout.match(/!/g)).to.have.length(2);
    rmSync(file('former-agents'));
    expect(lethe('policy', 'publish', 'own-rule').exit).to.equal(0);
    const later = lethe('policy', 'check').stdout;
    expect(later, 'nothing of it is in force').to.match(/own-rule .*\(published, and waits; `lethe status`/);
    expect(later).to.include('`lethe policy publish --remove former-agents` removes it.');
    const away = spawnSync(process.execPath, [...nodeArguments(MAIN), 'policy', 'check'], {
      cwd: folder,
      env: { ...process.env, DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' },
      encoding: 'utf8',
    });
    expect(away.status, away.stderr).to.equal(0);
    expect(away.stdout).to.include('Not compared with what is in force: cannot reach the database');
  });
}).timeout(240_000);
