import { expect } from 'chai';
import { endlessRecords } from '../../src/doctor/endless-records.js';
import { closeDesks, floor, rule, ticketTable, type Desk, type Json } from '../support/small-desk.js';
import { contextOf, lines, openCoverageDesk } from './desk.js';

const closed = rule({ when: { fact: 'status', operator: 'equal', value: 'closed' } });

/** One ticket: when it was made and closed, and its status. */
const add = (desk: Desk, created: string, closedAt: string | null, status: string) =>
  desk.admin(
    'insert into shop.tickets (id, created_at, closed_at, status) select count(*) + 1, $1, $2, $3 from shop.tickets',
    [created, closedAt, status],
  );
const found = async (desk: Desk, files: readonly Json[]) => endlessRecords(await contextOf(desk, files));

describe('records that never end', () => {
  afterEach(closeDesks);

  it('are those over a year old that were never closed; younger ones may still be', async () => {
    const desk = await openCoverageDesk();
    await add(desk, '2021-03-04 00:00:00+00', null, 'open');
    await add(desk, '2022-06-01 00:00:00+00', null, 'stalled');
    await add(desk, '2022-07-01 00:00:00+00', null, 'open');
    await add(desk, '2023-06-01 00:00:00+00', null, 'open');
    const [one, ...others] = await found(desk, [closed, floor()]);
    expect(others).to.deep.equal([]);
    expect(one).to.include({ severity: 'warning', code: 'record_never_closes', thing: 'record ticket' });
    expect(one?.message).to.contain(
      '3 records made over a year ago, the oldest on 2021-03-04 (status open 2, stalled 1), match no rule and have no "closedAt"',
    );
  });

  it('are those that a rule matches but whose start event is missing; the rule is named', async () => {
    const desk = await openCoverageDesk();
    await add(desk, '2021-03-04 00:00:00+00', null, 'closed');
    await add(desk, '2021-03-04 00:00:00+00', '2021-04-01 00:00:00+00', 'closed');
    const [one, ...others] = await found(desk, [closed]);
    expect(others).to.deep.equal([]);
    expect(one).to.include({ code: 'rule_without_start', thing: 'policy old-tickets' });
    expect(one?.message).to.contain('1 record made over a year ago').and.to.contain('have no "closedAt"');
  });

  it('are those no rule is about, once every period in force and a year have passed', async () => {
    const desk = await openCoverageDesk();
    await add(desk, '2020-01-01 00:00:00+00', '2021-06-01 00:00:00+00', 'rejected');
    await add(desk, '2022-06-01 00:00:00+00', '2022-06-02 00:00:00+00', 'rejected');
    const [one, ...others] = await found(desk, [closed]);
    expect(others).to.deep.equal([]);
    expect(one).to.include({ code: 'record_outside_rules', thing: 'record ticket' });
    expect(one?.message).to.contain(
      '1 record made over a year ago, the oldest on 2020-01-01 (status rejected 1)',
    );
    expect(await found(desk, [closed, floor()]), 'a longer period').to.deep.equal([]);
  });

  it('are not asked for where records go along with others, or the map does not say when they were made', async () => {
    const child = { key: { id: 'bigint' }, concept: 'message', columns: times, facts: timeFacts };
    const desk = await openCoverageDesk({
      tables: {
        tickets: ticketTable(),
        messages: { ...child, columns: { ...times, ticket_id: { type: 'bigint' } } },
      },
      edges: [{ child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
    });
    await desk.admin(
      'create table shop.messages (id bigint primary key, ticket_id bigint, closed_at timestamptz, created_at timestamptz)',
    );
    await desk.admin("insert into shop.messages values (1, 1, null, '2020-01-01')");
    await add(desk, '2020-01-01 00:00:00+00', null, 'open');
    const messages = rule({
      id: 'messages',
      record: 'message',
      when: { fact: 'closedAt', operator: 'present' },
    });
    expect(await found(desk, [closed, messages])).to.deep.equal([]);
    expect(lines(await found(desk, [messages]))).to.deep.equal([
      'warning record_never_closes record message',
    ]);
  });
});

const times = { closed_at: { type: 'timestamptz' }, created_at: { type: 'timestamptz' } };
const timeFacts = { closedAt: { column: 'closed_at' }, createdAt: { column: 'created_at' } };
