import { expect } from 'chai';
import { openInstallation, type Installation } from '../support/installation.js';

describe('lethe token', () => {
  let here: Installation;
  before(async () => {
    here = await openInstallation();
  });
  after(() => here.close());

  const lethe: Installation['lethe'] = (...words) => here.lethe(...words);
  const told: Installation['told'] = (...words) => here.told(...words);

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
