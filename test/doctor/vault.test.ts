import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Config } from '../../src/config.js';
import { fixedClock, systemClock } from '../../src/core/clock.js';
import { fromMicros, toMicros, type Instant } from '../../src/core/instant.js';
import { vaultCoverage } from '../../src/doctor/vault-coverage.js';
import { vaultPlace } from '../../src/doctor/vault-place.js';
import { migrate } from '../../src/db/migrate.js';
import { openPostgres } from '../../src/db/postgres.js';
import type { Database } from '../../src/db/database.js';
import { actorId } from '../../src/ledger/actor-directory.js';
import { appendEntry } from '../../src/ledger/append.js';
import { sealLedger } from '../../src/ledger/seal.js';
import { requireOwnVault } from '../../src/ledger/vault-link.js';
import { openVault } from '../../src/vault/open.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { lines } from './desk.js';

const NOW = systemClock.now();
const later = (days: number): Instant => fromMicros(toMicros(NOW) + BigInt(days) * 86_400_000_000n);
const TOLD = { keptFor: 'P35D' };

describe('the vault', () => {
  let fresh: FreshDatabase;
  let db: Database;
  let folder: string;
  beforeEach(async () => {
    fresh = await freshDatabase();
    db = await openPostgres(fresh.url);
    await migrate(db);
    folder = mkdtempSync(join(tmpdir(), 'lethe-vault-'));
  });
  afterEach(async () => {
    await db.close();
    await fresh.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const config = (different: Partial<Config> = {}): Pick<Config, 'vault' | 'backups' | 'database'> => ({
    vault: { url: undefined, folder: join(folder, 'vault') },
    backups: TOLD,
    database: { url: fresh.url, embedded: folder },
    ...different,
  });
  const found = (different: Partial<Config> = {}, now = NOW) =>
    vaultCoverage({ db, clock: fixedClock(now), config: config(different) });
  const link = async () => {
    const vault = await openVault({ folder: join(folder, 'vault') });
    await requireOwnVault(db, vault);
    return vault;
  };
  const append = () =>
    db.transaction(async (tx) =>
      appendEntry(tx, { kind: 'plan.approved', at: NOW, actor: await actorId(tx, 'somebody'), about: {} }),
    );

  it('that nobody named is a warning that says what is missing; one the database belongs to, an error', async () => {
    const [one] = await found({ vault: null });
    expect(one).to.include({ severity: 'warning', code: 'vault_unset' });
    expect(one?.message).to.contain('LETHE_VAULT_URL');
    await link();
    expect(lines(await found({ vault: null }))).to.deep.equal(['error vault_unset vault']);
  });

  it('is looked at without being made, tied to the database or settled', async () => {
    expect(await found()).to.deep.equal([]);
    expect(existsSync(join(folder, 'vault'))).to.equal(false);
    const [row] = await fresh.admin('select count(*)::int as links from lethe.vault_link');
    expect(row).to.deep.equal({ links: 0 });
  });

  it('that is lost, or another database’s, is an error of that code', async () => {
    await link();
    expect(await found()).to.deep.equal([]);
    rmSync(join(folder, 'vault'), { recursive: true });
    expect(lines(await found())).to.deep.equal(['error vault_lost vault']);
    const other = await openVault({ folder: join(folder, 'vault') });
    await other.identify({ id: 'vault-other', database: 'database-other' });
    expect(lines(await found())).to.deep.equal(['error vault_foreign vault']);
  });

  it('of which the database was restored from a backup is an error', async () => {
    const vault = await link();
    await append();
    await sealLedger({ db, vault, clock: systemClock });
    await fresh.admin(`alter table lethe.ledger_block disable trigger user; alter table lethe.ledger_sealed disable trigger user;
      delete from lethe.ledger_sealed; delete from lethe.ledger_block`);
    expect(lines(await found())).to.deep.equal(['error database_restored vault']);
  });

  it('says that an act was never settled, and leaves it to the next command to settle it', async () => {
    const vault = await link();
    await vault.intend({
      kind: 'hold.lifted',
      id: 'entry-none',
      at: NOW,
      actor: 'actor-one',
      hold: 'hold-one',
    });
    expect(lines(await found())).to.deep.equal(['hint vault_unsettled vault']);
    expect((await vault.acts(0)).acts.map(({ state }) => state)).to.deep.equal(['open']);
  });

  it('has sealed every entry within a day', async () => {
    const vault = await link();
    await append();
    expect(await found()).to.deep.equal([]);
    const [one] = await found({}, later(3));
    expect(one).to.include({ severity: 'warning', code: 'ledger_unsealed' });
    await sealLedger({ db, vault, clock: systemClock });
    expect(await found({}, later(3))).to.deep.equal([]);
  });

  it('remembers acts as long as backups are kept, where somebody says how long', async () => {
    const vault = await link();
    await append();
    await sealLedger({ db, vault, clock: systemClock });
    expect(lines(await found({ backups: null }))).to.deep.equal(['hint backups_untold lethe.json']);
    await vault.prune({ position: 0, block: 1, at: NOW });
    expect(lines(await found())).to.deep.equal(['error backups_unprotected vault']);
    expect(await found({}, later(36))).to.deep.equal([]);
  });

  it('that cannot be reached is an error, without the password', async () => {
    const url = 'postgres://lethe:s3cret@127.0.0.1:1/vault';
    const [one] = await found({ vault: { url, folder } });
    expect(one).to.include({ severity: 'error', code: 'database_unreachable' });
    expect(one?.message).not.to.contain('s3cret');
  });
});

describe('the place of the vault', () => {
  const database = { url: 'postgres://rt:a@db.example/rt', embedded: '.lethe' };
  const of = async (url: string) => lines(await vaultPlace({ url, folder: '' }, database));

  it('is another database, and better another server', async () => {
    expect(await of('postgres://other:b@db.example:5432/rt?sslmode=require')).to.deep.equal([
      'error vault_same_database vault',
    ]);
    expect(await of('postgres://other:b@db.example/vault')).to.deep.equal([
      'warning vault_same_server vault',
    ]);
    expect(await of('postgres://other:b@db.example:5433/vault')).to.deep.equal([]);
    expect(await of('postgres://other:b@vault.example/rt')).to.deep.equal([]);
  });

  it('is a folder that nobody else may enter', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lethe-vault-'));
    const rights = async () => lines(await vaultPlace({ url: undefined, folder }, database));
    expect(await rights()).to.deep.equal([]);
    chmodSync(folder, 0o750);
    expect(await rights()).to.deep.equal(['warning vault_readable vault']);
    rmSync(folder, { recursive: true });
  });
});
