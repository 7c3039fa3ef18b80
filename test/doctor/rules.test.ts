import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import { clockSkew } from '../../src/doctor/clock-skew.js';
import { policyReviews } from '../../src/doctor/policy-review.js';
import { ruleConflicts } from '../../src/doctor/rule-conflicts.js';
import { schedules } from '../../src/doctor/schedules.js';
import { waiting } from '../../src/doctor/waiting.js';
import { systemClock } from '../../src/core/clock.js';
import { fromMicros, toMicros } from '../../src/core/instant.js';
import { standings } from '../../src/publication/publication.js';
import {
  approvedPlan,
  approver,
  closeDesks,
  hold,
  officer,
  rule,
  ticketRows,
  type Desk,
  type Json,
} from '../support/small-desk.js';
import { contextOf, lines, NOW, openCoverageDesk, published, type Asked } from './desk.js';

const is = (status: string): Json => ({ when: { fact: 'status', operator: 'equal', value: status } });
const at = (text: string): Instant => text as Instant;

describe('rules in conflict', () => {
  afterEach(closeDesks);
  const found = async (desk: Desk, files: readonly Json[]) => ruleConflicts(await contextOf(desk, files));

  it('are told with the records both match, and not when one overrides or none is in both', async () => {
    const desk = await openCoverageDesk();
    await desk.admin(ticketRows([1, 2], [3]));
    const other = rule({ id: 'other', when: { fact: 'closedAt', operator: 'present' } });
    const [one, ...others] = await found(desk, [rule(), other]);
    expect(others).to.deep.equal([]);
    expect(one).to.include({ severity: 'warning', code: 'rules_conflict', thing: 'policy old-tickets' });
    expect(one?.message).to.contain('matches 3 records that "other" matches too');
    expect(await found(desk, [rule(), { ...other, overrides: ['old-tickets'] }])).to.deep.equal([]);
    expect(await found(desk, [rule(is('closed')), rule({ id: 'open', ...is('open') })])).to.deep.equal([]);
  });
});

describe('the review of a policy', () => {
  afterEach(closeDesks);
  const found = async (desk: Desk, policy: Json, since = '2023-11-01T00:00:00.000000Z') => {
    const context = await contextOf(desk, [policy], { since: at(since) });
    return lines(policyReviews(context.policies, context));
  };

  it('is due after the day it names, and two years after publication where it names none', async () => {
    const desk = await openCoverageDesk();
    const due = ['warning policy_review policy old-tickets'];
    expect(await found(desk, rule({ review: '2024-01-02' }))).to.deep.equal([]);
    expect(await found(desk, rule({ review: '2024-01-01' }))).to.deep.equal(due);
    expect(await found(desk, rule())).to.deep.equal([]);
    expect(await found(desk, rule(), '2022-01-01T00:00:00.000000Z')).to.deep.equal(due);
    expect(await found(desk, rule({ review: '2024-06-01' }), '2020-01-01T00:00:00.000000Z')).to.deep.equal(
      [],
    );
  });
});

describe('a schedule', () => {
  afterEach(closeDesks);
  const nightly = rule({ schedule: { cron: '0 3 * * *', timeZone: 'UTC' } });
  const found = async (desk: Desk, asked: Asked = {}) =>
    lines(await schedules(await contextOf(desk, [nightly], asked)));
  const job = (desk: Desk, slot: string, state: string) =>
    desk.admin(
      'insert into lethe.job (id, policy, slot, state) values ($1::text, $2, $1::text::timestamptz, $3)',
      [slot, 'old-tickets', state],
    );

  it('that never ran is an error once a slot has passed since it came into force', async () => {
    const desk = await openCoverageDesk();
    expect(await found(desk)).to.deep.equal(['error schedule_never_ran policy old-tickets']);
    expect(await found(desk, { since: at('2024-01-01T12:00:00.000000Z') })).to.deep.equal([]);
    expect(
      await found(desk, { since: at('2024-01-01T12:00:00.000000Z'), now: at('2024-01-02T03:20:00.000000Z') }),
    ).to.have.length(1);
  });

  it('stands still after more than two missed runs, and is well after the last one', async () => {
    const desk = await openCoverageDesk();
    await job(desk, '2023-12-29 03:00:00+00', 'done');
    expect(await found(desk)).to.deep.equal(['error schedule_stopped policy old-tickets']);
    await job(desk, '2024-01-01 03:00:00+00', 'done');
    expect(await found(desk)).to.deep.equal([]);
  });

  it('whose last run failed is an error, and one that has not ended after a day a warning', async () => {
    const desk = await openCoverageDesk();
    await job(desk, '2023-12-31 03:00:00+00', 'applying');
    expect(await found(desk)).to.deep.equal(['warning schedule_unfinished policy old-tickets']);
    await job(desk, '2024-01-01 03:00:00+00', 'failed');
    expect(await found(desk)).to.deep.equal(['error schedule_failed policy old-tickets']);
  });
});

describe('what waits', () => {
  afterEach(closeDesks);
  const found = async (desk: Desk, files: readonly Json[], asked: Asked = {}) =>
    waiting(await contextOf(desk, files, asked));

  it('for more than a week as a version is told, with what it waits for', async () => {
    const desk = await openCoverageDesk();
    const context = await contextOf(desk, [rule()]);
    const version = (publishedAt: string) =>
      standings([published({ publishedAt: at(publishedAt), notBefore: at(publishedAt), approvers: 1 })], NOW);
    const of = async (publishedAt: string) => waiting({ ...context, standings: version(publishedAt) });
    expect(await of('2023-12-28T00:00:00.000000Z')).to.deep.equal([]);
    const [one] = await of('2023-12-20T00:00:00.000000Z');
    expect(one).to.include({ code: 'version_waiting', thing: 'policy old-tickets' });
    expect(one?.message).to.contain('has waited for 13 days: it has 0 of 1 approvals');
  });

  it('as an approved plan is told when its approval is about to end', async () => {
    const desk = await openCoverageDesk();
    await desk.admin(ticketRows([1]));
    const plan = await approvedPlan(desk.engine([rule()]));
    expect(await found(desk, [rule()])).to.deep.equal([]);
    const soon = await found(desk, [rule()], { now: at('2024-01-30T00:00:00.000000Z') });
    expect(lines(soon)).to.deep.equal([`warning approval_ending plan ${plan}`]);
  });

  it('as a plan that rests on what is no longer in force is stale', async () => {
    const desk = await openCoverageDesk();
    await desk.admin(ticketRows([1]));
    const { id } = await desk.engine([rule()]).retention.plan('old-tickets', officer);
    expect(lines(await found(desk, [rule({ title: 'another' })]))).to.deep.equal([
      `warning plan_stale plan ${id}`,
    ]);
  });

  it('as a hold past its review is told, without whom it is on', async () => {
    const desk = await openCoverageDesk();
    await desk.admin(ticketRows([77]));
    const { id } = await desk
      .engine([rule()])
      .holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/77' } }, approver);
    expect(await found(desk, [rule()])).to.deep.equal([]);
    const [one] = await found(desk, [rule()], { now: at('2025-02-10T00:00:00.000000Z') });
    expect(one).to.include({ code: 'hold_review', thing: `hold ${id}` });
    expect(one?.message).to.contain('2025-01-31 (10 days)').and.not.to.contain('77');
  });
});

describe('the clock', () => {
  afterEach(closeDesks);
  const shifted = (seconds: number) => ({
    now: () => fromMicros(toMicros(systemClock.now()) + BigInt(seconds) * 1_000_000n),
  });

  it('may differ from the server’s by two seconds; more is a warning, a minute an error', async () => {
    const { db } = await openCoverageDesk();
    const of = async (seconds: number) =>
      (await clockSkew({ db, clock: shifted(seconds) })).map(({ severity }) => severity);
    expect(await of(0)).to.deep.equal([]);
    expect(await of(-10)).to.deep.equal(['warning']);
    expect(await of(90)).to.deep.equal(['error']);
    const [one] = await clockSkew({ db, clock: shifted(90) });
    expect(one?.message).to.contain('90 s ahead of the database server');
  });
});
