import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { keyNotices } from '../../src/jobs/key-notices.js';
import type { Keys } from '../../src/keys/keys.js';
import { rotateEpoch } from '../../src/keys/rotate-epoch.js';
import { KEYED } from '../disposal/keyed-desk.js';
import { realKeys, type RealKeys } from '../support/real-keys.js';
import { closeDesks, openDesk, TODAY, type Desk } from '../support/small-desk.js';

describe('what status tells of keys', () => {
  let desk: Desk;
  let real: RealKeys;
  beforeEach(async () => {
    desk = await openDesk(KEYED);
    real = await realKeys({ clock: TODAY });
    await real.keys.keyring.make('ticket', 3);
    await become('on');
  });
  afterEach(async () => {
    await closeDesks();
    await real.drop();
  });

  const become = (state: 'converting' | 'on'): Promise<unknown> =>
    desk.admin(
      `delete from lethe.encryption;
       insert into lethe.encryption (state, map_id, begun_at, done_at)
       values ('${state}', 'small', now(), case '${state}' when 'on' then now() end)`,
    );
  const told = async (keys: Keys | LetheError | null = real.keys): Promise<readonly string[]> =>
    (await keyNotices({ db: desk.db, keys })).map(
      ({ id, message, isTrouble }) => `${isTrouble ? '! ' : ''}${id}: ${message}`,
    );
  /** As a rotation that was killed leaves it, before it has moved a key. */
  const beginRotation = async (): Promise<void> => {
    const page = (): never => {
      throw new Error('killed');
    };
    const keys = { ...real.keys, store: { ...real.keys.store, page } };
    await rotateEpoch(keys, { at: TODAY.now() }).catch(() => undefined);
  };
  /** The key service is asked for nothing but whether its key may be used, and no key is opened. */
  const ofService = (check: Keys['provider']['check']): Keys => ({
    ...real.keys,
    provider: {
      name: 'aws-kms',
      key: 'alias/lethe',
      check,
      close: () => Promise.resolve(),
    } as unknown as Keys['provider'],
  });

  it('nothing, where everything is encrypted and the keys are well', async () => {
    expect(await told()).to.deep.equal([]);
    expect(await told(ofService(() => real.keys.provider.check()))).to.deep.equal([]);
  });

  it('that the first encryption is half done', async () => {
    await become('converting');
    const [line, ...others] = await told();
    expect(line).to.match(/^! encryption: .*`lethe keys encrypt` goes on/);
    expect(others).to.deep.equal([]);
  });

  it('each epoch in use whose key is not in its place, as with another key file', async () => {
    await rotateEpoch(real.keys, { at: TODAY.now() });
    const other = await realKeys({ clock: TODAY });
    const keys = { ...real.keys, epochs: other.keys.epochs, provider: other.keys.provider };
    const [current, former] = await real.keys.store.epochs();
    expect(former?.state).to.equal('empty');
    expect(await told(keys)).to.deep.equal([
      `! ${current?.id}: ${new LetheError('epoch_lost', { epoch: current?.id ?? '', place: other.keys.epochs.place }).message}`,
    ]);
    await other.drop();
  });

  it('a rotation that was begun and that nobody goes on with; one that goes on is no trouble', async () => {
    await beginRotation();
    expect((await told()).join('\n')).to.match(
      /^! rotation: the rotation begun on 2024-01-\d\d \d\d:\d\d UTC has not moved every key yet.*`lethe keys rotate`/,
    );
    const another = await real.again();
    await another.store.alone(async () => {
      expect((await told()).join('\n')).to.match(/^rotation: the rotation begun on .* is going on$/);
    });
    await rotateEpoch(real.keys, { at: TODAY.now() });
    expect(await told()).to.deep.equal([]);
  });

  it('keys that are to be destroyed, of a plan that nobody knows any more', async () => {
    await desk.admin(`insert into lethe.data_key (id, use, record, key, made_at, ended_at, plan_id)
      values (gen_random_uuid(), 'ticket', 'ticket', '8', '2021-01-01', '2024-01-01T12:00:00Z', 'plan-1'),
        (gen_random_uuid(), 'ticket', 'ticket', '9', '2021-01-01', '2024-01-01T12:00:00Z', null)`);
    const what = 'keys of deleted records are to be destroyed since 2024-01-01 12:00 UTC (1)';
    const lines = await told();
    expect(lines.map((line) => line.slice(0, line.indexOf(': `lethe worker')))).to.deep.equal([
      `! destruction: ${what}`,
      `! plan-1: ${what}`,
    ]);
  });

  it('that the vault has keys again that were destroyed', async () => {
    const [key] = await real.keys.keyring.make('ticket', 1);
    await desk.admin(
      `insert into lethe.data_key (id, use, record, key, made_at, ended_at, destroyed_at)
       values ($1, 'ticket', 'ticket', '9', '2021-01-01', '2024-01-01', '2024-01-01')`,
      [key?.id],
    );
    expect((await told()).join('\n')).to.match(/^! destruction: the vault has keys again/);
    await real.keys.keyring.destroy([key?.id ?? ''], TODAY.now());
    expect(await told()).to.deep.equal([]);
  });

  it('keys that no rotation can move', async () => {
    const left = [...(await real.keys.store.epochs())].map((epoch) => ({
      ...epoch,
      state: 'leaving' as const,
      emptiedAt: TODAY.now(),
    }));
    const store = { ...real.keys.store, epochs: () => Promise.resolve(left) };
    expect((await told({ ...real.keys, store })).join('\n')).to.match(
      new RegExp(`^! keys_damaged: .*3 under epoch ${left[0]?.id}`),
    );
  });

  it('that values are encrypted and no keys are named, or that they cannot be opened', async () => {
    expect(await told(null)).to.deep.equal([`! keys_unset: ${new LetheError('keys_unset').message}`]);
    const away = new LetheError('vault_unreadable', { place: 'there', reason: 'the test says so' });
    expect(await told(away)).to.deep.equal([`! vault_unreadable: ${away.message}`]);
    await desk.admin('delete from lethe.encryption');
    expect(await told(null)).to.deep.equal([]);
  });

  it('that the place of the epoch keys cannot be read, and still what the vault says', async () => {
    await beginRotation();
    const away = new LetheError('epochs_unreadable', { place: 'there', reason: 'the test says so' });
    const epochs = { ...real.keys.epochs, all: () => Promise.reject(away) };
    const [rotation, place, ...others] = await told({ ...real.keys, epochs });
    expect(rotation).to.match(/^! rotation/);
    expect(place).to.equal(`! epochs_unreadable: ${away.message}`);
    expect(others).to.deep.equal([]);
  });

  it('that the key service refuses the root key, and without it all the rest', async () => {
    await become('converting');
    const refused = new LetheError('key_service_refuses', { key: 'alias/lethe', reason: 'it is disabled' });
    const [encryption, service] = await told(ofService(() => Promise.reject(refused)));
    expect(encryption).to.match(/^! encryption/);
    expect(service).to.equal(`! key_service_refuses: ${refused.message}`);
  });

  it('nothing of a key file that is made when encryption is turned on', async () => {
    await desk.admin('delete from lethe.encryption');
    const unmade = new LetheError('key_file_unusable', {
      file: 'keys.json',
      reason: 'there is no such file',
    });
    const epochs = { ...real.keys.epochs, all: () => Promise.reject(unmade) };
    expect(await told({ ...real.keys, epochs })).to.deep.equal([]);
  });
});
