import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { createKeyFile, keyFile, rootFingerprint } from '../../src/keys/key-file.js';
import { epochOf, freshFolder, startWriter, type Writer } from '../support/epochs.js';

const failure = (work: Promise<unknown>): Promise<LetheError> =>
  work.then(
    () => expect.fail('it was done'),
    (error: unknown) => {
      expect(error).to.be.instanceOf(LetheError);
      return error as LetheError;
    },
  );

describe('the key file', () => {
  let folder: Awaited<ReturnType<typeof freshFolder>>;
  let path: string;
  beforeEach(async () => {
    folder = await freshFolder();
    path = folder.path('keys.json');
    expect(await createKeyFile(path)).to.equal(true);
  });
  afterEach(() => folder.remove());

  const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);
  const ids = async (): Promise<readonly string[]> => (await keyFile(path).epochs.all()).map(({ id }) => id);

  it('is made once, with a root secret of its own, for its owner alone', async () => {
    const before = await readFile(path, 'utf8');
    expect(await createKeyFile(path)).to.equal(false);
    expect(await readFile(path, 'utf8')).to.equal(before);
    expect(await modeOf(path)).to.equal('600');
    await createKeyFile(folder.path('other.json'));
    const [one, other] = [await keyFile(path).root(), await keyFile(folder.path('other.json')).root()];
    expect(one).to.have.length(32);
    expect(one).not.to.deep.equal(other);
    expect(rootFingerprint(one))
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(rootFingerprint(other));
  });

  it('keeps epochs, replaces one with its id, and forgets those that are removed', async () => {
    const { epochs } = keyFile(path);
    const root = await keyFile(path).root();
    await epochs.put(epochOf('a'));
    await epochs.put(epochOf('b'));
    await epochs.put(epochOf('a', 9));
    const all = await epochs.all();
    expect(all.find(({ id }) => id === 'a')).to.deep.equal(epochOf('a', 9));
    expect(all).to.have.length(2);
    await epochs.remove('a');
    await epochs.remove('a');
    await epochs.remove('never there');
    expect(await ids()).to.deep.equal(['b']);
    expect(await readFile(path, 'utf8')).not.to.contain(Buffer.alloc(60, 9).toString('base64'));
    expect(await modeOf(path)).to.equal('600');
    expect(await keyFile(path).root()).to.deep.equal(root);
    expect(await readdir(folder.path('.'))).to.deep.equal(['keys.json']);
  });

  it('is refused when anybody else can read or write it, before anything is done with it', async () => {
    for (const mode of [0o644, 0o640, 0o604, 0o620, 0o602, 0o666]) {
      await chmod(path, mode);
      const file = keyFile(path);
      for (const work of [() => file.root(), () => file.epochs.all(), () => file.epochs.put(epochOf('a'))]) {
        const error = await failure(work());
        expect(error.code).to.equal('key_file_unsafe');
        expect(error.details).to.deep.equal({ file: path, mode: mode.toString(8) });
      }
    }
    await chmod(path, 0o400);
    expect(await ids()).to.deep.equal([]);
  });

  it('is refused when it is missing or a folder', async () => {
    const missing = await failure(keyFile(folder.path('missing')).root());
    expect(missing.code).to.equal('key_file_unusable');
    expect(missing.message).to.contain('there is no such file');
    await mkdir(folder.path('folder'));
    const isFolder = await failure(keyFile(folder.path('folder')).root());
    expect(isFolder.message).to.contain('it is a folder');
    expect((await failure(keyFile(folder.path('missing')).epochs.put(epochOf('a')))).code).to.equal(
      'key_file_unusable',
    );
    expect((await failure(createKeyFile(`${path}/below`))).code).to.equal('key_file_unusable');
  });

  it('is refused with one bit changed anywhere, cut anywhere, or of another kind', async () => {
    await keyFile(path).epochs.put(epochOf('a'));
    const whole = await readFile(path);
    const damaged: Buffer[] = [];
    for (let at = 0; at < whole.length - 1; at += 7) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      damaged.push(flipped, whole.subarray(0, at));
    }
    const rootless = { ...(JSON.parse(whole.toString()) as object), root: undefined };
    for (const text of ['null', '[]', '{}', JSON.stringify(rootless)]) damaged.push(Buffer.from(text));
    for (const bytes of damaged) {
      await writeFile(path, bytes);
      // white space between words of JSON may change
      const text = bytes.toString().replace(/\s/g, '');
      if (text === whole.toString().replace(/\s/g, '')) continue;
      expect((await failure(keyFile(path).epochs.all())).code, text).to.equal('key_file_unusable');
    }
    await writeFile(path, whole);
    expect(await ids()).to.deep.equal(['a']);
  });

  it('says nothing of what a damaged file holds', async () => {
    const text = await readFile(path, 'utf8');
    const { root } = JSON.parse(text) as { root: string };
    await writeFile(path, text.replace('"version"', 'version'));
    const error = await failure(keyFile(path).root());
    expect(`${error.message}${String(error.stack)}${JSON.stringify(error)}`).not.to.contain(root.slice(0, 8));
    expect(error.cause).to.equal(undefined);
  });

  it('leaves nothing of its secret behind where it cannot be made', async () => {
    expect((await failure(createKeyFile(folder.path('x'.repeat(300))))).code).to.equal('key_file_unusable');
    expect((await readdir(folder.path('.'))).filter((name) => name.startsWith('.new-'))).to.deep.equal([]);
  });

  it('stays where a symbolic link points to', async () => {
    await symlink(path, folder.path('link'));
    await keyFile(folder.path('link')).epochs.put(epochOf('a'));
    expect(await ids()).to.deep.equal(['a']);
  });

  it('loses nothing when many write at once', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `epoch-${n}`);
    await Promise.all(names.map((name) => keyFile(path).epochs.put(epochOf(name))));
    expect([...(await ids())].sort()).to.deep.equal([...names].sort());
    await Promise.all(names.slice(1).map((name) => keyFile(path).epochs.remove(name)));
    expect(await ids()).to.deep.equal(['epoch-0']);
  });

  it('loses nothing when several processes write at once and one is killed', async () => {
    const go = folder.path('go');
    const root = { provider: 'local', file: path } as const;
    const [one, other, victim] = (['a', 'b', 'v'] as const).map((name) =>
      startWriter(root, name, name === 'v' ? 100_000 : 25, go),
    ) as [Writer, Writer, Writer];
    await Promise.all([one.ready, other.ready, victim.ready]);
    await writeFile(go, '');
    while (victim.stored.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    victim.kill();
    await Promise.all([one.ended, other.ended, victim.ended]);
    await keyFile(path).epochs.put(epochOf('afterwards'));
    const said = [...one.stored, ...other.stored, ...victim.stored, 'afterwards'];
    expect(said).to.have.length.of.at.least(25 + 25 + 3 + 1);
    // the victim may have stored one more than it could say
    const unsaid = (await ids()).filter((id) => !said.includes(id));
    expect(await ids()).to.include.members(said);
    expect(unsaid).to.have.length.of.at.most(1);
  });

  it('is not held up by what a killed process left: a draft, a claim with its draft, a claim without', async () => {
    const { epochs } = keyFile(path);
    await epochs.put(epochOf('a'));
    const before = await readFile(path);
    await epochs.put(epochOf('b'));
    const draft = `${folder.path('.keys.json')}.draft-${(JSON.parse(await readFile(path, 'utf8')) as { draft: string }).draft}`;
    const claim = folder.path('.keys.json.claim-2');
    const after = await readFile(path);

    // killed between claim and renaming: whoever comes next does it
    await writeFile(path, before);
    await writeFile(draft, after, { mode: 0o600 });
    await writeFile(claim, after, { mode: 0o600 });
    await epochs.put(epochOf('c'));
    expect(await ids()).to.deep.equal(['a', 'b', 'c']);

    // a claim that can never count: an older copy of the file was put back
    await writeFile(path, before);
    await writeFile(claim, after, { mode: 0o600 });
    await epochs.put(epochOf('d'));
    expect(await ids()).to.deep.equal(['a', 'd']);

    // a claim whose time is over counts for nothing
    await writeFile(claim, after, { mode: 0o600 });
    await writeFile(draft, after, { mode: 0o600 });
    await epochs.put(epochOf('e'));
    expect(await ids()).to.deep.equal(['a', 'd', 'e']);
    expect(await readdir(folder.path('.'))).not.to.include('.keys.json.claim-2');
  });
});
