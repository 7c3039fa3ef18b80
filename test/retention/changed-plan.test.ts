import { expect } from 'chai';
import {
  approvedPlan,
  closeDesks,
  floor,
  hold,
  ids,
  mapOf,
  officer,
  operator,
  refusal,
  rule,
  TODAY,
  type Json,
} from '../support/small-desk.js';
import { desk, MAP, RULES } from './plan-desk.js';

describe('a plan that is no longer what was approved', () => {
  afterEach(closeDesks);

  const files = rule({
    id: 'old-files',
    record: 'file',
    keep: { for: 'P6M', from: 'madeAt', timeZone: 'UTC' },
  });
  const onCustomers = rule({
    id: 'old-customers',
    record: 'customer',
    keep: { for: 'P6M', from: 'seenAt', timeZone: 'UTC' },
  });

  const changes: Readonly<Record<string, readonly Json[]>> = {
    'the policy is edited': [rule({ keep: { for: 'P2Y', from: 'closedAt', timeZone: 'UTC' } })],
    'only its reason is edited': [rule({ reason: 'another' })],
    'the policy is removed': [files],
    'a floor is added': [rule(), floor()],
    'a floor on what goes along is added': [
      rule(),
      floor({ record: 'file', keep: { for: 'P9Y', from: 'madeAt', timeZone: 'UTC' } }),
    ],
    'a competing rule is added': [rule(), rule({ id: 'other', overrides: ['old-tickets'] })],
    'a rule about what goes along is added': [rule(), files],
  };
  for (const [change, policies] of Object.entries(changes))
    it(`is refused when ${change}`, async () => {
      const { engine, admin } = await desk();
      const id = await approvedPlan(engine(RULES));
      const error = await refusal(engine(policies).retention.apply(id, operator), 'plan_changed');
      expect(error.exitCode).to.equal(2);
      expect(await ids(admin, 'tickets')).to.have.length(4);
      // nothing was broken: with the old policies it is still what was approved
      await engine(RULES).retention.apply(id, operator);
    });

  it('is refused when a floor on what its records belong to is added', async () => {
    const { engine } = await desk();
    const id = await approvedPlan(engine([files]), 'old-files');
    await refusal(engine([files, floor()]).retention.apply(id, operator), 'plan_changed');
  });

  it('is as good as ever when a policy about other records comes or goes', async () => {
    const { engine, admin } = await desk();
    const id = await approvedPlan(engine(RULES));
    await engine([rule(), onCustomers]).retention.apply(id, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal(['9']);
  });

  it('is refused when a parameter of the map or the map itself is another', async () => {
    const { engine, graph } = await desk();
    const id = await approvedPlan(engine(RULES));
    const parameter = mapOf(MAP, { site: 'b' });
    const edge = mapOf({ ...MAP, edges: [] }, { site: 'a' });
    for (const other of [parameter, edge])
      await refusal(engine(RULES, TODAY, other).retention.apply(id, operator), 'plan_changed');
    await engine(RULES, TODAY, graph).retention.apply(id, operator);
  });

  const tampering: Readonly<Record<string, string>> = {
    'a key is put in': 'update lethe.chunk set keys_bigint = keys_bigint || 9::bigint, items = items + 1',
    'a key is exchanged': 'update lethe.chunk set keys_bigint[1] = 9',
    'a key is taken out': 'update lethe.chunk set keys_bigint = keys_bigint[2:]',
    'a key is put in, with its digest':
      "update lethe.chunk set keys_bigint = '{1,2,3,9}', digest = encode(sha256(E'1\\n2\\n3\\n9'), 'hex')",
    'a chunk is taken out': 'delete from lethe.chunk',
    'the cutoff is moved': "update lethe.plan set cutoff = '2023-12-31'",
    'the instant is moved': "update lethe.plan set as_of = '2023-12-31'",
    'the digests of the policies are exchanged': `update lethe.plan set policy_digests = '{"old-tickets": "0"}'`,
    'fewer approvers are asked for': 'update lethe.plan set approvers = 0',
    'another author is named':
      "update lethe.plan set created_by = (select id from lethe.actor where name = 'approver')",
    'another record is named': "update lethe.plan set record = 'file'",
    'the stored policy is exchanged':
      "alter table lethe.version disable trigger immutable; update lethe.version set content = replace(content, 'P1Y', 'P1D') where kind = 'retention'",
  };
  for (const [what, statement] of Object.entries(tampering))
    it(`is refused when in the database ${what}`, async () => {
      const { engine, admin } = await desk();
      const lethe = engine(RULES);
      const id = await approvedPlan(lethe);
      await admin(statement);
      await refusal(lethe.retention.apply(id, operator), 'plan_changed');
      expect(await ids(admin, 'tickets')).to.have.length(4);
    });

  it('an approval of another digest does not count', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    const id = await approvedPlan(lethe);
    await admin("update lethe.approval set plan_digest = 'other'");
    await refusal(lethe.retention.apply(id, operator), 'plan_not_approved');
  });

  it('a busy key that was never planned is not taken', async () => {
    const { engine, admin } = await desk();
    const lethe = engine(RULES);
    await admin("insert into shop.tickets values (5, 'closed', '2021-01-01')");
    await lethe.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/5' } }, officer);
    const id = await approvedPlan(lethe);
    await admin(
      "update lethe.protection set lifted_at = now(), lifted_by = placed_by; update lethe.chunk set state = 'busy'; insert into lethe.exception (plan_id, key, found_by, outcome, chunk) select id, key, 'apply', 'busy', 0 from lethe.plan, (values ('1'), ('5')) k(key)",
    );
    await refusal(lethe.retention.apply(id, operator), 'plan_changed');
    expect(await ids(admin, 'tickets')).to.have.length(5);
  });
});
