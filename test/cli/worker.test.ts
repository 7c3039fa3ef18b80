import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openInstallation, type Installation } from '../support/installation.js';

describe('lethe worker', () => {
  let here: Installation;
  beforeEach(async () => {
    here = await openInstallation();
  });
  afterEach(() => here.close());

  const lethe: Installation['lethe'] = (...words) => here.lethe(...words);

  it('is refused to whoever may not plan and apply, before it touches the slots of anybody', async () => {
    expect(lethe('init').status).to.equal(0);
    const path = join(here.folder, 'lethe.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(
      path,
      JSON.stringify({ ...config, actors: { Olga: ['operator'], Dana: ['data-protection-officer'] } }),
    );
    await here.fresh.admin("insert into lethe.job (id, policy, slot) values ('job-1', 'gone', '2024-01-01')");
    for (const words of [
      ['--once', '--as', 'nobody'],
      ['--as', 'Dana'],
    ]) {
      const { status, stderr } = lethe('worker', ...words);
      expect(stderr).to.include('role_missing');
      expect(status).to.equal(3);
    }
    expect(await here.fresh.admin('select state, attempts from lethe.job')).to.deep.equal([
      { state: 'open', attempts: 0 },
    ]);
    expect(lethe('worker', '--once', '--as', 'Olga').status).to.equal(0);
    expect(await here.fresh.admin('select state, attempts from lethe.job')).to.deep.equal([
      { state: 'skipped', attempts: 0 },
    ]);
  }).timeout(60_000);
});
