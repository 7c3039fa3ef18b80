import { expect } from 'chai';
import { checksums, closeDesks, column, dispose, ids, rule } from '../support/small-desk.js';
import { desk, keepFor } from './protected-desk.js';

describe('other roots', () => {
  afterEach(closeDesks);

  it('files go after six months while their tickets stay', async () => {
    const { engine, admin } = await desk();
    await admin("update shop.files set made_at = '2023-08-01' where id = 900");
    const before = await checksums(admin, ['shop.tickets', 'shop.messages', 'shop.words', 'shop.customers']);
    await dispose(
      engine([rule({ id: 'old-files', record: 'file', keep: keepFor('P6M', 'madeAt') })]),
      'old-files',
    );
    expect(await ids(admin, 'files')).to.deep.equal(['900']);
    expect(
      await checksums(admin, ['shop.tickets', 'shop.messages', 'shop.words', 'shop.customers']),
    ).to.deep.equal(before);
  });

  it('customers without tickets go, the others stay', async () => {
    const { engine, admin } = await desk();
    const when = { all: [{ fact: 'hasTickets', operator: 'equal', value: false }] };
    const customers = rule({ id: 'idle', record: 'customer', keep: keepFor('P2Y', 'lastSeen'), when });
    const lethe = engine([rule(), customers]);
    await dispose(lethe, 'idle');
    expect(await ids(admin, 'customers')).to.deep.equal(['7', '8']);
    await dispose(lethe);
    await dispose(lethe, 'idle');
    expect(await ids(admin, 'customers')).to.deep.equal(['8']);
    expect(await column(admin, 'select customer_id from shop.tickets')).to.deep.equal(['8']);
  });
});
