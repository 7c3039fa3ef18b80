import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { closeGate } from '../../src/disposal/gate.js';
import { overdueHolds } from '../../src/disposal/hold.js';
import { sql } from '../../src/db/sql.js';
import {
  approvedPlan,
  approver,
  AS_OF,
  checksums,
  closeDesks,
  column,
  dispose,
  floor,
  hold,
  ids,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
  type Desk,
  type Json,
} from '../support/small-desk.js';

const RULES = [rule()];

/** Customers, tickets (with merged ones), messages, files and recordings, all of them records. */
const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; alter table shop.tickets add customer_id bigint, add merged_into bigint;
      ${ticketRows([1, 2, 3, 4], [9])};
      update shop.tickets set customer_id = case when id in (1, 2) then 7 else 8 end;
      insert into shop.tickets (id, status, customer_id, merged_into) values (11, 'open', 8, 1);
      create table shop.customers (id bigint primary key, last_seen timestamptz);
      create table shop.messages (id bigint primary key, ticket_id bigint references shop.tickets, author_id bigint, sent_at timestamptz);
      create table shop.files (id bigint primary key, message_id bigint references shop.messages, made_at timestamptz);
      create table shop.words (ticket_id bigint, word text);
      insert into shop.customers values (7, '2020-01-01'), (8, '2020-01-01'), (9, '2020-01-01');
      insert into shop.messages select t.id * 10 + n, t.id, t.customer_id, '2021-01-01' from shop.tickets t, generate_series(0, 1) n;
      insert into shop.files select m.id * 10, m.id, '2021-01-01' from shop.messages m;
      insert into shop.words select id, 'w' from shop.tickets`,
    map: {
      tables: {
        tickets: ticketTable({ record: 'this.merged_into is null' }),
        customers: {
          key: { id: 'bigint' },
          concept: 'customer',
          columns: { last_seen: { type: 'timestamptz' } },
          facts: {
            lastSeen: { column: 'last_seen' },
            hasTickets: { type: 'boolean', sql: 'this.id in (select t.customer_id from shop.tickets t)' },
          },
        },
        messages: {
          key: { id: 'bigint' },
          concept: 'message',
          columns: { sent_at: { type: 'timestamptz' } },
          facts: { sentAt: { column: 'sent_at' } },
        },
        files: {
          key: { id: 'bigint' },
          concept: 'file',
          columns: { made_at: { type: 'timestamptz' } },
          facts: { madeAt: { column: 'made_at' } },
        },
        words: {},
      },
      edges: [
        { child: 'tickets', parent: 'tickets', on: { merged_into: 'id' }, then: 'delete' },
        { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
        { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
        { child: 'words', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
        {
          child: 'tickets',
          parent: 'customers',
          on: { customer_id: 'id' },
          then: 'keep',
          reason: 'own rules',
        },
      ],
      subject: {
        record: 'customers',
        key: 'id',
        edges: [
          { as: 'requester', child: 'tickets', on: { customer_id: 'id' } },
          { as: 'author', child: 'messages', on: { author_id: 'id' } },
        ],
      },
    },
  });

const keepFor = (period: string, from: string): Json => ({ for: period, from, timeZone: 'UTC' });
const onRecord = (record: string) => ({ ...hold, scope: { kind: 'record', record } }) as const;
const onSubject = (record: string) => ({ ...hold, scope: { kind: 'subject', record } }) as const;
const onCondition = (record: string, condition: unknown) =>
  ({ ...hold, scope: { kind: 'condition', record, condition } }) as const;
const at = (instant: string) => fixedClock(parseInstant(instant) as Instant);

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

describe('rules that compete', () => {
  afterEach(closeDesks);

  const [short, long] = [
    rule({ id: 'short' }),
    rule({
      id: 'long',
      keep: keepFor('P2Y', 'closedAt'),
      when: { all: [{ fact: 'status', operator: 'equal', value: 'both' }] },
    }),
  ];

  it('what two rules match, due or not, neither takes', async () => {
    const { engine, admin } = await desk();
    await admin(
      "update shop.tickets set status = 'both' where id in (2, 3); update shop.tickets set closed_at = '2022-12-01' where id = 3",
    );
    const lethe = engine([short, long]);
    const plans = [await dispose(lethe, 'short'), await dispose(lethe, 'long')] as const;
    expect(await ids(admin, 'tickets')).to.deep.equal(['2', '3', '9']);
    expect((await shown(lethe, plans[0])).filter((item) => item.includes('conflict'))).to.deep.equal([
      'ticket/2 conflict long',
      'ticket/3 conflict long',
    ]);
    expect(await shown(lethe, plans[1])).to.deep.equal(['ticket/2 conflict short']);
  });

  it('a rule that overrides the other takes what both match, the other leaves it', async () => {
    const { engine, admin } = await desk();
    await admin(
      "update shop.tickets set status = 'both' where id in (2, 3); update shop.tickets set closed_at = '2022-12-01' where id = 3",
    );
    const lethe = engine([short, { ...long, overrides: ['short'] }]);
    const first = await dispose(lethe, 'short');
    expect(await shown(lethe, first)).to.include.members([
      'ticket/2 overridden long',
      'ticket/3 overridden long',
    ]);
    expect(await ids(admin, 'tickets')).to.deep.equal(['2', '3', '9']);
    await dispose(lethe, 'long');
    expect(await ids(admin, 'tickets')).to.deep.equal(['3', '9']);
  });

  it('the other way round the general rule takes all', async () => {
    const { engine, admin } = await desk();
    await admin("update shop.tickets set status = 'both' where id in (2, 3)");
    const lethe = engine([{ ...short, overrides: ['long'] }, long]);
    const plan = await dispose(lethe, 'long');
    expect(await shown(lethe, plan)).to.deep.equal([
      'ticket/2 overridden short',
      'ticket/3 overridden short',
    ]);
    await dispose(lethe, 'short');
    expect(await ids(admin, 'tickets')).to.deep.equal(['9']);
  });

  it('a record that another rule comes to match after the plan is left, and said', async () => {
    const { engine, admin } = await desk();
    const lethe = engine([short, long]);
    const plan = await approvedPlan(lethe, 'short');
    await admin("update shop.tickets set status = 'both' where id = 4");
    await lethe.retention.apply(plan, operator);
    expect(await shown(lethe, plan)).to.include('ticket/4 conflict long');
    expect(await ids(admin, 'tickets')).to.deep.equal(['4', '9']);
  });

  it('a record inside the closure of another is no conflict: whichever falls due first takes it', async () => {
    const { engine, admin } = await desk();
    const messages = rule({ id: 'old-messages', record: 'message', keep: keepFor('P20Y', 'sentAt') });
    await dispose(engine([rule(), messages]));
    expect(await ids(admin, 'messages')).to.deep.equal(['90', '91']);
  });
});

describe('other roots', () => {
  afterEach(closeDesks);

  it('files go after six months while their tickets stay', async () => {
    const { engine, admin } = await desk();
    await admin("update shop.files set made_at = '2023-08-01' where id = 900");
    const before = await checksums(admin, ['shop.tickets', 'shop.messages', 'shop.words', 'shop.customers']);
    await dispose(
      engine([rule({ id: 'old-files', record: 'file', keep: keepFor('P6M', 'madeAt') })]),
      'old-files',
    );
    expect(await ids(admin, 'files')).to.deep.equal(['900']);
    expect(
      await checksums(admin, ['shop.tickets', 'shop.messages', 'shop.words', 'shop.customers']),
    ).to.deep.equal(before);
  });

  it('customers without tickets go, the others stay', async () => {
    const { engine, admin } = await desk();
    const when = { all: [{ fact: 'hasTickets', operator: 'equal', value: false }] };
    const customers = rule({ id: 'idle', record: 'customer', keep: keepFor('P2Y', 'lastSeen'), when });
    const lethe = engine([rule(), customers]);
    await dispose(lethe, 'idle');
    expect(await ids(admin, 'customers')).to.deep.equal(['7', '8']);
    await dispose(lethe);
    await dispose(lethe, 'idle');
    expect(await ids(admin, 'customers')).to.deep.equal(['8']);
    expect(await column(admin, 'select customer_id from shop.tickets')).to.deep.equal(['8']);
  });
});
