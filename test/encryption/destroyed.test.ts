import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { fixedClock } from '../../src/core/clock.js';
import type { Instant } from '../../src/core/instant.js';
import type { Database } from '../../src/db/database.js';
import { sql } from '../../src/db/sql.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { endEpochs } from '../../src/encryption/end-epochs.js';
import type { StoredValue } from '../../src/encryption/encryption.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { createKeyFile } from '../../src/keys/key-file.js';
import type { Keys, KeysConfig } from '../../src/keys/keys.js';
import { openKeys } from '../../src/keys/open-keys.js';
import { rotateEpoch } from '../../src/keys/rotate-epoch.js';
import { unwrapKey } from '../../src/keys/wrapping.js';
import type { VaultPlace } from '../../src/vault/open.js';
import { KEYED, RULES } from '../disposal/keyed-desk.js';
import { freshDatabase } from '../support/database.js';
import { openKmsUnderTest } from '../support/kms-under-test.js';
import { backUp, closeRestored, restored } from '../support/restore.js';
import { closeDesks, dispose, openDesk, policiesOf, TODAY, type Desk } from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const LATER = '2024-03-01T00:00:00.000000Z' as Instant;

/** Where keys and their epochs are, and how somebody gets a copy of the vault. */
interface Place {
  readonly vault: VaultPlace;
  readonly root: KeysConfig['root'];
  readonly copy: () => Promise<VaultPlace>;
}

const closing: (() => Promise<unknown>)[] = [];

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-destroyed-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function localRoot(): Promise<KeysConfig['root']> {
  const file = join(emptyFolder(), 'root.key');
  await createKeyFile(file);
  return { provider: 'local', file };
}

async function kmsRoot(): Promise<KeysConfig['root']> {
  const kms = await openKmsUnderTest();
  closing.push(() => kms.close());
  const { arn } = await kms.makeKey();
  return { provider: 'aws-kms', key: arn, epochs: pathToFileURL(join(emptyFolder(), 'epochs.json')).href };
}

function inFolder(root: KeysConfig['root']): Place {
  const folder = join(emptyFolder(), 'vault');
  const copy = (): Promise<VaultPlace> => {
    const other = join(emptyFolder(), 'copy');
    cpSync(folder, other, { recursive: true });
    return Promise.resolve({ folder: other });
  };
  return { vault: { folder }, root, copy };
}

async function inDatabase(root: KeysConfig['root']): Promise<Place> {
  const { url, drop } = await freshDatabase();
  closing.push(drop);
  const copy = async (): Promise<VaultPlace> => {
    const other = await freshDatabase({ template: new URL(url).pathname.slice(1) });
    closing.push(other.drop);
    return { url: other.url, folder: '' };
  };
  return { vault: { url, folder: '' }, root, copy };
}

/** Opened as another process would, with what the provider and the place of the epochs have today. */
const opened = async ({ root, vault }: Pick<Place, 'root' | 'vault'>, id: string): Promise<Keys> => {
  const keys = await openKeys(
    { root, epochs: { every: 'P90D', afterDestruction: 'P7D', keptFor: 'P30D' } },
    { vaultPlace: vault, vaultId: () => Promise.resolve(id), clock: TODAY },
  );
  closing.unshift(() => keys.close());
  return keys;
};

const NAMES = ['customers', 'tickets'].flatMap((table) => [1, 2, 3, 4, 5, 6].map((row) => `${table} ${row}`));
const GONE = NAMES.filter((name) => /[123]$/.test(name));
const KEPT = NAMES.filter((name) => /[456]$/.test(name));

/** A help desk whose names and subjects say what they are of, encrypted. */
async function encryptedDesk(keys: Keys): Promise<Desk> {
  const desk = await openDesk(KEYED);
  const { db, graph } = desk;
  await desk.admin(
    `insert into lethe.encryption (state, map_id, begun_at, done_at) values ('on', $1, '2021-01-01', '2021-01-01')`,
    [graph.id],
  );
  const encryption = encryptionOver({ db, graph, keyring: keys.keyring, clock: TODAY });
  for (const [table, record, column] of [
    ['customers', 'customer', 'name'],
    ['tickets', 'ticket', 'subject'],
  ] as const)
    for (let key = 1; key <= 6; key += 1) {
      const place = { table, row: String(key), owner: { record, key: String(key) } };
      const stored = await db.transaction((tx) =>
        encryption.encrypt(tx, place, { [column]: `${table} ${key}` }),
      );
      await desk.admin(`update shop.${table} set ${column} = $1 where id = $2`, [stored[column], key]);
    }
  return desk;
}

const engineOf = ({ db, graph, url }: Desk, keys: Keys): Engine =>
  engineOver({
    db,
    graph,
    policiesInForce: () => Promise.resolve(policiesOf(graph, RULES)),
    clock: TODAY,
    vault: vaultOf(url),
    keys,
  });

/** What can be read, and the codes of what refuses, by value: every one is tried on its own. */
async function tried(db: Database, { graph }: Desk, keys: Keys): Promise<ReadonlyMap<string, string>> {
  const encryption = encryptionOver({ db, graph, keyring: keys.keyring, clock: TODAY });
  const found = new Map<string, string>();
  for (const { value, name } of await stored(db)) found.set(name, await outcome(encryption.decrypt([value])));
  return found;
}

async function stored(
  db: Database,
): Promise<readonly { readonly name: string; readonly value: StoredValue }[]> {
  const { rows } = await db.query<{ table: string; column: string; row: string; value: string }>(sql`
    select 'customers' as table, 'name' as column, id::text as row, name as value from shop.customers
    union all select 'tickets', 'subject', id::text, subject from shop.tickets`);
  return rows.map((value) => ({ name: `${value.table} ${value.row}`, value }));
}

const outcome = async (work: Promise<readonly unknown[]>): Promise<string> => {
  try {
    return String((await work)[0]);
  } catch (error) {
    if (error instanceof LetheError) return error.code;
    throw error;
  }
};

const all = (names: readonly string[], told: (name: string) => string): ReadonlyMap<string, string> =>
  new Map(names.map((name) => [name, told(name)]));

/** Every key of a vault that some living epoch key opens, whatever the vault says of its epoch. */
async function unwrappable(vault: Keys, id: string): Promise<number> {
  const living = await vault.epochs.all();
  let opens = 0;
  for (const { id: named } of await vault.store.epochs())
    for (const key of await vault.store.page(named, null, 1000))
      for (const epoch of living) {
        const secret = await vault.provider.openKey(epoch.wrapped, { epoch: epoch.id, vault: id });
        for (const said of new Set([key.epoch, epoch.id]))
          opens += canOpen(secret, { ...key, epoch: said }, key.wrapped) ? 1 : 0;
      }
  return opens;
}

function canOpen(secret: Buffer, binding: Parameters<typeof unwrapKey>[1], wrapped: Uint8Array): boolean {
  try {
    unwrapKey(secret, binding, wrapped);
    return true;
  } catch {
    return false;
  }
}

const KINDS: readonly (readonly [string, () => Promise<Place>])[] = [
  ['in a folder, with a key file', async () => inFolder(await localRoot())],
  ['in a database, with a key file', async () => inDatabase(await localRoot())],
  ['in a folder, with AWS KMS (a double)', async () => inFolder(await kmsRoot())],
];

describe('the keys of persons and tickets that were destroyed', function () {
  this.timeout(60_000);
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterEach(closeRestored);
  afterEach(closeDesks);

  for (const [kind, make] of KINDS)
    it(`a vault ${kind}: old copies of both databases are read until the epoch key goes, and never after`, async () => {
      const [place, id] = [await make(), randomUUID()];
      const before = await opened(place, id);
      const desk = await encryptedDesk(before);
      const name = await backUp(desk);
      await before.close();
      const copy = await place.copy();
      const keys = await opened(place, id);
      const engine = engineOf(desk, keys);
      const [, plan] = [await dispose(engine), await dispose(engine, 'old-customers')];
      const dump = (await restored(desk, name)).db;
      const attack = async (vault: VaultPlace) =>
        tried(dump, desk, await opened({ root: place.root, vault }, id));

      expect(await attack(place.vault), "today's vault").to.deep.equal(
        new Map([...all(NAMES, (value) => value), ...all(GONE, () => 'key_destroyed')]),
      );
      expect(await attack(copy), 'the epoch key lives').to.deep.equal(all(NAMES, (value) => value));
      expect(await unwrappable(await opened({ root: place.root, vault: copy }, id), id)).to.equal(
        NAMES.length,
      );
      const certificate = await engine.retention.certificate(plan);
      expect(certificate.destroyedKeys).to.deep.include({ people: 3, tickets: 0 });
      expect(certificate.destroyedKeys?.vaultCopies?.readable).to.equal(true);

      await rotateEpoch(keys, { at: TODAY.now() });
      expect(await attack(copy), 'rotated, the old epoch key is kept').to.deep.equal(
        all(NAMES, (value) => value),
      );
      const retired = await endEpochs({ db: desk.db, clock: fixedClock(LATER), keys, actor: 'actor-worker' });
      expect(retired).to.have.length(1);
      await engine.ledger.seal();

      expect(await attack(copy), 'the epoch key is gone').to.deep.equal(all(NAMES, () => 'epoch_lost'));
      expect(await unwrappable(await opened({ root: place.root, vault: copy }, id), id)).to.equal(0);
      expect(await tried(desk.db, desk, await opened(place, id)), 'those who stay').to.deep.equal(
        all(KEPT, (value) => value),
      );
      expect((await engine.retention.certificate(plan)).destroyedKeys?.vaultCopies).to.include({
        readable: false,
        unreadableSince: LATER,
      });
      expect(await engine.retention.checkCertificate(plan, certificate)).to.include({
        ok: true,
        unreadableNow: true,
      });
    });

  it('an older copy of the vault in its place has the keys again, and destroys them again', async () => {
    const [place, id] = [inFolder(await localRoot()), randomUUID()];
    const before = await opened(place, id);
    const desk = await encryptedDesk(before);
    const copy = await place.copy();
    await dispose(engineOf(desk, before), 'old-customers');
    const older = await opened({ root: place.root, vault: copy }, id);
    const ids = await desk.admin<{ id: string }>('select id from lethe.data_key where ended_at is not null');
    const keyIds = ids.map(({ id: key }) => key);
    expect((await older.store.find(keyIds)).size).to.equal(3);
    expect(
      await engineOf(desk, older).retention.destroyKeys({ name: 'operator', assurance: 'asserted' }),
    ).to.equal(3);
    expect((await older.store.find(keyIds)).size).to.equal(0);
    expect((await older.store.destroyed(keyIds)).size).to.equal(3);
  });
});
