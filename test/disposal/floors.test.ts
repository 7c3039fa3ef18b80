import { expect } from 'chai';
import {
  approver,
  AS_OF,
  closeDesks,
  dispose,
  floor,
  ids,
  officer,
  refusal,
  rule,
  shown,
} from '../support/small-desk.js';
import { at, desk, keepFor } from './protected-desk.js';

describe('floors', () => {
  afterEach(closeDesks);

  it('a duty to keep protects until its period is over; without its start event it keeps', async () => {
    const { engine, admin } = await desk();
    await admin(`update shop.tickets set closed_at = '2013-12-31' where id = 1;
      alter table shop.tickets add paid_at timestamptz; update shop.tickets set paid_at = '2013-01-01' where id = 2`);
    const policies = [rule(), floor()];
    await dispose(engine(policies));
    expect(await ids(admin, 'tickets')).to.deep.equal(['2', '3', '4', '9']);
    const [row] = await admin<{ version: string; name: string; authority: string }>(
      'select p.version, v.name, p.authority from lethe.protection p join lethe.version v on v.digest = p.version',
    );
    expect(row).to.include({ name: 'must-keep', authority: 'HGB 257' });
    await admin('update shop.tickets set closed_at = null where id = 3');
    const later = engine(policies, at('2040-01-01T00:00:00Z'));
    await dispose(later, 'old-tickets', '2039-01-01T00:00:00Z');
    expect(await ids(admin, 'tickets')).to.deep.equal(['3']);
  });

  it('a duty to keep some of the tickets keeps those alone', async () => {
    const { engine, admin } = await desk();
    await admin("update shop.tickets set status = 'billing' where id in (2, 3)");
    const when = { all: [{ fact: 'status', operator: 'equal', value: 'billing' }] };
    const lethe = engine([rule(), floor({ when })]);
    const plan = await dispose(lethe);
    expect(await ids(admin, 'tickets')).to.deep.equal(['2', '3', '9']);
    const [{ id } = { id: '' }] = await lethe.holds.list();
    expect((await shown(lethe, plan)).filter((item) => item.includes('protected'))).to.deep.equal([
      `ticket/2 protected ${id}`,
      `ticket/3 protected ${id}`,
    ]);
  });

  it('a duty to keep messages keeps their tickets, and one to keep tickets keeps their files', async () => {
    const { engine, admin } = await desk();
    const files = rule({ id: 'old-files', record: 'file', keep: keepFor('P6M', 'madeAt') });
    const onMessages = floor({ record: 'message', keep: keepFor('P9Y', 'sentAt') });
    await dispose(engine([rule(), onMessages]));
    expect(await ids(admin, 'tickets')).to.have.length(6);
    await dispose(engine([files, floor()]), 'old-files');
    expect(await ids(admin, 'files')).to.have.length(12);
  });

  it('when the policy is gone, or is another version, its floor ends and the new one stands', async () => {
    const { engine, admin } = await desk();
    await engine([rule(), floor()]).retention.plan('old-tickets', officer, AS_OF);
    const longer = floor({ keep: keepFor('P20Y', 'closedAt') });
    await engine([rule(), longer]).retention.plan('old-tickets', officer, AS_OF);
    expect(await admin('select 1 from lethe.protection')).to.have.length(2);
    expect(await admin('select 1 from lethe.protection where lifted_at is null')).to.have.length(1);
    await dispose(engine([rule()]));
    expect(await admin('select 1 from lethe.protection where lifted_at is null')).to.have.length(0);
    expect(await ids(admin, 'tickets')).to.deep.equal(['9']);
  });

  it('a floor is no hold: nobody lifts it', async () => {
    const { engine } = await desk();
    const lethe = engine([rule(), floor()]);
    await lethe.retention.plan('old-tickets', officer, AS_OF);
    const [{ id } = { id: '' }] = await lethe.holds.list();
    await refusal(lethe.holds.lift(id, 'please', approver), 'hold_unknown');
  });
});
