import { expect } from 'chai';
import { encryptedUnprotected } from '../../src/doctor/encrypted-columns.js';
import { beginEncryption } from '../../src/encryption/convert.js';
import { fixedClock } from '../../src/core/clock.js';
import type { Instant } from '../../src/core/instant.js';
import { migrate } from '../../src/db/migrate.js';
import { bothDatabasesOnce } from '../support/database.js';
import { protecting } from '../support/native-map.js';

bothDatabasesOnce('a map that protects less than is stored encrypted', (open) => {
  it('is found by the doctor, column by column; one that protects as much or more is not', async () => {
    const { db, admin } = await open();
    await migrate(db, ['desk']);
    const whole = protecting(() => true);
    expect(
      await encryptedUnprotected(
        db,
        protecting(() => false),
      ),
    ).to.deep.equal([]);
    await beginEncryption(
      { db, graph: whole, clock: fixedClock('2026-01-01T00:00:00.000000Z' as Instant) },
      'officer',
    );
    expect(await encryptedUnprotected(db, whole)).to.deep.equal([]);
    const less = protecting((name) => !['email', 'phone'].includes(name));
    expect(await encryptedUnprotected(db, less)).to.deep.equal([
      {
        severity: 'error',
        code: 'encrypted_unprotected',
        thing: 'desk.customers',
        message:
          'email, phone are stored encrypted, and the map does not protect them: whoever reads them is shown ciphertext. Put them into "protected" again',
      },
    ]);
    // as the constraint says it that stands after the triggers
    await admin(`drop trigger lethe_refuses_updated on desk.customers;
      alter table desk.customers add constraint lethe_encrypted check (phone ~ '^lk1' and name ~ '^lk1')`);
    const [finding] = await encryptedUnprotected(
      db,
      protecting(() => false),
    );
    expect(finding?.message).to.match(/^name, phone are/);
  });
});
