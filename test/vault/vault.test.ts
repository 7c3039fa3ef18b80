import { appendFileSync, readFileSync, statSync, writeFileSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openVault } from '../../src/vault/open.js';
import { fingerprintOf, isSigned, newSigningKey, signText } from '../../src/vault/signing-key.js';
import type { Act } from '../../src/vault/act.js';
import type { Vault } from '../../src/vault/vault.js';
import { freshDatabase } from '../support/database.js';
import { refusal, TODAY } from '../support/small-desk.js';

const lifted = (id: string): Act => ({
  kind: 'hold.lifted',
  id,
  at: TODAY.now(),
  actor: 'actor-1',
  hold: 'hold-1',
});

const opened: (() => Promise<void>)[] = [];
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'lethe-vault-test-'));
  opened.push(() => rm(path, { recursive: true }));
  return path;
};

/** Opens the same vault again at every call, like another process. */
const places: Readonly<Record<string, () => Promise<() => Promise<Vault>>>> = {
  folder: () => {
    const path = join(folder(), 'vault');
    return Promise.resolve(() => openVault({ folder: path }));
  },
  'second database': async () => {
    const fresh = await freshDatabase();
    opened.push(() => fresh.drop());
    return async () => {
      const vault = await openVault({ url: fresh.url, folder: '' });
      opened.push(() => vault.close());
      return vault;
    };
  },
};

for (const [kind, place] of Object.entries(places))
  describe(`a vault in a ${kind}`, () => {
    afterEach(async () => {
      for (const close of opened.splice(0).reverse()) await close();
    });

    it('makes nothing before it is needed, and one key however many processes come first', async () => {
      const open = await place();
      const vault = await open();
      expect([await vault.identity(), await vault.seal(), (await vault.acts(0)).acts]).to.deep.equal([
        null,
        null,
        [],
      ]);
      const keys = await Promise.all([1, 2, 3, 4].map(async () => (await open()).signingKey()));
      expect(new Set(keys.map(({ fingerprint }) => fingerprint)).size).to.equal(1);
      const first = await vault.identify({ id: 'vault-1', database: 'database-1' });
      expect(await (await open()).identify({ id: 'vault-2', database: 'database-2' })).to.deep.equal(first);
    });

    it('keeps the public keys of all former signing keys', async () => {
      const open = await place();
      const vault = await open();
      const first = await vault.signingKey();
      const second = await vault.rotate();
      expect((await (await open()).publicKeys()).map(({ fingerprint }) => fingerprint)).to.deep.equal([
        second.fingerprint,
        first.fingerprint,
      ]);
      expect(JSON.stringify(await vault.publicKeys())).to.not.include('PRIVATE');
    });

    it('knows of every act whether it is open, done, void or done again', async () => {
      const open = await place();
      const vault = await open();
      for (const id of ['a', 'b', 'c']) await vault.intend(lifted(id));
      await vault.confirm('a');
      await (await open()).annul('b');
      await vault.move('a', 'a2');
      const { acts, end } = await (await open()).acts(0);
      expect(acts.map(({ act, state, entries }) => [act.id, state, entries])).to.deep.equal([
        ['a', 'done', ['a', 'a2']],
        ['b', 'void', ['b']],
        ['c', 'open', ['c']],
      ]);
      await vault.intend(lifted('d'));
      expect((await vault.acts(end)).acts.map(({ act }) => act.id)).to.deep.equal(['d']);
      expect((await vault.acts(acts[1]?.position ?? 0)).acts.map(({ act }) => act.id)).to.deep.equal([
        'b',
        'c',
        'd',
      ]);
    });

    it('forgets the acts before a position, in which all others stay where they were', async () => {
      const open = await place();
      const vault = await open();
      for (const id of ['a', 'b', 'c']) await vault.intend(lifted(id));
      await vault.confirm('a');
      const { acts, end } = await vault.acts(0);
      const from = acts[1]?.position ?? 0;
      expect(await vault.reach()).to.equal(null);
      await vault.prune({ position: from, block: 7, at: TODAY.now() });
      expect(await (await open()).reach()).to.deep.equal({ position: from, block: 7, at: TODAY.now() });
      const left = await (await open()).acts(0);
      expect(left.acts).to.deep.equal(acts.slice(1));
      expect(left.end).to.equal(end);
      await vault.intend(lifted('d'));
      await vault.confirm('c');
      expect((await vault.acts(end)).acts.map(({ act }) => act.id)).to.deep.equal(['d']);
      expect((await vault.acts(from)).acts.map(({ act, state }) => [act.id, state])).to.deep.equal([
        ['b', 'open'],
        ['c', 'done'],
        ['d', 'open'],
      ]);
      const whole = (await vault.acts(0)).end;
      await vault.prune({ position: from, block: 7, at: TODAY.now() });
      await vault.prune({ position: whole, block: 8, at: TODAY.now() });
      expect((await vault.acts(0)).acts).to.deep.equal([]);
      await vault.intend(lifted('e'));
      expect((await vault.acts(whole)).acts.map(({ act }) => act.id)).to.deep.equal(['e']);
    });

    it('takes lines from many writers at once, and loses none', async () => {
      const open = await place();
      const writer = async (name: string): Promise<void> => {
        const vault = await open();
        await Promise.all(Array.from({ length: 50 }, (_, n) => vault.intend(lifted(`${name}-${n}`))));
      };
      await Promise.all(['a', 'b', 'c'].map(writer));
      const { acts } = await (await open()).acts(0);
      expect(new Set(acts.map(({ act }) => act.id)).size).to.equal(150);
    });
  });

describe('a vault in a folder', () => {
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  it('is for its owner alone', async () => {
    const path = join(folder(), 'vault');
    const vault = await openVault({ folder: path });
    await vault.signingKey();
    await vault.intend(lifted('a'));
    expect(statSync(path).mode & 0o777).to.equal(0o700);
    for (const file of readdirSync(path))
      expect(statSync(join(path, file)).mode & 0o777, file).to.equal(0o600);
  });

  it('passes over a line that a crash cut short, and reads what came after', async () => {
    const path = folder();
    const vault = await openVault({ folder: path });
    await vault.intend(lifted('a'));
    appendFileSync(join(path, 'journal.ndjson'), '\n{"act":{"actor":"actor-1","at":"20');
    expect((await vault.acts(0)).acts).to.have.length(1);
    await vault.intend(lifted('b'));
    expect((await vault.acts(0)).acts.map(({ act }) => act.id)).to.deep.equal(['a', 'b']);
  });

  it('holds nothing of what its journal has forgotten', async () => {
    const path = folder();
    const vault = await openVault({ folder: path });
    for (const id of ['first', 'second']) await vault.intend(lifted(id));
    const { acts } = await vault.acts(0);
    await vault.prune({ position: acts[1]?.position ?? 0, block: 1, at: TODAY.now() });
    const files = readdirSync(path).map((file) => readFileSync(join(path, file), 'utf8'));
    expect(files.join('\n')).to.include('second').and.not.to.include('first');
    expect(statSync(join(path, 'journal.ndjson')).mode & 0o777).to.equal(0o600);
  });

  it('says that its journal was cut short, or is damaged where it begins', async () => {
    const path = folder();
    const vault = await openVault({ folder: path });
    for (const id of ['a', 'b']) await vault.intend(lifted(id));
    const { acts, end } = await vault.acts(0);
    await refusal(vault.acts(end + 1), 'vault_unreadable');
    await vault.prune({ position: acts[1]?.position ?? 0, block: 1, at: TODAY.now() });
    const file = join(path, 'journal.ndjson');
    const whole = readFileSync(file, 'utf8');
    for (let at = 0; at < whole.indexOf('\n'); at += 1) {
      writeFileSync(
        file,
        whole.slice(0, at) + String.fromCharCode(whole.charCodeAt(at) ^ 1) + whole.slice(at + 1),
      );
      await refusal(vault.acts(0), 'vault_unreadable');
    }
  });

  it('says that its journal is damaged', async () => {
    const path = folder();
    const vault = await openVault({ folder: path });
    await vault.intend(lifted('a'));
    const file = join(path, 'journal.ndjson');
    writeFileSync(file, readFileSync(file, 'utf8').replace('hold-1', 'hold-2'));
    await refusal(vault.acts(0), 'vault_unreadable');
  });
});

describe('signatures', () => {
  it('have one spelling, and hold for one text under one key', () => {
    const [key, other] = [newSigningKey(), newSigningKey()];
    const signature = signText('text', key);
    expect(fingerprintOf(key.publicKey)).to.equal(key.fingerprint);
    expect(isSigned('text', signature, key.publicKey)).to.equal(true);
    expect(isSigned('texT', signature, key.publicKey)).to.equal(false);
    expect(isSigned('text', signature, other.publicKey)).to.equal(false);
    expect(isSigned('text', signature.toUpperCase(), key.publicKey)).to.equal(false);
    expect(isSigned('text', `${signature}0`, key.publicKey)).to.equal(false);
    expect(isSigned('text', signature, 'no key')).to.equal(false);
  });
});
