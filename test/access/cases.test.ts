import { expect } from 'chai';
import type { CaseOrder } from '../../src/access/cases.js';
import type { Engine } from '../../src/engine.js';
import { approver, closeDesks, officer, operator, refusal } from '../support/small-desk.js';
import { accessDesk, entry, type AccessDesk } from './access-desk.js';

const ABOUT_RECORD: CaseOrder = { kind: 'security', reason: 'copied to a stick', record: 'ticket/77' };
const ABOUT_ACTOR: CaseOrder = { kind: 'breach', reason: 'the account was taken over', actor: 'agent/7' };

describe('cases: the access log says who it was', () => {
  let desk: AccessDesk;
  let engine: Engine;
  beforeEach(async () => {
    desk = await accessDesk();
    engine = desk.open();
    const write = (at: string, ...entries: readonly Parameters<typeof entry>[0][]): Promise<void> => {
      desk.clock.set(at);
      return desk.log.append(entries.map((one) => entry({ deed: 'reply', ...one })));
    };
    await write('2026-01-10T09:00:00.000000Z', {});
    await write('2026-02-20T09:00:00.000000Z', {}, { actor: 'agent/8' }, { key: '1' });
    await write('2026-03-02T08:00:00.000000Z', { actor: 'agent/8', key: '1' }, { actor: 'customer/12' });
    desk.clock.set('2026-03-02T09:00:00.000000Z');
  });
  afterEach(closeDesks);

  const opened = async (order: CaseOrder): Promise<string> => {
    const { id } = await engine.access.openCase(order, officer);
    await engine.access.confirmCase(id, approver);
    return id;
  };

  it('about a record: who did what with it, in the case’s period and with no other record', async () => {
    const { entries } = await engine.access.log({ case: await opened(ABOUT_RECORD) }, officer);
    expect(entries.map(({ actor, record }) => `${actor} ${record}`)).to.deep.equal([
      'agent/7 ticket/77',
      'agent/8 ticket/77',
      'customer/12 ticket/77',
    ]);
    const wider = await opened({ ...ABOUT_RECORD, from: '2026-01-01' });
    expect((await engine.access.log({ case: wider }, officer)).entries).to.have.length(4);
    const narrow = await opened({ ...ABOUT_RECORD, to: '2026-03-01' });
    expect((await engine.access.log({ case: narrow }, officer)).entries).to.have.length(2);
  });

  it('about an actor: what they did and nobody else, and for 31 days at most', async () => {
    const { entries } = await engine.access.log({ case: await opened(ABOUT_ACTOR) }, officer);
    expect(entries.map(({ actor, record }) => `${actor} ${record}`)).to.deep.equal([
      'agent/7 ticket/77',
      'agent/7 ticket/1',
    ]);
    const long = engine.access.openCase({ ...ABOUT_ACTOR, from: '2026-01-01', to: '2026-02-02' }, officer);
    await refusal(long, 'input_invalid');
    await engine.access.openCase({ ...ABOUT_ACTOR, from: '2026-01-01', to: '2026-02-01' }, officer);
  });

  it('one person alone sees nothing: another one confirms it, however the name is spelled', async () => {
    const { id } = await engine.access.openCase(ABOUT_RECORD, officer);
    await refusal(engine.access.log({ case: id }, officer), 'case_not_open');
    await refusal(engine.access.log({ case: id }, approver), 'case_not_open');
    await refusal(engine.access.confirmCase(id, officer), 'case_own');
    await refusal(engine.access.confirmCase(id, { ...officer, name: ' Ｏfficer\u200b' }), 'case_own');
    await engine.access.confirmCase(id, approver);
    await refusal(engine.access.confirmCase(id, operator), 'case_not_open');
    expect((await engine.access.log({ case: id }, approver)).entries).to.have.length(3);
  });

  it('one of the two is the data protection officer, and both have a role for it', async () => {
    const restricted = desk.open({
      actors: {
        officer: ['policy-owner'],
        approver: ['policy-owner'],
        operator: ['operator'],
        dpo: ['data-protection-officer'],
      },
    });
    const { id } = await restricted.access.openCase(ABOUT_RECORD, officer);
    await refusal(restricted.access.confirmCase(id, operator), 'role_missing');
    await refusal(restricted.access.confirmCase(id, approver), 'case_without_officer');
    await restricted.access.confirmCase(id, { name: 'dpo', assurance: 'asserted' });
    expect((await restricted.access.log({ case: id }, approver)).entries).to.have.length(3);
    await refusal(restricted.access.log({ case: id }, operator), 'role_missing');
  });

  it('it ends by itself, or is closed; from then on it names nobody, also in the list', async () => {
    const [closed, ended] = [await opened(ABOUT_ACTOR), await opened({ ...ABOUT_ACTOR, days: 2 })];
    const about = async (): Promise<readonly string[]> =>
      (await engine.access.cases(officer)).map(({ state, about: target }) => `${state} ${String(target)}`);
    expect(await about()).to.deep.equal(['open agent/7', 'open agent/7']);
    await engine.access.closeCase(closed, officer);
    await refusal(engine.access.log({ case: closed }, officer), 'case_not_open');
    await refusal(engine.access.closeCase(closed, officer), 'case_not_open');
    desk.clock.set('2026-03-04T08:59:59.999999Z');
    await engine.access.log({ case: ended }, officer);
    desk.clock.set('2026-03-04T09:00:00.000000Z');
    await refusal(engine.access.log({ case: ended }, officer), 'case_not_open');
    expect((await about()).toSorted()).to.deep.equal(['closed null', 'ended null']);
  });

  it('every step and every look is in the ledger, and neither the reason nor whom it is about', async () => {
    const id = await opened(ABOUT_ACTOR);
    await engine.access.log({ case: id }, officer);
    await engine.access.log({ case: id }, approver);
    await engine.access.closeCase(id, approver);
    const rows = await desk.admin<{ kind: string; body: string }>(
      `select kind, body from lethe.ledger_entry where body like '%' || $1 || '%'`,
      [id],
    );
    expect(rows.map(({ kind }) => kind).sort()).to.deep.equal(
      'access.case-closed access.case-confirmed access.case-opened access.looked access.looked'.split(' '),
    );
    expect(rows.map(({ body }) => body).join()).not.to.match(/agent\/7|taken over/);
  });

  it('what makes no sense is refused, and opens nothing', async () => {
    const wrong: readonly Partial<CaseOrder>[] = [
      { reason: ' ' },
      { kind: 'performance' as never },
      { actor: 'agent/7' },
      { record: undefined },
      { record: undefined, actor: 'everybody' },
      { record: 'ticket/x' },
      { record: 'nothing/1' },
      { from: '2026-03-05', to: '2026-03-04' },
      { from: 'monday' },
      { days: 0 },
      { days: 91 },
      { days: 1.5 },
    ];
    for (const different of wrong)
      await refusal(engine.access.openCase({ ...ABOUT_RECORD, ...different }, officer), 'input_invalid');
    await refusal(engine.access.confirmCase('case-none', officer), 'case_unknown');
    await refusal(engine.access.closeCase('case-none', officer), 'case_unknown');
    await refusal(engine.access.log({ case: 'case-none' }, officer), 'case_unknown');
    expect(await engine.access.cases(officer)).to.deep.equal([]);
  });

  it('a case that is closed while somebody looks waits for them, and no look begins after it', async () => {
    const id = await opened(ABOUT_RECORD);
    const looking = await desk.connect();
    await looking.query('begin');
    await looking.query('select from lethe.access_case where id = $1 for no key update', [id]);
    let isClosed = false;
    const closing = engine.access.closeCase(id, officer).then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isClosed).to.equal(false);
    await looking.query('commit');
    await closing;
    await refusal(engine.access.log({ case: id }, officer), 'case_not_open');
  });
});
