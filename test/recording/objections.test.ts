import { expect } from 'chai';
import type { Engine } from '../../src/engine.js';
import { checksums, closeDesks, officer, refusal } from '../support/small-desk.js';
import {
  agree,
  closePools,
  minuteClock,
  open,
  openCallDesk,
  recording,
  SOUND,
  started,
  SWITCH,
  type CallDesk,
} from './call-desk.js';

const PURPOSE = 'dpv:ImproveExistingProductsAndServices';

describe('the recording of calls, when somebody objects or it must pause', () => {
  let desk: CallDesk;
  let engine: Engine;
  const { clock, at, nextMinute } = minuteClock();
  before(async () => {
    desk = await openCallDesk(clock);
    engine = desk.with();
  });
  beforeEach(nextMinute);
  after(async () => {
    await closePools();
    await closeDesks();
  });

  it('changes nothing else when somebody refuses: the call goes on, without a recording', async () => {
    const { id, customer, agent } = await open(engine, 'customer/1');
    await agree(engine, id, agent);
    const tables = ['desk.tickets', 'desk.messages', 'desk.customers', 'desk.agents', 'desk.call_recordings'];
    const before = await checksums(desk.admin, tables);
    expect(await engine.recordings.refuse(SWITCH, id, { participant: customer })).to.deep.equal({
      stopped: false,
    });
    expect(await checksums(desk.admin, tables)).to.deep.equal(before);
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    expect(await engine.recordings.show(id)).to.include({ isOver: false, recording: 'off' });
    await engine.recordings.join(SWITCH, id, { record: 'unknown', role: 'customer' });
  });

  it('is prevented by a refusal even where one consent is enough, without telling whose it was', async () => {
    const { id, customer, agent } = await open(engine, 'unknown', 'US-TX');
    await agree(engine, id, agent);
    const unasked = await open(engine, 'unknown', 'DE');
    await agree(engine, unasked.id, unasked.agent);
    await engine.recordings.refuse(SWITCH, id, { participant: customer });
    const error = await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    const other = await refusal(engine.recordings.start(SWITCH, unasked.id), 'recording_not_permitted');
    expect(error.details['missing']).to.equal(other.details['missing']);
  });

  it('stops at once when somebody withdraws, in every process: start, resume and store are refused there', async () => {
    const other = await desk.elsewhere();
    const { id, customer } = await started(engine, 'customer/1');
    clock.set(at(10));
    await engine.recordings.pause(SWITCH, id, { reason: 'card-data' });
    expect(await other.recordings.withdraw(SWITCH, id, { participant: customer })).to.deep.equal({
      stopped: true,
    });
    await refusal(engine.recordings.resume(SWITCH, id), 'recording_state');
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    const segments = [{ from: at(0), to: at(9) }];
    const error = await refusal(
      engine.recordings.store(SWITCH, id, { ...SOUND, seconds: 9, segments }),
      'recording_not_stored',
    );
    expect(error.message).to.include('objected');
    expect(await engine.consent.check({ record: 'customer/1', purpose: PURPOSE })).to.include({
      state: 'dpv:ConsentWithdrawn',
    });
  });

  it('stops when the consent is withdrawn anywhere else, and what was recorded by then is not stored', async () => {
    const other = await desk.elsewhere();
    const { id, customer } = await started(engine, 'customer/1');
    clock.set(at(10));
    await other.consent.withdraw({ record: 'customer/1', purpose: PURPOSE }, officer);
    expect(await engine.recordings.show(id)).to.include({ recording: 'off', isOver: false });
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    const old = { ...SOUND, seconds: 5, segments: [{ from: at(0), to: at(5) }] };
    await refusal(engine.recordings.store(SWITCH, id, old), 'recording_not_stored');
    await agree(engine, id, customer);
    await engine.recordings.start(SWITCH, id);
    await refusal(engine.recordings.store(SWITCH, id, old), 'recording_not_stored');
    clock.set(at(20));
    await engine.recordings.store(SWITCH, id, {
      ...SOUND,
      seconds: 5,
      segments: [{ from: at(11), to: at(16) }],
    });
  });

  it('that stopped in the same moment does not start: the two come one after another', async () => {
    const other = await desk.elsewhere();
    for (let round = 0; round < 5; round++) {
      const { id, customer, agent } = await open(engine, 'customer/1');
      await agree(engine, id, customer);
      await agree(engine, id, agent);
      await Promise.allSettled([
        engine.recordings.start(SWITCH, id),
        other.consent.withdraw({ record: 'customer/1', purpose: PURPOSE }, officer),
        other.recordings.withdraw(SWITCH, id, { participant: agent }),
      ]);
      expect(await recording(engine, id)).to.equal('off');
      await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    }
  });

  it('pauses for card data, and nothing of the pause is stored, nor a sound that is longer than its segments', async () => {
    const { id } = await started(engine);
    clock.set(at(10));
    await engine.recordings.pause(SWITCH, id, { reason: 'card-data' });
    clock.set(at(20));
    await engine.recordings.resume(SWITCH, id);
    clock.set(at(30));
    const store = (seconds: number, ...spans: readonly (readonly [number, number])[]) =>
      engine.recordings.store(SWITCH, id, {
        ...SOUND,
        seconds,
        segments: spans.map(([from, to]) => ({ from: at(from), to: at(to) })),
      });
    for (const span of [
      [0, 11],
      [5, 25],
      [12, 18],
      [19, 25],
      [25, 31],
    ] as const)
      await refusal(store(1, span), 'recording_not_stored');
    await refusal(store(21, [0, 10], [20, 30]), 'recording_not_stored');
    await refusal(store(1, [20, 30], [0, 10]), 'input_invalid');
    const { recording: record } = await store(20, [0, 10], [20, 30]);
    const [row] = await desk.admin(
      `select ticket_id::text, duration_seconds from desk.call_recordings where 'recording/' || id = $1`,
      [record],
    );
    expect(row).to.deep.equal({ ticket_id: '77', duration_seconds: 20 });
  });

  it('pauses when somebody from a stricter place joins, until the rule is met again', async () => {
    const { id, agent } = await open(engine, 'unknown', 'US-TX');
    await agree(engine, id, agent);
    await engine.recordings.start(SWITCH, id);
    const joined = await engine.recordings.join(SWITCH, id, {
      record: 'unknown',
      role: 'customer',
      place: 'US-TX',
    });
    expect(joined).to.include({ paused: false });
    const { participant, paused } = await engine.recordings.join(SWITCH, id, {
      record: 'unknown',
      role: 'customer',
      place: 'US-CA',
    });
    expect(paused).to.equal(true);
    await refusal(engine.recordings.resume(SWITCH, id), 'recording_not_permitted');
    await engine.recordings.pause(SWITCH, id, { reason: 'card-data' });
    await engine.recordings.leave(SWITCH, id, participant);
    await refusal(engine.recordings.resume(SWITCH, id), 'recording_state');
    expect(await engine.recordings.resume(SWITCH, id, { reason: 'rule' })).to.include({
      recording: 'paused',
    });
    expect(await engine.recordings.resume(SWITCH, id, { reason: 'card-data' })).to.include({
      recording: 'on',
    });
  });
});
