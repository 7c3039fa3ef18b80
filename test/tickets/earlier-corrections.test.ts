import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../src/db/migrate.js';
import { MIGRATIONS } from '../../src/db/migrations.js';
import { openPostgres } from '../../src/db/postgres.js';
import { freshDatabase } from '../support/database.js';

const NUMBER = '0014-rectifications.sql';

/** The migrations from before that one, in a folder that the test removes. */
function earlier(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-migrations-'));
  cpSync(MIGRATIONS, folder, { recursive: true });
  for (const name of readdirSync(join(folder, 'lethe')))
    if (name >= NUMBER) rmSync(join(folder, 'lethe', name));
  return folder;
}

describe('corrections that were noted before', () => {
  it('lose what the old value could be found by, also in the table’s file', async () => {
    const { admin, url, drop } = await freshDatabase();
    const folder = earlier();
    const db = await openPostgres(url, { max: 1 });
    try {
      await migrate(db, [], folder);
      const salt = '00112233445566778899aabbccddeeff';
      const digest = createHash('sha256')
        .update(Buffer.concat([Buffer.from(salt, 'hex'), Buffer.from('1980-05-06')]))
        .digest('hex');
      await admin(`
        insert into lethe.actor (id, name, name_key) values ('actor-1', 'agent/7', 'agent/7');
        insert into lethe.rectification (id, record, key, field, old_digest, salt, reason, corrected_by, corrected_at)
        values ('r-1', 'customer', '3', 'customer.date_of_birth', '${digest}', '\\x${salt}', 'MARKED', 'actor-1', '2026-01-01')`);
      const holds = async (bytes: string): Promise<boolean> => {
        await admin('checkpoint');
        const [row] = await admin<{ at: number }>(
          `select position($1::bytea in pg_read_binary_file(pg_relation_filepath('lethe.rectification'))) as at`,
          [bytes],
        );
        return Number(row?.at) > 0;
      };
      const inFile = async (): Promise<readonly boolean[]> =>
        Promise.all([digest, 'MARKED'].map((text) => holds(`\\x${Buffer.from(text).toString('hex')}`)));
      expect([...(await inFile()), await holds(`\\x${salt}`)]).to.deep.equal([true, true, true]);
      await migrate(db);
      expect([...(await inFile()), await holds(`\\x${salt}`)]).to.deep.equal([false, true, false]);
      expect(await admin('select reason, field from lethe.rectification')).to.deep.equal([
        { reason: 'MARKED', field: 'customer.date_of_birth' },
      ]);
    } finally {
      await db.close();
      rmSync(folder, { recursive: true });
      await drop();
    }
  });
});
