import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { trouble } from '../../src/retention/status.js';
import { busyDesk } from '../support/busy-desk.js';
import {
  approvedPlan,
  approver,
  AS_OF,
  closeDesks,
  hold,
  officer,
  openDesk,
  operator,
  refusal,
  shown,
} from '../support/small-desk.js';
import { desk, RULES } from './plan-desk.js';

describe('status', () => {
  afterEach(closeDesks);

  it('a run that did not start within a quarter of an hour, did not finish or failed is loud', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    const now = async (at = lethe): Promise<string | null> => {
      const [status] = await at.retention.status();
      return status ? trouble(status) : 'no status';
    };
    expect(await now()).to.equal(null);
    await lethe.retention.approve(id, approver);
    const after = (time: string) => engine(RULES, fixedClock(parseInstant(`2024-01-02T${time}Z`) as Instant));
    expect(await now(after('00:14:59'))).to.equal(null);
    expect(await now(after('00:15:00'))).to.include('not applied');
    await admin("update lethe.plan set state = 'applying'");
    expect(await now()).to.include('did not finish');
    await admin("update lethe.plan set state = 'failed', failure = 'database_failed: x'");
    expect(await now()).to.include('database_failed');
    await admin("update lethe.plan set state = 'incomplete', failure = '1 records busy, in use elsewhere'");
    expect(await now()).to.include('1 records busy');
    await lethe.retention.apply(id, operator);
    expect(await now()).to.equal(null);
    const [status] = await lethe.retention.status();
    expect(status).to.include({
      items: 3,
      done: 3,
      deleted: 3,
      busy: 0,
      createdBy: 'officer',
      failure: null,
    });
  });

  it('an old plan that is not done does not drop off the list', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const { id } = await lethe.retention.plan('old-tickets', officer, AS_OF);
    await admin(`update lethe.plan set created_at = '2020-01-01', state = 'applying';
      insert into lethe.plan (id, policy, digest, map_digest, policy_digests, item_digest, record, as_of, cutoff, items, report, approvers, assurance, state, created_by)
      select 'plan-' || n, policy, digest, map_digest, policy_digests, item_digest, record, as_of, cutoff, items, report, approvers, assurance, 'done', created_by
      from lethe.plan, generate_series(1, 250) n`);
    const plans = await lethe.retention.status();
    expect(plans.map((plan) => plan.id)).to.include(id);
    expect(plans.length).to.be.within(200, 201);
  });

  it('show names each record once, before, during and after the run', async () => {
    const setup = busyDesk(1500);
    const { engine, admin } = await openDesk(setup);
    const lethe = engine(RULES);
    await lethe.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/1' } }, officer);
    const id = await approvedPlan(lethe);
    const count = async (): Promise<Record<string, number>> => {
      const items = await shown(lethe, id);
      expect(new Set(items.map((item) => item.split(' ')[0])).size).to.equal(items.length);
      const counts: Record<string, number> = {};
      for (const item of items) {
        const outcome = item.split(' ')[1] ?? '';
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      }
      return counts;
    };
    expect(await count()).to.deep.equal({ delete: 999, protected: 1 });
    await admin(
      'update shop.tickets set closed_at = null where id = 2; delete from shop.files; delete from shop.messages where ticket_id = 4; delete from shop.tickets where id = 4',
    );
    const stop = new AbortController();
    const progress = (): void => {
      stop.abort();
    };
    await refusal(lethe.retention.apply(id, operator, { signal: stop.signal, progress }), 'run_incomplete');
    expect(await count()).to.deep.equal({ delete: 599, deleted: 398, changed: 1, gone: 1, protected: 1 });
    await lethe.retention.apply(id, operator);
    expect(await count()).to.deep.equal({ deleted: 997, changed: 1, gone: 1, protected: 1 });
  });
});
