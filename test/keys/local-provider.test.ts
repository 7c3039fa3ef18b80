import { randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { createKeyFile, keyFile, rootFingerprint } from '../../src/keys/key-file.js';
import { openEpochStore } from '../../src/keys/open-epoch-store.js';
import { openProvider } from '../../src/keys/open-provider.js';
import type { KeyProvider } from '../../src/keys/provider.js';
import { epochOf, freshFolder } from '../support/epochs.js';
import { flipped } from '../support/flipped.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof LetheError ? error.code : String(error)),
  );

describe('the local provider', () => {
  let folder: Awaited<ReturnType<typeof freshFolder>>;
  let file: string;
  let provider: KeyProvider;
  const context = { vault: randomUUID(), epoch: randomUUID() };
  beforeEach(async () => {
    folder = await freshFolder();
    file = folder.path('keys.json');
    await createKeyFile(file);
    provider = openProvider({ provider: 'local', file });
  });
  afterEach(() => folder.remove());

  it('is the key file, shown by its path and the fingerprint of its root', async () => {
    expect([provider.name, provider.key]).to.deep.equal(['local', file]);
    const id = rootFingerprint(await keyFile(file).root());
    expect(await provider.check()).to.deep.equal({ id, isMultiRegion: false });
  });

  it('keeps the epochs in the file that holds the root', async () => {
    const store = await openEpochStore({ provider: 'local', file });
    await store.put(epochOf('a'));
    expect(store.place).to.equal(file);
    expect(await keyFile(file).epochs.all()).to.deep.equal([epochOf('a')]);
  });

  it('makes keys of 256 bits that no other has, and opens what it wrapped', async () => {
    const [one, other] = [await provider.makeKey(context), await provider.makeKey(context)];
    expect(one.secret).to.have.length(32);
    expect(one.secret).not.to.deep.equal(other.secret);
    expect(one.wrapped.includes(one.secret)).to.equal(false);
    expect(await provider.openKey(one.wrapped, context)).to.deep.equal(one.secret);
    expect(await provider.openKey(await provider.makeWrappedKey(context), context)).to.have.length(32);
  });

  it('wraps the same key anew', async () => {
    const { secret, wrapped } = await provider.makeKey(context);
    const again = await provider.rewrapKey(wrapped, context);
    expect(again).not.to.deep.equal(wrapped);
    expect(await provider.openKey(again, context)).to.deep.equal(secret);
  });

  it('refuses the key of another epoch, vault or file, and one with any bit changed or cut', async () => {
    const { wrapped } = await provider.makeKey(context);
    for (const other of [
      { ...context, epoch: randomUUID() },
      { ...context, vault: randomUUID() },
      { vault: context.epoch, epoch: context.vault },
    ])
      expect(await codeOf(provider.openKey(wrapped, other))).to.equal('key_damaged');
    await createKeyFile(folder.path('other.json'));
    const stranger = openProvider({ provider: 'local', file: folder.path('other.json') });
    expect(await codeOf(stranger.openKey(wrapped, context))).to.equal('key_damaged');
    for (let at = 0; at < wrapped.length; at++) {
      expect(await codeOf(provider.openKey(flipped(wrapped, at * 8), context))).to.equal('key_damaged');
      expect(await codeOf(provider.openKey(wrapped.subarray(0, at), context))).to.equal('key_damaged');
    }
    expect(await codeOf(provider.rewrapKey(wrapped.subarray(1), context))).to.equal('key_damaged');
  });

  it('does nothing with a key file that others can read, or that is not there', async () => {
    const { wrapped } = await provider.makeKey(context);
    const all = (one: KeyProvider): Promise<string>[] =>
      [
        one.check(),
        one.makeKey(context),
        one.makeWrappedKey(context),
        one.openKey(wrapped, context),
        one.rewrapKey(wrapped, context),
      ].map(codeOf);
    await chmod(file, 0o640);
    expect(new Set(await Promise.all(all(provider)))).to.deep.equal(new Set(['key_file_unsafe']));
    const missing = openProvider({ provider: 'local', file: folder.path('missing.json') });
    expect(new Set(await Promise.all(all(missing)))).to.deep.equal(new Set(['key_file_unusable']));
  });
});
