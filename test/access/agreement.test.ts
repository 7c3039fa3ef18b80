import { expect } from 'chai';
import { ACCESS_DEEDS } from '../../src/policy/access-schema.js';
import { accessCoverage } from '../../src/doctor/access.js';
import { closeDesks, officer, refusal } from '../support/small-desk.js';
import { openAccessLog } from '../../src/access/access-log-writer.js';
import { openPostgres } from '../../src/db/postgres.js';
import { mapOf } from '../support/small-desk.js';
import { accessDesk, callOf, entry, NO_COUNCIL, type AccessDesk } from './access-desk.js';

describe('the agreement on recording what employees read', () => {
  let desk: AccessDesk;
  beforeEach(async () => {
    desk = await accessDesk();
  });
  afterEach(closeDesks);

  const recorded = async (): Promise<number> =>
    Number((await desk.admin<{ n: string }>('select count(*) as n from lethe.access_log'))[0]?.n);

  it('without it nothing is recorded of an employee’s everyday reading; writes, denials and all others’ are', async () => {
    await desk.log.append([
      entry({ deed: 'read' }),
      entry({ deed: 'list', key: null }),
      entry({ deed: 'read', decision: 'masked' }),
    ]);
    expect(await recorded()).to.equal(0);
    const writes = ACCESS_DEEDS.filter((deed) => deed !== 'read' && deed !== 'list');
    await desk.log.append([
      ...writes.map((deed) => entry({ deed })),
      entry({ deed: 'read', decision: 'deny' }),
      entry({ deed: 'list', decision: 'deny' }),
      entry({ actor: 'customer/12' }),
      entry({ actor: 'service/mail', deed: 'list' }),
      entry({ reason: 'glass-1' }),
    ]);
    expect(await recorded()).to.equal(writes.length + 5);
  });

  it('the same in a transaction of the caller’s own', async () => {
    await desk.db.transaction((tx) => desk.log.appendIn(tx, [entry(), entry({ deed: 'note' })]));
    expect(await recorded()).to.equal(1);
  });

  it('once it is recorded, or withdrawn, the next access in every process goes by it', async () => {
    const engine = desk.open();
    const apart = await openPostgres(desk.url, { max: 2 });
    const other = openAccessLog(apart, desk.clock);
    try {
      await other.append([entry()]);
      expect(await recorded()).to.equal(0);
      const { id } = await engine.access.agree({ agreement: 'works agreement 4/2026' }, officer);
      await Promise.all([other.append([entry()]), desk.log.append([entry()])]);
      expect(await recorded()).to.equal(2);
      expect(await engine.access.agreement()).to.deep.equal({
        id,
        agreement: 'works agreement 4/2026',
        noWorksCouncil: null,
        recordedAt: desk.clock.now(),
      });
      expect((await engine.access.withdrawAgreement(officer)).id).to.equal(id);
      await Promise.all([other.append([entry()]), desk.log.append([entry()])]);
      expect(await recorded()).to.equal(2);
      await refusal(engine.access.withdrawAgreement(officer), 'agreement_missing');
    } finally {
      await apart.close();
    }
  });

  it('one that follows another ends it, also when several are recorded at once', async () => {
    const engine = desk.open();
    await Promise.all(['a', 'b', 'c', 'd'].map((agreement) => engine.access.agree({ agreement }, officer)));
    const rows = await desk.admin<{ open: boolean }>(
      'select withdrawn_at is null as open from lethe.access_agreement',
    );
    expect(rows.filter(({ open }) => open)).to.have.length(1);
    expect(rows).to.have.length(4);
  });

  it('takes an agreement or a reason, from the data protection officer alone', async () => {
    const engine = desk.open({ actors: { officer: ['policy-owner', 'operator'] } });
    await refusal(engine.access.agree(NO_COUNCIL, officer), 'role_missing');
    await refusal(desk.open().access.agree({ agreement: '  ' }, officer), 'input_invalid');
    await refusal(desk.open().access.agree({ noWorksCouncil: '' }, officer), 'input_invalid');
    expect(await engine.access.agreement()).to.equal(null);
  });

  it('its words are in no ledger entry', async () => {
    await desk.open().access.agree({ agreement: 'signed by Ada Marker' }, officer);
    const entries = await desk.admin<{ body: string }>('select body from lethe.ledger_entry');
    expect(entries).to.have.length(1);
    expect(entries[0]?.body).to.contain('access.agreed').and.not.to.contain('Marker');
  });

  it('the doctor is red until it is there, where the map lets Lethe control reading at all', async () => {
    const { db, clock, own: graph } = desk;
    const codes = async (map = graph): Promise<readonly string[]> =>
      (await accessCoverage({ db, clock, graph: map })).map(({ severity, code }) => `${severity} ${code}`);
    expect(await codes()).to.deep.equal(['error reading_not_agreed']);
    expect(await codes(mapOf({ tables: {}, edges: [], enforces: [] }))).to.deep.equal([]);
    await desk.open().access.agree(NO_COUNCIL, officer);
    expect(await codes()).to.deep.equal([]);
  });

  it('an actor is told what is recorded of them, and of nobody else', async () => {
    const engine = desk.open();
    await engine.access.agree(NO_COUNCIL, officer);
    await desk.log.append([entry(), entry({ actor: 'agent/8', key: '1' }), entry({ key: '2' })]);
    const { entries } = await engine.access.own(callOf('agent/7'));
    expect(entries.map(({ record }) => record)).to.deep.equal(['ticket/77', 'ticket/2']);
    expect((await engine.access.own(callOf('agent/70'))).entries).to.deep.equal([]);
  });
});
