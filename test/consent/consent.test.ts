import { expect } from 'chai';
import { z } from 'zod';
import { CONSENT_ORDERS } from '../../src/consent/consent-orders.js';
import { closeDesks, officer, refusal, type Json } from '../support/small-desk.js';
import { testClock } from '../support/published.js';
import type { Engine } from '../../src/engine.js';
import {
  closePools,
  consentPolicy,
  GIVE,
  MARKETING,
  openConsentDesk,
  POLICIES,
  WITHDRAW,
  withPolicy,
  type ConsentDesk,
} from './consent-desk.js';

const START = '2026-11-21T08:00:00.000000Z';
const AGE = { otherwise: 16, places: { ES: 14, FR: 15 } };

describe('consent', () => {
  const clock = testClock(START);
  let desk: ConsentDesk;
  let engine: Engine;
  beforeEach(async () => {
    clock.set(START);
    desk = await openConsentDesk(clock);
    engine = desk.with();
  });
  afterEach(async () => {
    await closePools();
    await closeDesks();
  });

  const events = async (): Promise<number> =>
    Number((await desk.admin<{ n: string }>('select count(*) as n from lethe.consent_event'))[0]?.n);
  const give = (different: Json = {}, by = engine): Promise<unknown> =>
    by.consent.give({ ...GIVE, ...different }, officer);
  const holds = async (purpose: typeof MARKETING | 'dpv:ScientificResearch' = MARKETING, by = engine) =>
    (await by.consent.check({ record: 'customer/1', purpose })).holds;

  it('holds from its giving until its time is over, to the microsecond', async () => {
    expect(await holds()).to.equal(false);
    const given = await engine.consent.give(GIVE, officer);
    expect(given).to.include({
      state: 'dpv:ConsentGiven',
      at: START,
      validUntil: '2027-11-21T08:00:00.000000Z',
    });
    clock.set('2027-11-21T07:59:59.999999Z');
    expect(await engine.consent.check(WITHDRAW)).to.include({ holds: true, state: 'dpv:ConsentGiven' });
    clock.set('2027-11-21T08:00:00.000000Z');
    expect(await engine.consent.check(WITHDRAW)).to.include({
      holds: false,
      state: 'dpv:ConsentExpired',
      since: '2027-11-21T08:00:00.000000Z',
    });
  });

  it('withdrawn through one process, it is denied in the next question of every other, whatever their clocks say', async () => {
    const slow = testClock('2026-11-21T07:00:00.000000Z');
    const other = desk.with(POLICIES, slow, await desk.ownPool());
    await give();
    expect(await holds(MARKETING, other)).to.equal(true);
    await engine.consent.withdraw(WITHDRAW, officer);
    expect(await holds(MARKETING, other)).to.equal(false);
    await give({}, other);
    expect(await holds()).to.equal(true);
    const [consent] = await engine.consent.show('customer/1');
    expect(consent?.events.map(({ at }) => at)).to.deep.equal([START, START]);
  });

  it('two processes that record at once come one after the other: one gives, the other is told', async () => {
    const other = desk.with(POLICIES, clock, await desk.ownPool());
    await give();
    await engine.consent.withdraw(WITHDRAW, officer);
    const outcomes = await Promise.allSettled([give(), give({}, other), give(), give({}, other)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    for (const one of outcomes)
      if (one.status === 'rejected') expect(one.reason).to.include({ code: 'consent_transition' });
    expect(await events()).to.equal(3);
  });

  it('withdrawing takes no more than giving: who and what, and nothing else', () => {
    const required = (state: 'dpv:ConsentGiven' | 'dpv:ConsentWithdrawn'): readonly string[] =>
      z.toJSONSchema(CONSENT_ORDERS[state]).required ?? [];
    expect(required('dpv:ConsentWithdrawn')).to.deep.equal(['record', 'purpose']);
    expect(required('dpv:ConsentGiven')).to.include.members([...required('dpv:ConsentWithdrawn')]);
    const optional = Object.keys(CONSENT_ORDERS['dpv:ConsentWithdrawn'].shape);
    expect(Object.keys(CONSENT_ORDERS['dpv:ConsentGiven'].shape)).to.include.members(optional);
  });

  it('can be withdrawn when nothing asks for it any more', async () => {
    await give();
    const without = desk.with(POLICIES.filter(({ kind }) => kind !== 'consent' && kind !== 'activity'));
    expect(await without.consent.withdraw(WITHDRAW, officer)).to.include({ state: 'dpv:ConsentWithdrawn' });
    expect(await holds()).to.equal(false);
    const [consent] = await engine.consent.show('customer/1');
    expect(consent?.events.at(-1)).to.include({
      channel: 'web',
      method: null,
      policy: 'ask-marketing',
      by: 'subject',
    });
  });

  it('each end is for somebody to say', async () => {
    const said = { revoke: 'controller', invalidate: 'authority', withdraw: 'subject' } as const;
    for (const [verb, by] of Object.entries(said)) {
      await give();
      await engine.consent[verb as keyof typeof said](WITHDRAW, officer);
      const shown = await engine.consent.show('customer/1');
      expect(shown.at(-1)?.events.at(-1)?.by, verb).to.equal(by);
    }
    expect(await engine.consent.show('customer/1'), 'each giving is a consent of its own').to.have.length(3);
    await give();
    const asSubject = { ...WITHDRAW, state: 'dpv:ConsentRevoked', by: 'subject' } as never;
    await refusal(engine.consent.record(asSubject, officer), 'input_invalid');
  });

  it('is asked only where it is the basis; elsewhere the basis is named', async () => {
    const other = { ...GIVE, purpose: 'dpv:CustomerCare' } as never;
    const error = await refusal(engine.consent.give(other, officer), 'consent_not_asked');
    expect(error.message)
      .to.contain('no consent policy')
      .and.to.contain('in activity support it rests on eu-gdpr:A6-1-b');
    const asking = desk.with(
      withPolicy(consentPolicy({ id: 'ask-care', activity: 'support', purpose: 'dpv:CustomerCare' })),
    );
    const asked = await refusal(asking.consent.give(other, officer), 'consent_not_asked');
    expect(asked.message).to.contain('in activity support it rests on eu-gdpr:A6-1-b');
    const twice = desk.with(withPolicy(consentPolicy({ id: 'ask-again' })));
    await refusal(twice.consent.give(GIVE, officer), 'consent_not_asked');
    await refusal(
      engine.consent.give({ ...GIVE, purpose: 'dpv:VendorManagement' } as never, officer),
      'consent_not_asked',
    );
    await give({ purpose: 'dpv:ServiceMonitoring' }); // a recording takes consent whatever its basis
    expect(await events()).to.equal(1);
  });

  it('is for the wording, language, channel and method of the policy in force', async () => {
    await refusal(give({ wording: 'v0' }), 'consent_wording_unknown');
    await refusal(give({ language: 'fr' }), 'consent_wording_unknown');
    await refusal(give({ channel: 'phone' }), 'input_invalid');
    await refusal(give({ method: 'keypad' }), 'input_invalid');
    expect(await events()).to.equal(0);
  });

  it('for special categories it is explicit: a tick in a box is none', async () => {
    const health = { purpose: 'dpv:Personalisation' };
    const error = await refusal(give({ ...health, method: 'checkbox' }), 'input_invalid');
    expect(error.message).to.contain('has written');
    await give({ ...health, method: 'written' });
    const [consent] = await engine.consent.show('customer/1');
    expect(consent?.events[0]?.explicit).to.equal(true);
  });

  it('employees are not asked, unless the policy says why they are free to refuse', async () => {
    await refusal(give({ record: 'agent/7' }), 'consent_employee');
    await refusal(
      engine.consent.request(
        { record: 'agent/7', purpose: MARKETING, wording: 'v1', language: 'en', channel: 'web' },
        officer,
      ),
      'consent_employee',
    );
    await give({ record: 'agent/7', purpose: 'dpv:ServiceMonitoring' });
    expect(await events()).to.equal(1);
  });

  describe('of children', () => {
    const asks = (): Engine => desk.with(withPolicy(consentPolicy({ age: AGE })));
    const parent = { by: { relation: 'parent', verified: 'signed-form' } };

    it('an unknown age is not an adult’s: it is stated, or a parent consents', async () => {
      const unknown = await refusal(give({ record: 'customer/2' }, asks()), 'consent_age');
      expect(unknown.message).to.contain('not known').and.to.contain('16');
      await give({ record: 'customer/2', age: { years: 16 } }, asks());
      const [consent] = await engine.consent.show('customer/2');
      expect(consent?.events[0]).to.include({ age: 'adult' });
    });

    it('below the age of their place a parent consents, verified; above it nobody else may', async () => {
      clock.set('2026-05-31T23:59:59.999999Z');
      const young = await refusal(give({ record: 'customer/3' }, asks()), 'consent_age');
      expect(young.message).to.contain('age of 14');
      await refusal(give({ record: 'customer/3', age: { years: 30 } }, asks()), 'consent_age');
      await give({ record: 'customer/3', ...parent }, asks());
      const [consent] = await engine.consent.show('customer/3');
      expect(consent?.events[0]).to.include({
        by: 'parent',
        relation: 'parent',
        verified: 'signed-form',
        age: 'child',
      });
      await asks().consent.withdraw({ ...WITHDRAW, record: 'customer/3' }, officer);
      clock.set('2026-06-01T00:00:00.000000Z');
      await give({ record: 'customer/3' }, asks());
      await refusal(give({ ...parent }, asks()), 'consent_party');
      await refusal(give({ ...parent }), 'consent_party');
    });

    it('where nobody knows the place, the strictest age counts', async () => {
      const two = { record: 'customer/2', age: { bornOn: '2011-11-01' } };
      await refusal(give(two, asks()), 'consent_age');
      await give({ ...two, place: 'FR' }, asks());
    });
  });

  it('a person who was erased, or never was, consents to nothing', async () => {
    await refusal(give({ record: 'customer/404' }), 'record_unknown');
    await refusal(
      engine.consent.withdraw({ ...WITHDRAW, record: 'customer/404' }, officer),
      'record_unknown',
    );
    await refusal(engine.consent.check({ ...WITHDRAW, record: 'customer/404' }), 'record_unknown');
    await refusal(engine.consent.show('customer/404'), 'record_unknown');
    await refusal(engine.consent.receipt({ ...WITHDRAW, record: 'customer/404' }), 'consent_unknown');
    expect(await desk.admin('select from lethe.subject')).to.have.length(0);
  });

  it('nobody is erased and consents in between: the consent waits for the erasure, and is refused', async () => {
    const client = await desk.connect();
    await client.query('begin; delete from shop.customers where id = 1');
    const giving = give();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.query('commit');
    await refusal(giving, 'record_unknown');
    expect(await events()).to.equal(0);
  });

  it('whatever is not understood is refused with a word, and changes nothing', async () => {
    const long = 'x'.repeat(100_000);
    const bad: readonly (readonly [Json, string])[] = [
      [{ purpose: 'dpv:DirectMarkting' }, 'dpv:DirectMarketing'],
      [{ purpose: long }, 'purpose'],
      [{ purpose: 7 }, 'purpose'],
      [{ record: 'ticket/1' }, 'record'],
      [{ record: 'lethe-plan/plan-1' }, 'a person consents'],
      [{ record: `customer/${long}` }, 'record'],
      [{ record: 'customer/1\0' }, 'record'],
      [{ record: "customer/1' or true --" }, 'record'],
      [{ record: null }, 'record'],
      [{ wording: `v1\0` }, 'wording'],
      [{ wording: '\u202ev1' }, 'wording'],
      [{ wording: long }, 'wording'],
      [{ wording: '' }, 'wording'],
      [{ language: 'xx' }, 'language'],
      [{ method: 'telepathy' }, 'method'],
      [{ channel: ['web'] }, 'channel'],
      [{ notice: 'abc' }, 'notice'],
      [{ evidence: 'grete@marker.example said so' }, 'evidence'],
      [{ age: { years: -1 } }, 'age'],
      [{ age: { bornOn: '2026-02-30' } }, 'age'],
      [{ place: 'Berlin' }, 'place'],
      [{ by: { relation: 'parent' } }, 'by'],
      [{ by: 'controller' }, 'by'],
      [{ reason: 'because' }, 'does not take'],
    ];
    for (const [different, part] of bad) {
      const error = await refusal(give(different), 'input_invalid');
      expect(error.message, JSON.stringify(different).slice(0, 80)).to.contain(part);
      expect(error.message.length).to.be.lessThan(2_000);
    }
    for (const order of [null, 7, 'give', [], {}])
      await refusal(engine.consent.give(order as never, officer), 'input_invalid');
    for (const state of ['dpv:ConsentStatus', 'given', '', long, null, ['dpv:ConsentGiven']])
      await refusal(engine.consent.record({ ...GIVE, state } as never, officer), 'input_invalid');
    for (const asOf of ['yesterday', '2026-11-21', long, 'infinity'])
      await refusal(engine.consent.check({ ...WITHDRAW, asOf }), 'input_invalid');
    expect(await events()).to.equal(0);
    expect(await desk.admin('select from lethe.subject')).to.have.length(0);
    expect(await desk.admin('select from lethe.ledger_entry')).to.have.length(0);
  });

  it('the ledger says that it was given and withdrawn, and of whom only who knows the salt can tell', async () => {
    await give();
    await engine.consent.withdraw(WITHDRAW, officer);
    const bodies = await desk.admin<{ kind: string; body: string }>(
      'select kind, body from lethe.ledger_entry order by at, kind',
    );
    expect(bodies.map(({ kind }) => kind).sort()).to.deep.equal(['consent.given', 'consent.withdrawn']);
    for (const { body } of bodies) {
      expect(body)
        .to.contain(MARKETING)
        .and.to.match(/"names":\["[0-9a-f]{64}"\]/);
      expect(body).not.to.match(/customer|marker|officer/i);
    }
  });

  it('what was recorded stays as it was: the tables refuse every change', async () => {
    await give();
    for (const text of [
      `update lethe.consent_event set state = 'dpv:ConsentGiven'`,
      'update lethe.consent set purpose = purpose',
      'truncate lethe.consent, lethe.consent_event',
    ]) {
      const refused = await desk.admin(text).then(
        () => 'done',
        (error: unknown) => String(error),
      );
      expect(refused, text).to.contain('is refused');
    }
  });

  it('goes as a whole once its time of proof is over, and never while it holds', async () => {
    clock.set('2020-03-01T00:00:00.000000Z');
    await give();
    await engine.consent.withdraw(WITHDRAW, officer);
    await give({ purpose: 'dpv:ServiceMonitoring' });
    const rule: Json = {
      kind: 'retention',
      id: 'lethe-ended-consents',
      title: 'Ended',
      record: 'lethe-consent',
      activity: 'accountability',
      ground: 'claims',
      reason: 'for the tests',
      keep: { for: 'P3Y', from: 'endedAt', periodStarts: 'endOfYear', timeZone: 'UTC' },
      then: { action: 'delete' },
    };
    clock.set('2024-01-01T00:00:00.000000Z');
    const ruled = desk.with([...POLICIES, rule]);
    const { id } = await ruled.retention.plan('lethe-ended-consents', officer);
    await ruled.retention.approve(id, { name: 'approver', assurance: 'asserted' });
    await ruled.retention.apply(id, officer);
    const left = await desk.admin<{ purpose: string; events: string }>(
      `select c.purpose, count(e.*)::text as events from lethe.consent c join lethe.consent_event e on e.consent_id = c.id group by 1`,
    );
    expect(left).to.deep.equal([{ purpose: 'dpv:ServiceMonitoring', events: '1' }]);
    expect(await events()).to.equal(1);
  });
});
