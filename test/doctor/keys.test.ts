import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { LetheError } from '../../src/core/errors.js';
import type { Instant } from '../../src/core/instant.js';
import { keysCoverage, type KeysQuestion } from '../../src/doctor/keys.js';
import type { Keys } from '../../src/keys/keys.js';
import { rotateEpoch } from '../../src/keys/rotate-epoch.js';
import { KEYED } from '../disposal/keyed-desk.js';
import { realKeys, type RealKeys } from '../support/real-keys.js';
import { closeDesks, openDesk, TODAY, type Desk } from '../support/small-desk.js';
import { lines } from './desk.js';

const LONG_AFTER = fixedClock('2024-06-01T00:00:00.000000Z' as Instant);

describe('what the doctor says of keys', () => {
  let desk: Desk;
  let real: RealKeys;
  beforeEach(async () => {
    desk = await openDesk(KEYED);
    real = await realKeys({ clock: TODAY });
    await real.keys.keyring.make('ticket', 1);
  });
  afterEach(async () => {
    await closeDesks();
    await real.drop();
  });

  const become = (state: 'converting' | 'on'): Promise<unknown> =>
    desk.admin(
      `insert into lethe.encryption (state, map_id, begun_at, done_at) values ($1, 'small', now(), case $1 when 'on' then now() end)`,
      [state],
    );
  const found = async (different: Partial<KeysQuestion> = {}): Promise<readonly string[]> => {
    const { db, graph } = desk;
    return lines(
      await keysCoverage({ db, graph, clock: TODAY, keys: real.keys, isConfigured: true, ...different }),
    );
  };
  const ended = (at: string): Promise<unknown> =>
    desk.admin(
      `insert into lethe.data_key (id, use, record, key, made_at, ended_at, plan_id)
       values (gen_random_uuid(), 'ticket', 'ticket', '9', '2021-01-01', $1, 'plan-1')`,
      [at],
    );

  it('nothing, where everything is encrypted and the keys are well', async () => {
    await become('on');
    expect(await found()).to.deep.equal([]);
  });

  it('that what the map protects is in the clear: a hint without keys, a warning with them', async () => {
    expect(await found({ keys: null, isConfigured: false })).to.deep.equal(['hint encryption_off keys']);
    expect(await found()).to.deep.equal(['warning encryption_off keys']);
  });

  it('that the first encryption is half done', async () => {
    await become('converting');
    expect(await found()).to.deep.equal(['warning encryption_unfinished keys']);
  });

  it('that a database that encrypts has no keys', async () => {
    await become('on');
    expect(await found({ keys: null, isConfigured: false })).to.deep.equal(['error keys_unset keys']);
  });

  it('that a key waits for its destruction for more than a day', async () => {
    await become('on');
    await ended('2024-01-01T12:00:00Z');
    expect(await found()).to.deep.equal([]);
    await desk.admin(`update lethe.data_key set ended_at = '2023-12-31T00:00:00Z'`);
    expect(await found()).to.deep.equal(['error keys_undestroyed plan-1']);
  });

  it('that a new epoch is overdue, by age, and once it has begun no more', async () => {
    await become('on');
    expect(await found({ clock: LONG_AFTER })).to.deep.equal(['warning rotation_overdue keys']);
    await rotateEpoch(real.keys, { at: LONG_AFTER.now() });
    expect(await found({ clock: LONG_AFTER })).to.deep.equal([]);
  });

  it('that an epoch key is not in its place, before anything cannot be read', async () => {
    await become('on');
    for (const { id } of await real.keys.epochs.all()) await real.keys.epochs.remove(id);
    expect(await found()).to.deep.equal(['error epoch_lost keys']);
  });

  it('that the key service is away, or that the keys cannot be opened', async () => {
    await become('on');
    const away = new LetheError('key_service_unavailable', { key: 'a double', reason: 'the test says so' });
    const provider = { ...real.keys.provider, check: () => Promise.reject(away) };
    expect(await found({ keys: { ...real.keys, provider } as Keys })).to.deep.equal([
      'error key_service_unavailable keys',
    ]);
    expect(await found({ keys: away })).to.deep.equal(['error key_service_unavailable keys']);
  });

  it('that values stand in the clear where everything is encrypted, by column and without the value', async () => {
    await become('on');
    await desk.admin(`update shop.customers set name = 'Zzyzx Marker' where id = 6`);
    const { db, graph } = desk;
    const [finding] = await keysCoverage({ db, graph, clock: TODAY, keys: real.keys, isConfigured: true });
    expect(finding).to.include({ code: 'value_unencrypted', thing: 'tables.customers', severity: 'error' });
    expect(finding?.message)
      .to.match(/^name of/)
      .and.not.include('Zzyzx');
  });
});
