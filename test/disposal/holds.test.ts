import { expect } from 'chai';
import { closeGate } from '../../src/disposal/gate.js';
import { overdueHolds } from '../../src/disposal/hold.js';
import { sql } from '../../src/db/sql.js';
import {
  approvedPlan,
  approver,
  AS_OF,
  checksums,
  closeDesks,
  dispose,
  ids,
  officer,
  operator,
  refusal,
  rule,
  shown,
} from '../support/small-desk.js';
import { at, desk, keepFor, onCondition, onRecord, onSubject } from './protected-desk.js';

const RULES = [rule()];

describe('holds', () => {
  afterEach(closeDesks);

  it('a hold on a record keeps it with all that belongs to it, and only that', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const placed = await lethe.holds.place(onRecord('ticket/1'), officer);
    expect(placed).to.include({ records: 1 }).and.to.deep.include({ alreadyGone: [] });
    const before = [
      await checksums(admin, ['shop.tickets'], 'id in (1, 9, 11)'),
      await checksums(admin, ['shop.messages'], 'ticket_id in (1, 9, 11)'),
      await checksums(admin, ['shop.files'], 'message_id / 10 in (1, 9, 11)'),
      await checksums(admin, ['shop.words'], 'ticket_id in (1, 9, 11)'),
    ];
    const plan = await dispose(lethe);
    expect(await shown(lethe, plan)).to.deep.equal([
      `ticket/1 protected ${placed.id}`,
      'ticket/2 deleted',
      'ticket/3 deleted',
      'ticket/4 deleted',
    ]);
    const after = [];
    for (const table of ['shop.tickets', 'shop.messages', 'shop.files', 'shop.words'])
      after.push(await checksums(admin, [table]));
    expect(after).to.deep.equal(before);
  });

  for (const record of ['message/20', 'file/210', 'ticket/2', 'ticket/002'])
    it(`a hold on ${record} keeps the whole of ticket/2`, async () => {
      const { engine, admin } = await desk();
      const lethe = engine(RULES);
      await lethe.holds.place(onRecord(record), officer);
      await dispose(lethe);
      expect(await ids(admin, 'tickets')).to.deep.equal(['2', '9']);
      expect(await ids(admin, 'messages')).to.deep.equal(['20', '21', '90', '91']);
      expect(await ids(admin, 'files')).to.deep.equal(['200', '210', '900', '910']);
    });

  for (const record of ['ticket/11', 'message/110', 'file/1100'])
    it(`a hold on ${record} of a merged ticket keeps its survivor`, async () => {
      const { engine, admin } = await desk();
      const lethe = engine(RULES);
      await lethe.holds.place(onRecord(record), officer);
      await dispose(lethe);
      expect(await ids(admin, 'tickets')).to.deep.equal(['1', '11', '9']);
    });

  it('a hold on a person keeps their tickets, also those that turn up later, and others in which they wrote', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { records } = await lethe.holds.place(onSubject('customer/7'), officer);
    expect(records).to.equal(1);
    const plan = await approvedPlan(lethe);
    await admin(`insert into shop.tickets (id, closed_at, customer_id) values (5, '2020-01-01', 7);
      insert into shop.messages values (49, 4, 7, '2021-01-01')`);
    await lethe.retention.apply(plan, operator);
    const later = await dispose(lethe);
    expect(await ids(admin, 'tickets')).to.deep.equal(['1', '11', '2', '4', '5', '9']);
    expect((await shown(lethe, later)).map((item) => item.split(' ')[1])).to.deep.equal(
      Array(4).fill('protected'),
    );
    await refusal(lethe.holds.place(onSubject('ticket/1'), officer), 'input_invalid');
  });

  it("a hold on a condition keeps what comes to meet it later, and what has by now, not by the plan's instant", async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    await lethe.holds.place(
      onCondition('ticket', { all: [{ fact: 'status', operator: 'equal', value: 'disputed' }] }),
      officer,
    );
    const plan = await approvedPlan(lethe);
    // ticket/4 comes to be two years and eight months old between the plan's instant and the run
    await admin(
      "update shop.tickets set status = 'disputed' where id = 3; update shop.tickets set closed_at = '2021-05-15' where id = 4",
    );
    const run = engine(RULES, at('2024-01-20T00:00:00Z'));
    await run.holds.place(
      onCondition('ticket', { all: [{ fact: 'closedAt', operator: 'olderThan', value: 'P32M' }] }),
      officer,
    );
    await run.retention.apply(plan, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal(['3', '4', '9']);
  });

  it('a hold on a ticket protects its files and messages from rules that are about these', async () => {
    const { engine, admin } = await desk();
    const policies = [
      rule({ id: 'old-files', record: 'file', keep: keepFor('P6M', 'madeAt') }),
      rule({ id: 'old-messages', record: 'message', keep: keepFor('P6M', 'sentAt') }),
    ];
    const lethe = engine(policies);
    const placed = [
      await lethe.holds.place(onRecord('ticket/1'), officer),
      await lethe.holds.place(onSubject('customer/7'), officer),
    ].map(({ id }) => id);
    const plan = await dispose(lethe, 'old-files');
    expect(await ids(admin, 'files')).to.deep.equal(['100', '110', '1100', '1110', '200', '210']);
    expect((await shown(lethe, plan)).filter((item) => item.startsWith('file/1100'))).to.deep.equal([
      `file/1100 protected ${placed.sort().join(', ')}`,
    ]);
    await dispose(lethe, 'old-messages');
    expect(await ids(admin, 'messages')).to.deep.equal(['10', '11', '110', '111', '20', '21']);
    expect(await ids(admin, 'tickets')).to.have.length(6);
  });

  it('each record is shown once, with all that stops it', async () => {
    const { engine } = await desk();
    const lethe = engine(RULES);
    const held = [
      await lethe.holds.place(onRecord('ticket/1'), officer),
      await lethe.holds.place(onRecord('message/10'), officer),
    ].map(({ id }) => id);
    const plan = await approvedPlan(lethe);
    const items = await shown(lethe, plan);
    expect(items).to.have.length(4);
    expect(items[0]).to.equal(`ticket/1 protected ${held.sort().join(', ')}`);
    const [status] = await lethe.retention.status();
    expect(status?.items).to.equal(3);
  });

  it('only another person lifts a hold, under whatever spelling; then the record goes', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.holds.place(onRecord('ticket/1'), { ...officer, name: 'Ada Lovelace' });
    for (const name of ['Ada Lovelace', ' ada  LOVELACE ', 'Ada Lovelace'])
      expect(
        (await refusal(lethe.holds.lift(id, 'over', { ...officer, name }), 'hold_own')).exitCode,
      ).to.equal(3);
    await refusal(lethe.holds.lift(id, '  ', approver), 'input_invalid');
    await refusal(lethe.holds.lift('hold-none', 'over', approver), 'hold_unknown');
    await lethe.holds.lift(id, 'the case is closed', approver);
    await refusal(lethe.holds.lift(id, 'again', approver), 'hold_unknown');
    await dispose(lethe);
    expect(await ids(admin, 'tickets')).to.deep.equal(['9']);
  });

  it('a hold outlives its review date: overdue is listed, nothing is lifted by the clock', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES, at('2031-02-01T00:00:00Z'));
    const { id } = await lethe.holds.place({ ...onRecord('ticket/1'), reviewOn: '2031-01-31' }, officer);
    const { id: fresh } = await lethe.holds.place(
      { ...onRecord('ticket/2'), reviewOn: '2031-02-01' },
      officer,
    );
    expect((await lethe.holds.list()).map((one) => [one.id, one.scope, one.overdueDays])).to.deep.equal([
      [id, 'ticket/1', 1],
      [fresh, 'ticket/2', 0],
    ]);
    expect(await overdueHolds(lethe.db, lethe.clock.now())).to.deep.equal([id]);
    await dispose(lethe);
    expect(await ids(admin, 'tickets')).to.include.members(['1', '2']);
  });

  it('a hold says what of it is gone already', async () => {
    const { engine } = await desk();
    const lethe = engine(RULES);
    const plan = await dispose(lethe);
    const gone = await lethe.holds.place(onRecord('ticket/1'), officer);
    expect(gone.records).to.equal(0);
    expect(gone.alreadyGone.join()).to.include(`deleted by ${plan}`);
    await refusal(lethe.holds.place(onRecord('ticket/777'), officer), 'record_unknown');
  });

  it('a protection is not placed in a transaction that has written, however little', async () => {
    const { engine, db, admin } = await desk();
    const lethe = engine(RULES);
    await db.transaction(closeGate);
    const error = await refusal(
      db.transaction(async (tx) => {
        await tx.query(sql`insert into lethe.subject (id) values ('subject-x')`);
        await closeGate(tx);
      }),
      'gate_after_write',
    );
    expect(error.exitCode).to.equal(2);
    expect(await admin('select 1 from lethe.subject')).to.deep.equal([]);
    await lethe.holds.place(onRecord('ticket/1'), officer);
  });

  it('an order that lacks something is refused, and nothing is written', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    for (const wrong of [
      { ground: ' ' },
      { authority: '' },
      { reviewOn: '2025-02-30' },
      { reviewOn: 'soon' },
    ])
      await refusal(lethe.holds.place({ ...onRecord('ticket/1'), ...wrong }, officer), 'input_invalid');
    for (const record of ['ticket/x', 'nothing/1', 'ticket', 'ticket/99999999999999999999'])
      await refusal(lethe.holds.place(onRecord(record), officer), 'input_invalid');
    const wrong = { all: [{ fact: 'stauts', operator: 'equal', value: 'x' }] };
    expect(
      (await refusal(lethe.holds.place(onCondition('ticket', wrong), officer), 'policy_invalid')).message,
    ).to.include('did you mean "status"');
    await refusal(lethe.holds.place(onCondition('ticket', { all: [] }), officer), 'policy_invalid');
    expect(
      await admin('select 1 from lethe.protection union all select 1 from lethe.ledger_entry'),
    ).to.deep.equal([]);
  });

  it('a hold that the map no longer understands stops every disposal, loudly', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const plan = await approvedPlan(lethe);
    const condition = { all: [{ fact: 'status', operator: 'equal', value: 'x' }] };
    await lethe.holds.place(onCondition('ticket', condition), officer);
    await admin(
      `update lethe.protection set condition = '{"all": [{"fact": "renamed", "operator": "missing"}]}'`,
    );
    await refusal(lethe.retention.apply(plan, operator), 'protection_unreadable');
    await refusal(lethe.retention.plan('old-tickets', officer, AS_OF), 'protection_unreadable');
    expect(await ids(admin, 'tickets')).to.have.length(6);
    expect((await lethe.retention.status())[0]?.state).to.equal('failed');
  });
});
