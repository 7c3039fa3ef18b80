import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import type { EpochStore } from '../../src/keys/epoch-store.js';
import { createKeyFile } from '../../src/keys/key-file.js';
import type { KeysConfig } from '../../src/keys/keys.js';
import { openEpochStore } from '../../src/keys/open-epoch-store.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { epochOf, freshFolder } from '../support/epochs.js';

const rootAt = (epochs: string): KeysConfig['root'] => ({ provider: 'aws-kms', key: 'alias/lethe', epochs });
const failure = (work: Promise<unknown>): Promise<LetheError> =>
  work.then(
    () => expect.fail('it was done'),
    (error: unknown) => {
      expect(error).to.be.instanceOf(LetheError);
      return error as LetheError;
    },
  );
const idsIn = async (store: EpochStore): Promise<string[]> => (await store.all()).map(({ id }) => id).sort();

interface Place {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  'a file': async () => {
    const { path, remove } = await freshFolder();
    return { url: pathToFileURL(path('epochs.json')).href, drop: remove };
  },
  'a database': freshDatabase,
};

for (const [kind, make] of Object.entries(PLACES)) {
  describe(`the place of the epoch keys: ${kind}`, () => {
    let place: Place;
    let store: EpochStore;
    beforeEach(async () => {
      place = await make();
      store = await openEpochStore(rootAt(place.url));
    });
    afterEach(async () => {
      await store.close();
      await place.drop();
    });

    it('begins empty, keeps what is put, and forgets what is removed', async () => {
      expect(await store.all()).to.deep.equal([]);
      await store.remove('never there');
      await store.put(epochOf('a'));
      await store.put(epochOf('b', 8));
      await store.put(epochOf('a', 9));
      const other = await openEpochStore(rootAt(place.url));
      const all = [...(await other.all())].sort((one, two) => (one.id < two.id ? -1 : 1));
      expect(all.map(({ wrapped, ...rest }) => ({ ...rest, wrapped: Buffer.from(wrapped) }))).to.deep.equal([
        epochOf('a', 9),
        epochOf('b', 8),
      ]);
      await other.remove('a');
      await other.remove('a');
      await other.replace(epochOf('a'));
      await other.replace(epochOf('b', 7));
      await other.close();
      expect(await idsIn(store)).to.deep.equal(['b']);
      expect(Buffer.from((await store.all())[0]?.wrapped ?? [])).to.deep.equal(epochOf('b', 7).wrapped);
    });

    it('loses nothing when several write at once, also the first time', async () => {
      const stores = await Promise.all(['a', 'b', 'c'].map(() => openEpochStore(rootAt(place.url))));
      const names = stores.map((_, one) => Array.from({ length: 8 }, (__, n) => `${one}-${n}`));
      await Promise.all(
        stores.map(async (one, n) => {
          for (const name of names[n] ?? []) await one.put(epochOf(name));
          await one.close();
        }),
      );
      expect(await idsIn(store)).to.deep.equal(names.flat().sort());
    });
  });
}

describe('a file of epoch keys', () => {
  let folder: Awaited<ReturnType<typeof freshFolder>>;
  let file: string;
  let store: EpochStore;
  beforeEach(async () => {
    folder = await freshFolder();
    file = folder.path('epochs.json');
    store = await openEpochStore(rootAt(pathToFileURL(file).href));
    await store.put(epochOf('a'));
  });
  afterEach(() => folder.remove());

  it('is for its owner alone, and is refused otherwise', async () => {
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    await chmod(file, 0o640);
    for (const work of [() => store.all(), () => store.put(epochOf('b')), () => store.remove('a')]) {
      const error = await failure(work());
      expect(error.code).to.equal('epochs_unreadable');
      expect(error.message).to.contain(file).and.contain('mode 640');
    }
  });

  it('is refused when it is cut, changed, a folder, or a key file', async () => {
    const whole = await readFile(file, 'utf8');
    const keys = folder.path('keys.json');
    await createKeyFile(keys);
    for (const text of [
      '',
      whole.slice(0, -20),
      whole.replace('"a"', '"b"'),
      whole.replace('BwcH', 'BwcI'),
      await readFile(keys, 'utf8'),
    ]) {
      await writeFile(file, text);
      expect((await failure(store.all())).code).to.equal('epochs_unreadable');
      expect((await failure(store.put(epochOf('b')))).code).to.equal('epochs_unreadable');
    }
    await mkdir(folder.path('folder'));
    const other = await openEpochStore(rootAt(pathToFileURL(folder.path('folder')).href));
    expect((await failure(other.all())).message).to.contain('it is a folder');
  });
});

describe('a database of epoch keys', () => {
  let database: FreshDatabase;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.drop());

  it('is named without its password when it cannot be reached', async () => {
    const url = Object.assign(new URL(database.url), { password: 'hush-hush', port: '1' });
    const store = await openEpochStore(rootAt(url.href));
    expect(store.place).to.equal(`database ${url.host}${url.pathname}`);
    const error = await failure(store.all());
    expect(error.code).to.equal('epochs_unreadable');
    expect(error.message).to.contain(`${store.place}: connection refused`);
    expect(`${error.message}${String(error.stack)}${JSON.stringify(error)}`).not.to.contain('hush');
    await store.close();
  });

  it('is tried again at the next use', async () => {
    const name = `${new URL(database.url).pathname.slice(1)}_later`;
    const store = await openEpochStore(rootAt(Object.assign(new URL(database.url), { pathname: name }).href));
    expect((await failure(store.all())).message).to.contain('there is no database of that name');
    await database.admin(`create database ${name} template template0`);
    try {
      await store.put(epochOf('a'));
      expect(await idsIn(store)).to.deep.equal(['a']);
    } finally {
      await store.close();
      await database.admin(`drop database ${name}`);
    }
  });

  it('is unreadable when its table is not what it was', async () => {
    const store = await openEpochStore(rootAt(database.url));
    await store.put(epochOf('a'));
    await database.admin('alter table lethe_epochs.epoch rename column wrapped to unwrapped');
    expect((await failure(store.all())).code).to.equal('epochs_unreadable');
    await store.close();
  });
});

describe('LETHE_EPOCHS_URL', () => {
  it('is refused when it is of no known kind, and not repeated', async () => {
    for (const url of [
      'hush',
      'mysql://me:hush@host/db',
      'https://hush',
      'file://hush/share',
      'postgres//hush',
    ]) {
      const error = await failure(openEpochStore(rootAt(url)));
      expect(error.code).to.equal('config_invalid');
      expect(error.message).to.contain('LETHE_EPOCHS_URL').and.not.contain('hush');
    }
  });
});
