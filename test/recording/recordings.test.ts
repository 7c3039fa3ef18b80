import { expect } from 'chai';
import type { Engine } from '../../src/engine.js';
import { testClock } from '../support/published.js';
import { checksums, closeDesks, officer, refusal } from '../support/small-desk.js';
import { act, attempt, CallOracle, DEEDS, PLACES, xorshift } from './call-oracle.js';
import {
  closePools,
  CONSENT,
  openCallDesk,
  POLICIES,
  SHOWN,
  SPOKEN,
  SWITCH,
  type CallDesk,
} from './call-desk.js';

const PURPOSE = 'dpv:ImproveExistingProductsAndServices';
/** Each test is in a minute of its own: the consents of one are there in the next. */
let minute = 0;
const at = (second: number): string =>
  `2026-11-20T10:${String(minute).padStart(2, '0')}:${String(second).padStart(2, '0')}.000000Z`;

describe('the recording of calls', () => {
  let desk: CallDesk;
  let engine: Engine;
  const clock = testClock(at(0));
  const sound = { content: new Uint8Array([1, 2, 3]), mediaType: 'audio/ogg' };
  before(async () => {
    desk = await openCallDesk(clock);
    engine = desk.with();
  });
  beforeEach(() => {
    minute += 1;
    clock.set(at(0));
  });
  after(async () => {
    await closePools();
    await closeDesks();
  });

  interface Opened {
    readonly id: string;
    readonly customer: string;
    readonly agent: string;
  }
  /** A call of an unknown customer and agent 7, unless said otherwise. */
  async function open(
    customer = 'unknown',
    place: string | null = 'DE',
    agentPlace = place,
  ): Promise<Opened> {
    const { id, participants } = await engine.recordings.openCall(SWITCH, {
      ticket: 'ticket/77',
      participants: [
        { record: customer, role: 'customer', place },
        { record: 'agent/7', role: 'agent', place: agentPlace },
      ],
    });
    return { id, customer: participants[0] ?? '', agent: participants[1] ?? '' };
  }
  const agree = (id: string, participant: string, by = engine) =>
    by.recordings.consent(SWITCH, id, { participant, ...SPOKEN });
  async function started(customer = 'unknown'): Promise<Opened> {
    const call = await open(customer);
    await agree(call.id, call.customer);
    await agree(call.id, call.agent);
    await engine.recordings.start(SWITCH, call.id);
    return call;
  }
  const recording = async (id: string) => (await engine.recordings.show(id)).recording;

  it('starts when everybody, the agent included, has consented, and not before', async () => {
    const { id, customer, agent } = await open('customer/1');
    const error = await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    expect(error.message)
      .to.include('the consent of the customer, the consent of the agent')
      .and.include('StGB (DE) 201');
    expect(error.message)
      .to.include('not verified')
      .and.not.match(/customer\/1|agent\/7|Marker/);
    await agree(id, customer);
    expect((await refusal(engine.recordings.start(SWITCH, id))).details['missing']).to.equal(
      'the consent of the agent',
    );
    await agree(id, agent);
    await engine.recordings.start(SWITCH, id);
    expect(await recording(id)).to.equal('on');
  });

  it('takes an announcement for enough where the place says so, and only one that is in the recording', async () => {
    const { id } = await open('unknown', 'US-WA');
    await engine.recordings.announce(SWITCH, id, { ...SHOWN, inRecording: false });
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    await engine.recordings.announce(SWITCH, id, { ...SHOWN, inRecording: true });
    await engine.recordings.start(SWITCH, id);
    for (const place of ['US-CA', 'US-TX', 'JP', null]) {
      const other = await open('unknown', place);
      await engine.recordings.announce(SWITCH, other.id, { ...SHOWN, inRecording: true });
      await refusal(engine.recordings.start(SWITCH, other.id), 'recording_not_permitted');
    }
  });

  it('goes by the strictest place of anybody on the call', async () => {
    const { id, agent } = await open('unknown', 'US-TX', 'US-TX');
    await agree(id, agent);
    const { participant } = await engine.recordings.join(SWITCH, id, {
      record: 'unknown',
      role: 'customer',
      place: 'US-CA',
    });
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    await engine.recordings.leave(SWITCH, id, participant);
    await engine.recordings.start(SWITCH, id);
  });

  it('changes nothing else when somebody refuses: the call goes on, without a recording', async () => {
    const { id, customer, agent } = await open('customer/1');
    await agree(id, agent);
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
    const { id, customer, agent } = await open('unknown', 'US-TX');
    await agree(id, agent);
    const unasked = await open('unknown', 'DE');
    await agree(unasked.id, unasked.agent);
    await engine.recordings.refuse(SWITCH, id, { participant: customer });
    const error = await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    const other = await refusal(engine.recordings.start(SWITCH, unasked.id), 'recording_not_permitted');
    expect(error.details['missing']).to.equal(other.details['missing']);
  });

  it('stops at once when somebody withdraws, in every process: start, resume and store are refused there', async () => {
    const other = await desk.elsewhere();
    const { id, customer } = await started('customer/1');
    clock.set(at(10));
    await engine.recordings.pause(SWITCH, id, { reason: 'card-data' });
    expect(await other.recordings.withdraw(SWITCH, id, { participant: customer })).to.deep.equal({
      stopped: true,
    });
    await refusal(engine.recordings.resume(SWITCH, id), 'recording_state');
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    const segments = [{ from: at(0), to: at(9) }];
    const error = await refusal(
      engine.recordings.store(SWITCH, id, { ...sound, seconds: 9, segments }),
      'recording_not_stored',
    );
    expect(error.message).to.include('objected');
    expect(await engine.consent.check({ record: 'customer/1', purpose: PURPOSE })).to.include({
      state: 'dpv:ConsentWithdrawn',
    });
  });

  it('stops when the consent is withdrawn anywhere else, and what was recorded by then is not stored', async () => {
    const other = await desk.elsewhere();
    const { id, customer } = await started('customer/1');
    clock.set(at(10));
    await other.consent.withdraw({ record: 'customer/1', purpose: PURPOSE }, officer);
    expect(await engine.recordings.show(id)).to.include({ recording: 'off', isOver: false });
    await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    const old = { ...sound, seconds: 5, segments: [{ from: at(0), to: at(5) }] };
    await refusal(engine.recordings.store(SWITCH, id, old), 'recording_not_stored');
    await agree(id, customer);
    await engine.recordings.start(SWITCH, id);
    await refusal(engine.recordings.store(SWITCH, id, old), 'recording_not_stored');
    clock.set(at(20));
    await engine.recordings.store(SWITCH, id, {
      ...sound,
      seconds: 5,
      segments: [{ from: at(11), to: at(16) }],
    });
  });

  it('that stopped in the same moment does not start: the two come one after another', async () => {
    const other = await desk.elsewhere();
    for (let round = 0; round < 5; round++) {
      const { id, customer, agent } = await open('customer/1');
      await agree(id, customer);
      await agree(id, agent);
      await Promise.allSettled([
        engine.recordings.start(SWITCH, id),
        other.consent.withdraw({ record: 'customer/1', purpose: PURPOSE }, officer),
        other.recordings.withdraw(SWITCH, id, { participant: agent }),
      ]);
      expect(await recording(id)).to.equal('off');
      await refusal(engine.recordings.start(SWITCH, id), 'recording_not_permitted');
    }
  });

  it('pauses for card data, and nothing of the pause is stored, nor a sound that is longer than its segments', async () => {
    const { id } = await started();
    clock.set(at(10));
    await engine.recordings.pause(SWITCH, id, { reason: 'card-data' });
    clock.set(at(20));
    await engine.recordings.resume(SWITCH, id);
    clock.set(at(30));
    const store = (seconds: number, ...spans: readonly (readonly [number, number])[]) =>
      engine.recordings.store(SWITCH, id, {
        ...sound,
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
    const { id, agent } = await open('unknown', 'US-TX');
    await agree(id, agent);
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

  it('and listening in: nobody listens before everybody was told, and who joins ends it until they are', async () => {
    const { id, customer } = await started();
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
    const { id, customer, agent } = await open();
    await refusal(agree(id, agent, desk.with([...files, pressing])), 'consent_employee');
    await refusal(agree(id, customer, desk.with(files)), 'recording_not_asked');
    const twice = [
      ...POLICIES,
      { ...CONSENT, id: 'another', purpose: 'dpv:CustomerCare', activity: 'support' },
    ];
    await refusal(agree(id, customer, desk.with(twice)), 'recording_not_asked');
    await agree(id, customer);
    await agree(id, agent);
    await refusal(desk.with(files).recordings.start(SWITCH, id), 'recording_not_asked');
    await engine.recordings.refuse(SWITCH, id, { participant: agent });
    await desk.with(files).recordings.withdraw(SWITCH, id, { participant: customer });
  });

  it('records which wording of which version was shown, with the consent of whoever is known', async () => {
    const { id, customer } = await open('customer/2');
    await refusal(
      engine.recordings.consent(SWITCH, id, { participant: customer, ...SPOKEN, wording: '2025-01' }),
      'consent_wording_unknown',
    );
    const unknown = await open();
    await refusal(
      engine.recordings.consent(SWITCH, unknown.id, {
        participant: unknown.customer,
        ...SPOKEN,
        wording: '2025-01',
      }),
      'consent_wording_unknown',
    );
    await agree(id, customer);
    const [shown] = await engine.consent.show('customer/2');
    expect(shown?.events[0]).to.include({
      wording: '2026-11',
      language: 'en',
      method: 'spoken',
      channel: 'phone',
      policy: 'consent-call-recording',
    });
    const again = await open('customer/2');
    await agree(again.id, again.customer);
    expect((await engine.consent.show('customer/2')).map(({ state }) => state)).to.deep.equal([
      'dpv:RenewedConsentGiven',
    ]);
  });

  it('is for whom access policies let write about the ticket; objecting takes no permission', async () => {
    const stranger = { ...SWITCH, actor: { ...SWITCH.actor, roles: ['cleaner'] } };
    const { id, customer } = await started();
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
      agree(id, customer).then(() =>
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
    const { id, customer, agent } = await started('customer/1');
    clock.set(at(10));
    await engine.recordings.store(SWITCH, id, {
      ...sound,
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
    const { id, customer } = await open();
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
            ...sound,
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
    const { id, customer } = await started();
    clock.set(at(10));
    await engine.recordings.end(SWITCH, id);
    await engine.recordings.end(SWITCH, id);
    await refusal(engine.recordings.start(SWITCH, id), 'call_over');
    await refusal(engine.recordings.join(SWITCH, id, { record: 'unknown', role: 'customer' }), 'call_over');
    const late = { ...sound, seconds: 10, segments: [{ from: at(0), to: at(10) }] };
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
      const { id, customer, agent } = await open('unknown', first, pick(PLACES) ?? null);
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
    await open();
    for (const table of ['call', 'call_participant', 'call_event'])
      await desk.admin(`update lethe.${table} set id = id`).then(
        () => expect.fail(`${table} was changed`),
        (error: unknown) => expect(String(error)).to.match(/stays as it was written|does not exist/),
      );
  });
});
