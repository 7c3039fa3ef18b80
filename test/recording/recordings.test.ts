import { expect } from 'chai';
import type { Engine } from '../../src/engine.js';
import { checksums, closeDesks, refusal } from '../support/small-desk.js';
import { act, attempt, CallOracle, DEEDS, PLACES, xorshift } from './call-oracle.js';
import {
  agree,
  closePools,
  CONSENT,
  minuteClock,
  open,
  openCallDesk,
  POLICIES,
  recording,
  SHOWN,
  SOUND,
  SPOKEN,
  started,
  SWITCH,
  type CallDesk,
} from './call-desk.js';

describe('the recording of calls', () => {
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

  it('starts when everybody, the agent included, has consented, and not before', async () => {
    const { id, customer, agent } = await open(engine, 'customer/1');
    const error = await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    expect(error.message)
      .to.include('the consent of the customer, the consent of the agent')
      .and.include('StGB (DE) 201');
    expect(error.message)
      .to.include('not verified')
      .and.not.match(/customer\/1|agent\/7|Marker/);
    await agree(engine, id, customer);
    expect((await refusal(engine.recordings.start(SWITCH, id))).details['missing']).to.equal(
      'the consent of the agent',
    );
    await agree(engine, id, agent);
    await engine.recordings.start(SWITCH, id);
    expect(await recording(engine, id)).to.equal('on');
  });

  it('takes an announcement for enough where the place says so, and only one that is in the recording', async () => {
    const { id } = await open(engine, 'unknown', 'US-WA');
    await engine.recordings.announce(SWITCH, id, { ...SHOWN, inRecording: false });
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    await engine.recordings.announce(SWITCH, id, { ...SHOWN, inRecording: true });
    await engine.recordings.start(SWITCH, id);
    for (const place of ['US-CA', 'US-TX', 'JP', null]) {
      const other = await open(engine, 'unknown', place);
      await engine.recordings.announce(SWITCH, other.id, { ...SHOWN, inRecording: true });
      await refusal(engine.recordings.start(SWITCH, other.id), 'recording_not_permitted');
    }
  });

  it('goes by the strictest place of anybody on the call', async () => {
    const { id, agent } = await open(engine, 'unknown', 'US-TX', 'US-TX');
    await agree(engine, id, agent);
    const { participant } = await engine.recordings.join(SWITCH, id, {
      record: 'unknown',
      role: 'customer',
      place: 'US-CA',
    });
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    await engine.recordings.leave(SWITCH, id, participant);
    await engine.recordings.start(SWITCH, id);
  });

  it('and listening in: nobody listens before everybody was told, and who joins ends it until they are', async () => {
    const { id, customer } = await started(engine);
    const lead = { record: 'agent/8', place: 'DE' };
    await engine.recordings.tell(SWITCH, id, { participants: [customer] });
    expect(
      (await refusal(engine.recordings.listen(SWITCH, id, lead), 'listening_untold')).details['roles'],
    ).to.equal('agent');
    await engine.recordings.tell(SWITCH, id, {});
    expect(await engine.recordings.listen(SWITCH, id, lead)).to.include({ paused: true });
    const joined = await engine.recordings.join(SWITCH, id, {
      record: 'unknown',
      role: 'customer',
      place: 'DE',
    });
    expect(joined.listenersLeft).to.equal(1);
    await refusal(engine.recordings.listen(SWITCH, id, lead), 'listening_untold');
    await refusal(engine.recordings.listen(SWITCH, id, { record: 'customer/2' }), 'listening_untold');
  });

  it('asks employees only where a policy says why they are free to refuse, and needs a policy in force', async () => {
    const pressing = Object.fromEntries(Object.entries(CONSENT).filter(([key]) => key !== 'employees'));
    const files = POLICIES.filter(({ id }) => id !== CONSENT['id']);
    const { id, customer, agent } = await open(engine);
    await refusal(agree(desk.with([...files, pressing]), id, agent), 'consent_employee');
    await refusal(agree(desk.with(files), id, customer), 'recording_not_asked');
    const twice = [
      ...POLICIES,
      { ...CONSENT, id: 'another', purpose: 'dpv:CustomerCare', activity: 'support' },
    ];
    await refusal(agree(desk.with(twice), id, customer), 'recording_not_asked');
    await agree(engine, id, customer);
    await agree(engine, id, agent);
    await refusal(desk.with(files).recordings.start(SWITCH, id), 'recording_not_asked');
    await engine.recordings.refuse(SWITCH, id, { participant: agent });
    await desk.with(files).recordings.withdraw(SWITCH, id, { participant: customer });
  });

  it('records which wording of which version was shown, with the consent of whoever is known', async () => {
    const { id, customer } = await open(engine, 'customer/2');
    await refusal(
      engine.recordings.consent(SWITCH, id, { participant: customer, ...SPOKEN, wording: '2025-01' }),
      'consent_wording_unknown',
    );
    const unknown = await open(engine);
    await refusal(
      engine.recordings.consent(SWITCH, unknown.id, {
        participant: unknown.customer,
        ...SPOKEN,
        wording: '2025-01',
      }),
      'consent_wording_unknown',
    );
    await agree(engine, id, customer);
    const [shown] = await engine.consent.show('customer/2');
    expect(shown?.events[0]).to.include({
      wording: '2026-11',
      language: 'en',
      method: 'spoken',
      channel: 'phone',
      policy: 'consent-call-recording',
    });
    const again = await open(engine, 'customer/2');
    await agree(engine, again.id, again.customer);
    expect((await engine.consent.show('customer/2')).map(({ state }) => state)).to.deep.equal([
      'dpv:RenewedConsentGiven',
    ]);
  });

  it('is for whom access policies let write about the ticket; objecting takes no permission', async () => {
    const stranger = { ...SWITCH, actor: { ...SWITCH.actor, roles: ['cleaner'] } };
    const { id, customer } = await started(engine);
    const order = { ticket: 'ticket/77', participants: [{ record: 'unknown', role: 'customer' }] } as const;
    const denied = await refusal(
      engine.recordings.openCall(stranger, { ...order, participants: [...order.participants] }),
      'access_denied',
    );
    const none = await refusal(
      engine.recordings.openCall(stranger, {
        ...order,
        participants: [...order.participants],
        ticket: 'ticket/999',
      }),
      'access_denied',
    );
    expect(none.message.replace('999', '77')).to.equal(denied.message);
    await refusal(engine.recordings.start(stranger, id), 'access_denied');
    await refusal(
      agree(engine, id, customer).then(() =>
        engine.recordings.consent(stranger, id, { participant: customer, ...SPOKEN }),
      ),
      'access_denied',
    );
    expect(await engine.recordings.withdraw(stranger, id, { participant: customer })).to.deep.equal({
      stopped: true,
    });
    const denials = await desk.admin(
      `select 1 from lethe.access_log where decision = 'deny' and actor = 'service/telephony'`,
    );
    expect(denials.length).to.be.at.least(3);
  });

  it('says nothing of a person in the ledger, in errors or in what is shown', async () => {
    const { id, customer, agent } = await started(engine, 'customer/1');
    clock.set(at(10));
    await engine.recordings.store(SWITCH, id, {
      ...SOUND,
      seconds: 5,
      segments: [{ from: at(0), to: at(5) }],
    });
    await engine.recordings.refuse(SWITCH, id, { participant: agent });
    const entries = await desk.admin<{ kind: string; body: string }>(
      `select kind, body from lethe.ledger_entry where kind like 'recording.%'`,
    );
    expect([...new Set(entries.map(({ kind }) => kind))]).to.include.members([
      'recording.started',
      'recording.stored',
      'recording.stopped',
    ]);
    const shown = JSON.stringify([entries, await engine.recordings.show(id)]);
    expect(shown).to.not.match(/Marker|customer\/1|agent\/7|refused/);
    const [event] = await desk.admin<{ text: string }>(
      `select string_agg(e::text, ' ') as text from lethe.call_event e`,
    );
    expect(event?.text)
      .to.include(customer)
      .and.not.match(/Marker|customer\/1|agent\/7/);
  });

  it('answers bad input with a clear error and no change', async () => {
    const { id, customer } = await open(engine);
    const before = await checksums(desk.admin, ['lethe.call', 'lethe.call_event', 'lethe.call_participant']);
    const bad: readonly (readonly [() => Promise<unknown>, string])[] = [
      [() => engine.recordings.start(SWITCH, 'call-none'), 'call_unknown'],
      [() => engine.recordings.start(SWITCH, 'call-\0'), 'call_unknown'],
      [() => engine.recordings.show('call-2222222222'), 'call_unknown'],
      [() => engine.recordings.refuse(SWITCH, id, { participant: 'Marker' }), 'participant_unknown'],
      [
        () =>
          engine.recordings.consent(SWITCH, id, {
            participant: customer,
            ...SPOKEN,
            method: 'checkbox' as 'spoken',
          }),
        'input_invalid',
      ],
      [() => engine.recordings.join(SWITCH, id, { record: 'unknown', role: 'agent' }), 'input_invalid'],
      [() => engine.recordings.join(SWITCH, id, { record: 'customer/1', role: 'agent' }), 'input_invalid'],
      [
        () => engine.recordings.join(SWITCH, id, { record: 'customer/999', role: 'customer' }),
        'record_unknown',
      ],
      [
        () => engine.recordings.join(SWITCH, id, { record: 'unknown', role: 'customer', place: 'Bavaria' }),
        'input_invalid',
      ],
      [() => engine.recordings.pause(SWITCH, id, { reason: 'card-data' }), 'recording_state'],
      [() => engine.recordings.resume(SWITCH, id), 'recording_state'],
      [
        () =>
          engine.recordings.store(SWITCH, id, {
            ...SOUND,
            seconds: 1,
            segments: [{ from: 'soon', to: at(1) }],
          }),
        'input_invalid',
      ],
    ];
    for (const [deed, code] of bad) expect((await refusal(deed(), code)).message).to.not.include('Marker');
    expect(
      await checksums(desk.admin, ['lethe.call', 'lethe.call_event', 'lethe.call_participant']),
    ).to.deep.equal(before);
  });

  it('ends with the call, and what was recorded may still be stored', async () => {
    const { id, customer } = await started(engine);
    clock.set(at(10));
    await engine.recordings.end(SWITCH, id);
    await engine.recordings.end(SWITCH, id);
    await refusal(engine.recordings.start(SWITCH, id), 'call_over');
    await refusal(engine.recordings.join(SWITCH, id, { record: 'unknown', role: 'customer' }), 'call_over');
    const late = { ...SOUND, seconds: 10, segments: [{ from: at(0), to: at(10) }] };
    await engine.recordings.store(SWITCH, id, late);
    await engine.recordings.withdraw(SWITCH, id, { participant: customer });
    await refusal(engine.recordings.store(SWITCH, id, late), 'recording_not_stored');
  });

  it('is on only while the rule is met, whatever happens in whatever order', async function () {
    this.timeout(60_000);
    const random = xorshift(20261122);
    const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
    const seen = { on: 0, permitted: 0, refused: 0 };
    for (let round = 0; round < 6; round++) {
      const oracle = new CallOracle();
      const first = pick(PLACES) ?? null;
      const { id, customer, agent } = await open(engine, 'unknown', first, pick(PLACES) ?? null);
      for (const { id: one, place } of (await engine.recordings.show(id)).participants)
        oracle.join(one, place);
      expect([...oracle.people.keys()]).to.have.members([customer, agent]);
      for (let step = 0; step < 30; step++) {
        const participant = pick([...oracle.people.keys()]) ?? '';
        const deed = pick(DEEDS) ?? 'start';
        const outcome = await attempt(() => act(engine, id, participant, deed, pick(PLACES) ?? null));
        oracle.take(deed, participant, outcome);
        const { recording: now, missing } = await engine.recordings.show(id);
        expect(missing.length === 0, `${deed} in round ${round}`).to.equal(oracle.isMet());
        if (now === 'on') expect(oracle.isMet(), `on after ${deed}`).to.equal(true);
        if (outcome === 'recording_not_permitted') expect(oracle.isMet()).to.equal(false);
        seen.on += Number(now === 'on');
        seen.refused += Number(outcome === 'recording_not_permitted');
        seen.permitted += Number(deed === 'start' && typeof outcome === 'object');
      }
    }
    for (const [what, times] of Object.entries(seen)) expect(times, what).to.be.at.least(3);
  });

  it('is told by events that stay as they were written', async () => {
    await open(engine);
    for (const table of ['call', 'call_participant', 'call_event'])
      await desk.admin(`update lethe.${table} set id = id`).then(
        () => expect.fail(`${table} was changed`),
        (error: unknown) => expect(String(error)).to.match(/stays as it was written|does not exist/),
      );
  });
});
