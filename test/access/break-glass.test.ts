import { expect } from 'chai';
import { accessCoverage } from '../../src/doctor/access.js';
import type { Engine } from '../../src/engine.js';
import { closeDesks, officer, refusal, type Json } from '../support/small-desk.js';
import { accessDesk, callOf, entry, type AccessDesk } from './access-desk.js';

const EVERY_DAY: Json = {
  kind: 'access',
  id: 'agents',
  title: 'Agents, every day',
  record: 'ticket',
  roles: ['agent'],
  purposes: ['dpv:CustomerCare'],
  may: ['read'],
};
const GLASS: Json = {
  ...EVERY_DAY,
  id: 'leads-in-an-emergency',
  title: 'Team leads in an emergency',
  roles: ['team-lead'],
  breakGlass: true,
};
const says = { en: 'a', de: 'b', fr: 'c', es: 'd', it: 'e' };
const ACTIVITY: Json = {
  ...{ kind: 'activity', id: 'support', title: 'Support', organisation: 'desk', says },
  purposes: [{ purpose: 'dpv:CustomerCare', basis: 'eu-gdpr:A6-1-b', says }],
  ...{ subjects: ['customer'], categories: ['user.name'], records: ['ticket'] },
  ...{ sources: [{ from: 'data-subject', says }], recipients: [], transfers: [] },
  ...{ obligation: { is: 'contractual', says }, automatedDecision: 'none', measures: ['roles'] },
};
const LEAD = callOf('agent/8', 'team-lead');
const ORDER = { record: 'ticket/77', reason: 'the customer is in danger', for: 'PT30M' } as const;

describe('breaking the glass', () => {
  let desk: AccessDesk;
  let engine: Engine;
  beforeEach(async () => {
    desk = await accessDesk();
    engine = desk.open({ files: [GLASS, EVERY_DAY, ACTIVITY] });
  });
  afterEach(closeDesks);

  const grants = (): Promise<readonly Json[]> =>
    desk.admin(
      'select actor, record, key, purpose, until, ended_at from lethe.break_glass order by granted_at, until',
    );

  it('lets who may, for this record and purpose, until its time is over, with the reason on record', async () => {
    const { id, until } = await engine.access.breakGlass(LEAD, ORDER);
    expect(until).to.equal('2026-03-02T09:30:00.000000Z');
    expect(await grants()).to.deep.equal([
      {
        ...{ actor: 'agent/8', record: 'ticket', key: '77', purpose: 'dpv:CustomerCare' },
        ...{ until: '2026-03-02T09:30:00.000000Z', ended_at: null },
      },
    ]);
    await engine.access.breakGlass(LEAD, { ...ORDER, record: 'ticket', for: 'PT4H' });
    expect((await grants())[1]).to.include({ key: null, until: '2026-03-02T13:00:00.000000Z' });
    const entries = await desk.admin<{ body: string }>(
      `select body from lethe.ledger_entry where kind = 'access.glass-broken'`,
    );
    expect(entries).to.have.length(2);
    expect(entries.some(({ body }) => body.includes(id))).to.equal(true);
    expect(JSON.stringify(entries)).not.to.match(/danger|ticket\/77|agent\/8/);
  });

  it('is refused to every other role and purpose, and where no policy of its kind or no activity is; the refusal is on record', async () => {
    const refused: readonly [Engine, typeof LEAD][] = [
      [engine, callOf('agent/7', 'agent')],
      [engine, callOf('agent/7')],
      [engine, { ...LEAD, purpose: 'dpv:DirectMarketing' }],
      [desk.open({ files: [EVERY_DAY, ACTIVITY] }), LEAD],
      [desk.open({ files: [GLASS] }), LEAD],
      [desk.open(), LEAD],
    ];
    for (const [asked, call] of refused) await refusal(asked.access.breakGlass(call, ORDER), 'glass_refused');
    expect(await grants()).to.deep.equal([]);
    const rows = await desk.admin('select distinct decision, reason from lethe.access_log');
    expect(rows).to.deep.equal([{ decision: 'deny', reason: 'glass_refused' }]);
  });

  it('takes a reason and at most four hours', async () => {
    const wrong: readonly object[] = [
      { reason: '' },
      ...['PT0M', 'PT241M', 'PT5H', 'P1D', '30', 'PT', 'PT4H1M'].map((time) => ({ for: time })),
      { record: 'ticket/x' },
      { record: 'nothing/1' },
    ];
    for (const different of wrong)
      await refusal(engine.access.breakGlass(LEAD, { ...ORDER, ...different }), 'input_invalid');
    expect(await grants()).to.deep.equal([]);
  });

  it('stays visible until another person has reviewed it, in the doctor too, and tells nobody who it was', async () => {
    const { id } = await engine.access.breakGlass(LEAD, ORDER);
    await desk.log.append([entry({ actor: 'agent/8', reason: id }), entry({ actor: 'agent/8', reason: id })]);
    const found = async (): Promise<readonly string[]> =>
      (await accessCoverage({ ...desk, graph: desk.graph }))
        .filter(({ code }) => code === 'glass_unreviewed')
        .map(({ severity, thing }) => `${severity} ${thing}`);
    const [glass] = await engine.access.glass(officer);
    expect(glass).to.include({ id, record: 'ticket/77', reason: ORDER.reason, accesses: 2 });
    expect(JSON.stringify(glass)).not.to.contain('agent');
    expect(await found()).to.deep.equal([`warning glass ${id}`]);
    desk.clock.set('2026-03-10T09:00:00.000000Z');
    expect(await found()).to.deep.equal([`error glass ${id}`]);
    await refusal(
      engine.access.reviewBreakGlass(id, 'all well', { name: 'Agent/8', assurance: 'asserted' }),
      'grant_own',
    );
    await refusal(engine.access.reviewBreakGlass(id, ' ', officer), 'input_invalid');
    await engine.access.reviewBreakGlass(id, 'it was right', officer);
    expect(await found()).to.deep.equal([]);
    expect(await engine.access.glass(officer)).to.deep.equal([]);
    await refusal(engine.access.reviewBreakGlass(id, 'again', officer), 'grant_reviewed');
    await refusal(engine.access.reviewBreakGlass('glass-none', 'again', officer), 'grant_unknown');
  });

  it('a review ends one that is still good, and leaves the end of one that was not', async () => {
    const first = await engine.access.breakGlass(LEAD, ORDER);
    desk.clock.set('2026-03-02T09:10:00.000000Z');
    await engine.access.reviewBreakGlass(first.id, 'no emergency', officer);
    expect((await grants())[0]).to.include({ ended_at: '2026-03-02T09:10:00.000000Z' });
    const second = await engine.access.breakGlass(LEAD, ORDER);
    desk.clock.set('2026-03-02T10:10:00.000000Z');
    await engine.access.reviewBreakGlass(second.id, 'it was right', officer);
    expect((await grants())[1]).to.include({ ended_at: null });
  });
});
