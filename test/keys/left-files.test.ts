import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { createKeyFile, keyFile } from '../../src/keys/key-file.js';
import { epochOf, freshFolder } from '../support/epochs.js';
import { startChild, type KeyChild } from '../support/key-children.js';

describe('what a killed process left beside a key file', function () {
  this.timeout(30_000);
  let folder: Awaited<ReturnType<typeof freshFolder>>;
  let path: string;
  beforeEach(async () => {
    folder = await freshFolder();
    path = folder.path('keys.json');
  });
  const started: KeyChild[] = [];
  afterEach(async () => {
    for (const one of started.splice(0)) await one.kill();
    await folder.remove();
  });

  function child(task: 'create' | 'put', ...args: readonly string[]): KeyChild {
    const one = startChild('./key-file-child.ts', [task, path, ...args]);
    started.push(one);
    return one;
  }
  const killed = (task: 'create' | 'put', step: string): Promise<void> =>
    child(task, step).ended.catch(() => undefined);
  const others = async (): Promise<readonly string[]> =>
    (await readdir(folder.path('.'))).filter((name) => name !== 'keys.json');
  const holdsRoot = async (name: string): Promise<boolean> =>
    (await readFile(folder.path(name), 'utf8')).includes('"root": "');

  it('in the middle of making it holds a root secret, and is removed by who makes one there next', async () => {
    await killed('create', 'link');
    const [left = ''] = await others();
    expect(left).to.match(/^\.new-/);
    expect(await holdsRoot(left)).to.equal(true);
    expect(await createKeyFile(path)).to.equal(true);
    expect(await others()).to.deep.equal([]);
  });

  it('after it was made holds the root secret in force, and is removed by whoever would make it again, or writes it', async () => {
    await killed('create', 'rm');
    const [left = ''] = await others();
    expect(await readFile(folder.path(left), 'utf8')).to.equal(await readFile(path, 'utf8'));
    expect(await createKeyFile(path)).to.equal(false);
    expect(await others()).to.deep.equal([]);

    await killed('create', 'link');
    expect(await others()).to.have.length(1);
    await keyFile(path).epochs.put(epochOf('a'));
    expect(await others()).to.deep.equal([]);
  });

  it('in the middle of writing it is removed by a later writing', async () => {
    await createKeyFile(path);
    for (const step of ['link', 'rename', 'rm']) {
      await killed('put', step);
      expect(await others(), step).to.not.deep.equal([]);
      const long = new Date(Date.now() - 120_000);
      for (const name of await others()) await utimes(folder.path(name), long, long);
      await keyFile(path).epochs.put(epochOf(`after ${step}`));
      expect(await others(), step).to.deep.equal([]);
    }
    const ids = (await keyFile(path).epochs.all()).map(({ id }) => id);
    expect(ids).to.include.members([
      'after link',
      'killed at rename',
      'after rename',
      'killed at rm',
      'after rm',
    ]);
  });

  it('is told from what a process writes that lives: that stays, and of two who make the file one does', async () => {
    const go = folder.path('go');
    const slow = child('create', 'link', go);
    await slow.hasSaid(1);
    const [its = ''] = await others();
    expect(await createKeyFile(path)).to.equal(true);
    await keyFile(path).epochs.put(epochOf('a'));
    expect(await others()).to.deep.equal([its]);
    const root = await keyFile(path).root();
    await writeFile(go, '');
    await slow.ended;
    expect(slow.said).to.deep.equal(['waits', 'false']);
    expect(await others()).to.deep.equal(['go']);
    expect(await keyFile(path).root()).to.deep.equal(root);
  });

  it('on another machine cannot be looked up, and is removed after an hour; other files never are', async () => {
    const foreign = `.new-00000000-${process.pid}--0123456789ab`;
    const names = [foreign, '.new-', '.new-file', '.new-0123456789ab', 'new-00000000-1--0123456789ab'];
    for (const name of names) await writeFile(folder.path(name), '');
    await createKeyFile(path);
    expect((await others()).toSorted()).to.deep.equal(names.toSorted());
    const long = new Date(Date.now() - 3_700_000);
    for (const name of names) await utimes(folder.path(name), long, long);
    await keyFile(path).epochs.put(epochOf('a'));
    expect((await others()).toSorted()).to.deep.equal(names.slice(1).toSorted());
  });
});
