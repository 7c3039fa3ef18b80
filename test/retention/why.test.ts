import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import {
  approver,
  closeDesks,
  dispose,
  floor,
  hold,
  officer,
  openDesk,
  refusal,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
  type Desk,
} from '../support/small-desk.js';

const MARKER = 'Erika Mustermann';

const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; alter table shop.tickets add merged_into bigint, add subject text default '${MARKER}';
      ${ticketRows([1, 2], [9])};
      insert into shop.tickets (id, status, merged_into) values (11, 'open', 1), (12, 'open', null);
      create table shop.messages (id bigint primary key, ticket_id bigint, sent_at timestamptz);
      insert into shop.messages select id * 10, id, '2023-06-01' from shop.tickets;
      insert into shop.messages values (12345, null, '2023-06-01')`,
    map: {
      tables: {
        tickets: ticketTable({
          record: 'this.merged_into is null',
          columns: {
            closed_at: { type: 'timestamptz' },
            status: { type: 'text' },
            subject: { type: 'text', category: 'user.content' },
          },
          facts: {
            closedAt: { column: 'closed_at' },
            status: { column: 'status' },
            subject: { column: 'subject' },
          },
        }),
        messages: {
          key: { id: 'bigint' },
          concept: 'message',
          columns: { sent_at: { type: 'timestamptz' } },
          facts: { sentAt: { column: 'sent_at' } },
        },
      },
      edges: [
        { child: 'tickets', parent: 'tickets', on: { merged_into: 'id' }, then: 'delete' },
        { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
      ],
    },
  });

const closed = {
  all: [
    { fact: 'status', operator: 'equal', value: 'closed' },
    { fact: 'subject', operator: 'notEqual', value: 'spam' },
  ],
};
const RULES = [rule({ when: closed })];

describe('why a record is still here', () => {
  afterEach(closeDesks);

  it('an open ticket: no rule is about it, and what would have to change', async () => {
    const why = await (await desk()).engine(RULES).retention.why('ticket/12');
    expect(why.verdict).to.equal('kept: no disposal rule is about this record as it is now');
    expect(why.rules).to.deep.equal([
      {
        policy: 'old-tickets',
        action: 'delete',
        matches: false,
        unmet: ['status must be closed (it is open)'],
        start: null,
        due: null,
        isDue: false,
      },
    ]);
  });

  it('a settled ticket: until when; a due one: since when', async () => {
    const { retention } = (await desk()).engine(RULES);
    expect((await retention.why('ticket/9')).verdict).to.equal(
      'kept until 2024-06-01 00:00 UTC by old-tickets',
    );
    const due = await retention.why('ticket/001');
    expect(due.record).to.equal('ticket/1');
    expect(due.verdict).to.equal('due since 2022-06-01 00:00 UTC by old-tickets; the next plan takes it');
  });

  it('what it says of a due ticket is what the next plan does, to the microsecond', async () => {
    const { engine, admin } = await desk();
    await admin(`update shop.tickets set closed_at = timestamptz '2023-01-02 00:00:00+00' where id = 1;
      update shop.tickets set closed_at = timestamptz '2023-01-02 00:00:00.000001+00' where id = 2`);
    const { retention } = engine(RULES);
    expect((await retention.why('ticket/1')).verdict).to.match(/^due since/);
    expect((await retention.why('ticket/2')).verdict).to.match(/^kept until/);
    const { items } = await retention.plan('old-tickets', officer);
    expect(items).to.equal('1');
  });

  it('a held ticket, and everything that goes with it or takes it along, names the hold and who may lift it', async () => {
    const { engine } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.holds.place(
      { ...hold, scope: { kind: 'record', record: 'message/110' } },
      officer,
    );
    for (const record of ['message/110', 'ticket/11', 'ticket/1']) {
      const why = await lethe.retention.why(record);
      expect(why.verdict, record).to.equal(`kept: hold ${id} (litigation) stops every disposal`);
      expect(why.protections[0]).to.include({
        id,
        kind: 'hold',
        authority: 'district court',
        reviewOn: '2025-01-31',
      });
      expect(why.protections[0]?.ends).to.include('another person').and.include(`lethe hold lift ${id}`);
    }
    // the other message of the held ticket is not held itself, but goes along with one that is
    expect((await lethe.retention.why('message/10')).verdict).to.equal(
      `goes along with ticket/1, which is kept: hold ${id} (litigation) stops every disposal`,
    );
    expect((await lethe.retention.why('ticket/2')).verdict).to.match(/^due since/);
    await lethe.holds.lift(id, 'settled', approver);
    expect((await lethe.retention.why('ticket/1')).verdict).to.match(/^due since/);
  });

  it('a duty to keep counts from the moment its policy is there, before any plan and after', async () => {
    const { engine } = await desk();
    const lethe = engine([...RULES, floor()]);
    for (const moment of ['before', 'after']) {
      const why = await lethe.retention.why('ticket/1');
      expect(why.verdict, moment).to.match(/^kept: floor .* \(statute\) stops every disposal$/);
      expect(why.protections).to.have.length(1);
      expect(why.protections[0]).to.include({ kind: 'floor', authority: 'HGB 257', reviewOn: null });
      expect(why.rules.find(({ action }) => action === 'keep')).to.include({ matches: true, isDue: false });
      await lethe.retention.plan('old-tickets', officer);
    }
    const over = engine([...RULES, floor()], fixedClock(parseInstant('2032-01-01T00:00:00Z') as Instant));
    expect((await over.retention.why('ticket/1')).verdict).to.match(/^due since/);
  });

  it('two rules that both match are a conflict, unless one overrides the other', async () => {
    const { engine } = await desk();
    const other = rule({ id: 'other', keep: { for: 'P9Y', from: 'closedAt', timeZone: 'UTC' } });
    const clash = await engine([...RULES, other]).retention.why('ticket/1');
    expect(clash.verdict).to.equal(
      'kept: old-tickets and other both match it; one must name the other in "overrides"',
    );
    const longer = await engine([...RULES, { ...other, overrides: ['old-tickets'] }]).retention.why(
      'ticket/1',
    );
    expect(longer.verdict).to.equal('kept until 2030-06-01 00:00 UTC by other');
    const shorter = await engine([rule({ when: closed, overrides: ['other'] }), other]).retention.why(
      'ticket/1',
    );
    expect(shorter.verdict).to.match(/^due since .* by old-tickets/);
  });

  it('a rule that overrides one that overrides a third is in conflict with the third', async () => {
    const { engine } = await desk();
    const policies = [
      rule({ when: closed, overrides: ['second'] }),
      rule({ id: 'second', overrides: ['third'] }),
      rule({ id: 'third' }),
    ];
    const { retention } = engine(policies);
    expect((await retention.why('ticket/1')).verdict).to.equal(
      'kept: old-tickets and third both match it; one must name the other in "overrides"',
    );
    expect((await retention.plan('old-tickets', officer)).items).to.equal('0');
  });

  it('a message says which ticket it goes along with, and when', async () => {
    const { retention } = (await desk()).engine(RULES);
    const due = await retention.why('message/10');
    expect(due.goesWith.map(({ record }) => record)).to.deep.equal(['ticket/1']);
    expect(due.verdict).to.match(/^goes along with ticket\/1, which is due since 2022-06-01/);
    expect((await retention.why('message/90')).verdict).to.match(
      /^goes along with ticket\/9, which is kept until 2024/,
    );
    expect((await retention.why('message/120')).verdict).to.match(/^kept: no disposal rule/);
    expect((await retention.why('message/12345')).goesWith).to.deep.equal([]);
  });

  it('a merged ticket is no record of its own: it goes along with its survivor', async () => {
    const why = await (await desk()).engine(RULES).retention.why('ticket/11');
    expect(why.rules[0]).to.deep.include({
      matches: false,
      unmet: ['it is no record of its own; it goes along with another'],
    });
    expect(why.verdict).to.match(/^goes along with ticket\/1, which is due since/);
    const message = await (await desk()).engine(RULES).retention.why('message/110');
    expect(message.goesWith.map(({ record }) => record)).to.deep.equal(['ticket/11', 'ticket/1']);
    expect(message.verdict).to.match(/^goes along with ticket\/1, which is due since/);
  });

  it('a ticket that closed without its start event says so', async () => {
    const { engine, admin } = await desk();
    await admin('update shop.tickets set closed_at = null where id = 1');
    expect((await engine(RULES).retention.why('ticket/1')).verdict).to.equal(
      'kept: old-tickets counts from an event that has not happened',
    );
  });

  it('a deleted ticket names its run; one that never was, or is mistyped, is an error', async () => {
    const { engine } = await desk();
    const lethe = engine(RULES);
    const plan = await dispose(lethe);
    const gone = await lethe.retention.why('ticket/1');
    expect(gone).to.include({ exists: false }).and.to.have.property('verdict').that.includes(plan);
    expect((await refusal(lethe.retention.why('ticket/777'), 'record_unknown')).exitCode).to.equal(2);
    for (const record of ['tickets/1', 'ticket/abc', 'ticket/', '1', ''])
      await refusal(lethe.retention.why(record), 'input_invalid');
  });

  it('the value of a personal column is never shown', async () => {
    const { engine } = await desk();
    const when = { all: [{ fact: 'subject', operator: 'equal', value: 'other' }] };
    const why = await engine([rule({ when })]).retention.why('ticket/1');
    expect(why.rules[0]?.unmet).to.deep.equal([
      'subject must be other (its value is personal and not shown)',
    ]);
    expect(JSON.stringify(why)).not.to.include(MARKER);
  });

  it('asking changes nothing', async () => {
    const { engine, admin } = await desk();
    const lethe = engine([...RULES, floor()]);
    for (const record of ['ticket/1', 'ticket/12', 'message/10']) await lethe.retention.why(record);
    expect(
      await admin(
        'select 1 from lethe.protection union all select 1 from lethe.actor union all select 1 from lethe.version',
      ),
    ).to.deep.equal([]);
    expect(await admin('select 1 from shop.tickets')).to.have.length(5);
  });
});
