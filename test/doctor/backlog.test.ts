import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import { backlog } from '../../src/doctor/backlog.js';
import { unlessLate } from '../../src/db/time-limit.js';
import { overdueRecords } from '../../src/disposal/overdue.js';
import {
  approver,
  closeDesks,
  floor,
  hold,
  officer,
  rule,
  ticketTable,
  type Desk,
  type Json,
} from '../support/small-desk.js';
import { contextOf, lines, NOW, openCoverageDesk, type Asked } from './desk.js';

const SINCE_YESTERDAY = { since: '2024-01-01T00:00:00.000000Z' as Instant };

/** Tickets by the instant they were closed at. */
const fill = (desk: Desk, ...closed: readonly string[]) =>
  desk.admin(
    `insert into shop.tickets (id, closed_at) values ${closed.map((at, index) => `(${index + 1}, timestamptz '${at}')`).join(', ')}`,
  );

const found = async (desk: Desk, files: readonly Json[], asked: Asked = {}) =>
  backlog(await contextOf(desk, files, asked));

describe('the backlog', () => {
  afterEach(closeDesks);

  it('is nothing while no record is past its date for more than a day', async () => {
    const desk = await openCoverageDesk();
    await fill(desk, '2023-01-01 00:00:01+00', '2023-06-01 00:00:00+00');
    expect(await found(desk, [rule()])).to.deep.equal([]);
  });

  it('tells how many records are past their date, since when the oldest is, and what to do', async () => {
    const desk = await openCoverageDesk();
    await fill(desk, '2022-12-20 00:00:00+00', '2023-01-01 00:00:00+00', '2023-06-01 00:00:00+00');
    const [one, ...others] = await found(desk, [rule()]);
    expect(others).to.deep.equal([]);
    expect(one).to.deep.equal({
      severity: 'warning',
      code: 'backlog',
      thing: 'policy old-tickets',
      message:
        '2 records are past their date, the oldest since 2023-12-20 (13 days): no plan takes them; `lethe retention plan old-tickets`',
    });
  });

  it('is a broken promise after a month, but not of a rule that is younger than that', async () => {
    const desk = await openCoverageDesk();
    await fill(desk, '2022-11-01 00:00:00+00');
    expect(lines(await found(desk, [rule()]))).to.deep.equal(['error backlog policy old-tickets']);
    expect(lines(await found(desk, [rule()], SINCE_YESTERDAY))).to.deep.equal([
      'warning backlog policy old-tickets',
    ]);
  });

  it('leaves a schedule the time from one slot to the next, and a day', async () => {
    const desk = await openCoverageDesk();
    await fill(desk, '2022-12-28 00:00:00+00');
    const monthly = rule({ schedule: { cron: '0 3 1 * *', timeZone: 'UTC' } });
    const nightly = rule({ schedule: { cron: '0 3 * * *', timeZone: 'UTC' } });
    expect(await found(desk, [monthly])).to.deep.equal([]);
    expect(await found(desk, [nightly])).to.have.length(1);
  });

  it('counts no record that is held, that a duty keeps, or that another rule is about', async () => {
    const desk = await openCoverageDesk();
    await fill(
      desk,
      '2022-06-01 00:00:00+00',
      '2022-06-01 00:00:00+00',
      '2022-06-01 00:00:00+00',
      '2022-07-01 00:00:00+00',
    );
    await desk.admin(
      "update shop.tickets set status = 'kept' where id = 2; update shop.tickets set status = 'rival' where id = 3",
    );
    const is = (status: string): Json => ({ when: { fact: 'status', operator: 'equal', value: status } });
    const files = [rule(), floor(is('kept')), rule({ id: 'rival', ...is('rival') })];
    await desk.engine(files).holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/1' } }, officer);
    const [one] = await found(desk, files);
    expect(one?.message).to.contain('1 record is past its date, the oldest since 2023-07-01');
  });

  it('is told with the plan that takes it, and what that waits for', async () => {
    const desk = await openCoverageDesk();
    await fill(desk, '2022-06-01 00:00:00+00');
    const engine = desk.engine([rule()]);
    const { id } = await engine.retention.plan('old-tickets', officer);
    const told = async () => (await found(desk, [rule()])).map(({ message }) => message).join();
    expect(await told()).to.contain(`${id} waits for approval; \`lethe retention approve ${id}\``);
    await engine.retention.approve(id, approver);
    expect(await told()).to.contain(`\`lethe retention apply ${id}\``);
    await engine.retention.apply(id, { name: 'operator', assurance: 'asserted' });
    expect(await told()).to.equal('');
  });

  it('is given up after a while, and said to be unknown', async () => {
    const slow = { type: 'boolean', sql: '(select pg_sleep(3) is not null)' };
    const desk = await openCoverageDesk({
      tables: { tickets: ticketTable({ facts: { closedAt: { column: 'closed_at' }, slow } }) },
    });
    await fill(desk, '2022-06-01 00:00:00+00');
    const files = [rule({ when: { fact: 'slow', operator: 'equal', value: true } })];
    const { db, graph, policies } = await contextOf(desk, files);
    const [policy] = policies;
    if (!policy) throw new Error('no policy');
    const question = { policy, policies, asOf: NOW, now: NOW, seconds: 1 };
    expect(await unlessLate(overdueRecords(db, graph, question))).to.equal('late');
  });

  it('leaves no trace', async () => {
    const desk = await openCoverageDesk();
    await fill(desk, '2022-06-01 00:00:00+00');
    const count =
      'select (select count(*) from lethe.plan) as plans, (select count(*) from shop.tickets) as tickets';
    const before = await desk.admin(count);
    await found(desk, [rule()]);
    expect(await desk.admin(count)).to.deep.equal(before);
  });
});
