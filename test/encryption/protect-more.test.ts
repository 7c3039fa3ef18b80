import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import type { Instant } from '../../src/core/instant.js';
import { migrate } from '../../src/db/migrate.js';
import { encryptDatabase } from '../../src/encryption/convert.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { encryptionState } from '../../src/encryption/state.js';
import { bothDatabasesOnce } from '../support/database.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { protecting } from '../support/native-map.js';
import { refusal } from '../support/small-desk.js';

bothDatabasesOnce('a map that protects more than was encrypted', (open) => {
  it('is caught up with: what is encrypted stays as it is, what is not is, and the database says so', async () => {
    const { db, admin } = await open();
    await migrate(db, ['desk']);
    await admin(`insert into desk.customers (id, customer_number, name, email, phone, city)
      values (3, 'C-3', 'Ada', 'ada@mail.example', '+49 30 901820', 'Ulm'), (4, 'C-4', 'Bo', 'bo@mail.example', null, null)`);
    const parts = {
      db,
      keyring: new MemoryKeyring(),
      clock: fixedClock('2026-01-01T00:00:00.000000Z' as Instant),
    };
    const less = protecting((name) => !['phone', 'city'].includes(name));
    const whole = protecting(() => true);
    await encryptDatabase({ ...parts, graph: less }, 'officer');
    const rows = (): Promise<readonly { name: string; phone: string | null; city: string | null }[]> =>
      admin('select name, phone, city from desk.customers order by id');
    const [before] = await rows();
    expect(before).to.include({ phone: '+49 30 901820', city: 'Ulm' });
    const encryption = encryptionOver({ ...parts, graph: whole });
    const phone = { table: 'customers', column: 'phone', row: '3', value: '+49 30 901820' };
    await refusal(encryption.decrypt([phone]), 'value_unencrypted');

    const { isNew } = await encryptDatabase({ ...parts, graph: whole }, 'officer');
    expect(isNew).to.equal(true);
    const [after, other] = await rows();
    expect(after?.name).to.equal(before?.name);
    expect([after?.phone, after?.city]).to.satisfy((all: string[]) =>
      all.every((one) => one.startsWith('lk1.')),
    );
    expect(other).to.include({ phone: null, city: null });
    expect(await encryption.decrypt([{ ...phone, value: after?.phone ?? '' }])).to.deep.equal([phone.value]);
    expect(await encryption.digests(db, 'phone', phone.value).then((digests) => digests?.length)).to.equal(1);
    const found = await admin(`select 1 from lethe.blind_index where kind = 'phone' and key = '3'`);
    expect(found).to.have.length(1);
    const refused = await admin(`update desk.customers set city = 'Ulm' where id = 4`).then(
      () => null,
      (error: unknown) => (error as { readonly code?: unknown }).code,
    );
    expect(refused).to.equal('23514');
    expect(await encryptionState(db)).to.equal('on');
    expect((await encryptDatabase({ ...parts, graph: whole }, 'officer')).isNew).to.equal(false);
  });
});
