import { expect } from 'chai';
import { bothDatabasesOnce } from '../support/database.js';
import { refusal } from '../support/small-desk.js';
import { cell, customerPlace, encrypt, encryptedDesk } from './encrypted-desk.js';

const ANN = customerPlace('12');

bothDatabasesOnce('a customer whose key an older copy of the vault lacks', (open) => {
  it('is given no other: what is stored stays as it is, nothing new is stored, and all of it works again with the key', async () => {
    const desk = await encryptedDesk(open, 'on');
    const { name } = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
    const rows = (): Promise<readonly object[]> => desk.admin('select * from lethe.data_key');
    const [before, kept] = [await rows(), new Map(desk.ring.keys)];
    desk.ring.keys.clear();
    await refusal(desk.encryption.decrypt([cell(ANN, 'name', name)]), 'key_unknown');
    const { message } = await refusal(encrypt(desk, desk.encryption, ANN, { phone: '112' }), 'key_unknown');
    expect(message).to.include('lethe vault adopt').and.include('dispose of the record');
    expect(await rows()).to.deep.equal(before);
    expect(desk.ring.keys.size).to.equal(0);
    for (const [id, key] of kept) desk.ring.keys.set(id, key);
    const { phone } = await encrypt(desk, desk.encryption, ANN, { phone: '112' });
    expect(await desk.encryption.decrypt([cell(ANN, 'name', name), cell(ANN, 'phone', phone)])).to.deep.equal(
      ['Ann', '112'],
    );
  });

  it('made anew after a disposal has another key', async () => {
    const desk = await encryptedDesk(open, 'on');
    const { name } = await encrypt(desk, desk.encryption, ANN, { name: 'Ann' });
    desk.ring.keys.clear();
    await desk.admin(`update lethe.data_key set ended_at = now(), plan_id = 'plan-1' where key = '12'`);
    await refusal(desk.encryption.decrypt([cell(ANN, 'name', name)]), 'key_unknown');
    const { phone } = await encrypt(desk, desk.encryption, ANN, { phone: '112' });
    expect(await desk.encryption.decrypt([cell(ANN, 'phone', phone)])).to.deep.equal(['112']);
  });
});
