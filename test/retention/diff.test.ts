import { expect } from 'chai';
import type { RecordChange } from '../../src/disposal/set-changes.js';
import { AS_OF, closeDesks, floor, hold, officer, rule, type Json } from '../support/small-desk.js';
import { desk, keep, of, told, upTo } from './diff-desk.js';

describe('the difference of drafts', () => {
  afterEach(closeDesks);

  it('drafts that say what is in force make no difference', async () => {
    const { engine } = await desk();
    expect((await told(engine([rule(), floor()]), [floor(), rule()])).diff.policies).to.deep.equal([]);
  });

  it('a shorter period gains records, counted by month; the same step back loses them', async () => {
    const { engine } = await desk();
    const gains = await told(engine([upTo(3)]), [upTo(5)]);
    expect(gains.records).to.deep.equal(['gained ticket/4 old-tickets', 'gained ticket/5 old-tickets']);
    expect(gains.diff.asOf).to.equal(AS_OF);
    expect(of(gains.diff, 'old-tickets')).to.deep.include({
      ...{ change: 'changed', action: 'delete', record: 'ticket' },
      keys: [{ path: 'keep.for', from: 'P33M1D', to: 'P31M1D' }],
      gained: { records: 2, months: { '2021-04': 1, '2021-05': 1 } },
      lost: { records: 0, months: {}, kept: [] },
    });
    const loses = await told(engine([upTo(5)]), [upTo(3)]);
    expect(loses.records).to.deep.equal(['lost ticket/4 old-tickets', 'lost ticket/5 old-tickets']);
    expect(of(loses.diff, 'old-tickets').lost.months).to.deep.equal({ '2021-04': 1, '2021-05': 1 });
  });

  it('months are those of the time zone of the policy', async () => {
    const { engine } = await desk();
    const zone = { keep: { for: 'P31M1D', from: 'closedAt', timeZone: 'America/New_York' } };
    const { diff } = await told(engine([]), [rule(zone)]);
    expect(Object.keys(of(diff, 'old-tickets').gained.months)[0]).to.equal('2020-12');
  });

  it('a protected record is told apart by its protection, also where it is a part of the record that is held', async () => {
    const { engine } = await desk();
    const lethe = engine([upTo(3)]);
    const { id } = await lethe.holds.place(
      { ...hold, scope: { kind: 'record', record: 'file/50' } },
      officer,
    );
    const { diff, records } = await told(lethe, [upTo(5)]);
    expect(records).to.deep.equal(['gained ticket/4 old-tickets', `protected ticket/5 old-tickets ${id}`]);
    expect(of(diff, 'old-tickets').notTaken).to.deep.equal([
      { by: id, kind: 'hold', ground: 'litigation', records: 1 },
    ]);
    expect(of(diff, 'old-tickets').gained.records).to.equal(1);
  });

  it('a new rule that meets another one is a conflict, and takes from it what it took', async () => {
    const { engine } = await desk();
    const late = upTo(4, { id: 'late' });
    const { diff, records } = await told(engine([upTo(2)]), [upTo(2), late]);
    expect(records).to.deep.equal(
      [
        ...['1', '2'].map((id) => `lost ticket/${id} old-tickets late`),
        ...['3', '4'].map((id) => `conflict ticket/${id} late old-tickets`),
      ].sort(),
    );
    expect(of(diff, 'old-tickets')).to.deep.include({ change: 'same', keys: [], publishing: null });
    expect(of(diff, 'old-tickets').lost.kept).to.deep.equal([
      { by: 'late', kind: 'conflict', ground: '', records: 2 },
    ]);
    expect(of(diff, 'late').notTaken).to.deep.equal([
      { by: 'old-tickets', kind: 'conflict', ground: '', records: 2 },
    ]);
  });

  it('a rule that is removed or made narrower lets go of what it kept from another', async () => {
    const { engine } = await desk();
    const other = upTo(4, { id: 'other' });
    const { diff, records } = await told(engine([upTo(2), other]), [other], {
      remove: ['old-tickets'],
      policies: ['other'],
    });
    expect(records).to.deep.equal([1, 2, 3, 4].map((id) => `gained ticket/${id} other`));
    expect(of(diff, 'old-tickets')).to.deep.include({ change: 'removed' });
    expect(of(diff, 'other').change).to.equal('same');
  });

  it('a record that another rule takes instead is neither gained nor lost', async () => {
    const { engine } = await desk();
    const wins = upTo(4, { id: 'wins', overrides: ['old-tickets'] });
    const { records } = await told(engine([upTo(2)]), [upTo(2), wins]);
    expect(records).to.deep.equal(['gained ticket/3 wins', 'gained ticket/4 wins']);
  });

  it('a duty to keep tells what it begins and ceases to protect, and which deletions it stops', async () => {
    const { engine } = await desk();
    const open = { when: { fact: 'status', operator: 'equal', value: 'open' } };
    const lethe = engine([upTo(2), floor({ id: 'duty', ...open })]);
    await lethe.retention.plan('old-tickets', officer, AS_OF); // places the floor in force: it must not stop the draft
    const { diff, records } = await told(lethe, [upTo(2), floor({ id: 'duty', ...keep('P35M1D') })]);
    expect(records).to.deep.equal(
      [
        'lost ticket/2 old-tickets duty',
        ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((id) => `protects ticket/${id} duty`),
      ].sort(),
    );
    expect(of(diff, 'old-tickets').lost.kept).to.deep.equal([
      { by: 'duty', kind: 'floor', ground: 'statute', records: 1 },
    ]);
    const back = await told(engine([upTo(2), floor({ id: 'duty' })]), [
      upTo(2),
      floor({ id: 'duty', ...open }),
    ]);
    expect(back.records.filter((line) => line.startsWith('gained'))).to.deep.equal([
      'gained ticket/1 old-tickets',
      'gained ticket/2 old-tickets',
    ]);
    expect(of(back.diff, 'duty').releases).to.deep.include({ records: 12 });
    const open13 = await told(engine([floor({ id: 'duty' })]), [], { remove: ['duty'] });
    expect(of(open13.diff, 'duty').releases.months['']).to.equal(1);
  });

  it('a duty to keep that covers a category protects the parts that hold it, and not the others', async () => {
    const { engine } = await desk();
    const files = rule({ id: 'files', record: 'file', ...keep('P1Y', 'madeAt') });
    const duty = (covers: string): Json => floor({ id: 'duty', then: { action: 'keep', covers: [covers] } });
    const { diff } = await told(engine([files]), [files, duty('user.content')]);
    expect(of(diff, 'files').lost).to.deep.include({ records: 13 });
    expect(of(diff, 'files').lost.kept[0]).to.include({ by: 'duty', records: 13 });
    const other = await told(engine([files]), [files, duty('user.behavior')]);
    expect(other.diff.policies.map(({ policy }) => policy)).to.deep.equal(['duty']);
  });

  it('is read in one snapshot, and stores nothing', async () => {
    const { engine, admin } = await desk();
    const tables = await admin<{ name: string }>(
      "select format('lethe.%I', relname) as name from pg_class where relnamespace = 'lethe'::regnamespace and relkind = 'r'",
    );
    const counts = async (): Promise<readonly unknown[]> =>
      admin(tables.map(({ name }) => `select '${name}' as name, count(*) from ${name}`).join(' union all '));
    const before = await counts();
    const files = rule({ id: 'files', record: 'file', ...keep('P1Y', 'madeAt') });
    let arrived = false;
    const seen: string[] = [];
    const onRecord = async ({ record }: RecordChange): Promise<void> => {
      seen.push(record);
      if (arrived) return;
      arrived = true;
      await admin(`insert into shop.tickets (id, closed_at) values (99, '2020-01-01');
        insert into shop.files values (990, 1, '2020-01-01', '')`);
    };
    await told(engine([]), [upTo(2), files], { onRecord });
    expect(seen).to.have.length(2 + 13);
    expect(await counts()).to.deep.equal(before);
  });
});
