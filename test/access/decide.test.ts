import { expect } from 'chai';
import fc from 'fast-check';
import { candidates, type Candidates } from '../../src/access/decide-access.js';
import { decideRecord, type KnownRecord } from '../../src/access/decide-record.js';
import { guardedRows } from '../../src/access/guarded-rows.js';
import { callSlots, filled } from '../../src/access/slots.js';
import type { Row } from '../../src/db/database.js';
import { raw, sql } from '../../src/db/sql.js';
import { seedHelpDesk } from '../../src/demo/seed.js';
import type { FactValues } from '../../src/policy/predicate.js';
import { leavesOf } from '../parity/conditions.js';
import { factsOfRows } from '../parity/readings.js';
import { closeDesks, isSoak, type Desk, type Json } from '../support/small-desk.js';
import {
  access,
  activity,
  call,
  CARE,
  CARE_AIM,
  NOW,
  openNative,
  policiesFrom,
} from '../tickets/guarded-desk.js';

const POLICY_SETS = isSoak ? 2_000 : 60;
const ROWS = 40;
const SEED = isSoak ? Date.now() % 2 ** 31 : 20261122;
const ASKER = call('agent/3');

/** What the test knows of a ticket besides its facts, asked of the database in words of its own. */
const ABOUT = `select t.id, coalesce(t.agent_id = 3, false) as assigned, coalesce(t.customer_id % 3 = 0, false) as consented,
  exists (select from lethe.sensitive s where s.record = 'ticket' and s.key = t.id::text) as sensitive,
  exists (select from lethe.quarantine q where q.record = 'ticket' and q.key = t.id::text) as quarantined,
  case when t.id % 4 = 0 then 'glass-1' end as "grant" from desk.tickets t order by t.id limit ${ROWS}`;

const FLAGS = `insert into lethe.actor (id, name, name_key) values ('actor-1', 'officer', 'officer');
  insert into lethe.sensitive (id, record, key, flagged_by, flagged_at) select 's' || id, 'ticket', id, 'actor-1', '2024-01-01' from desk.tickets where id % 5 = 0;
  insert into lethe.quarantine (id, record, key, kind, quarantined_by, quarantined_at) select 'q' || id, 'ticket', id, 'card', 'actor-1', '2024-01-01' from desk.tickets where id % 7 = 0;
  insert into lethe.training (id, actor, content, version, done_on, expires_on, recorded_by, recorded_at)
    values ('t', 'agent/3', 'health', '1', '2026-01-01', '2026-12-31', 'actor-1', '2026-01-01');
  insert into lethe.break_glass (id, actor, record, key, purpose, reason, policy, granted_at, until)
    select 'glass-1', 'agent/3', 'ticket', null, '${CARE}', 'a reason', 'digest', '2026-06-01 11:00+00', '2026-06-01 13:00+00' where false;
  insert into lethe.break_glass (id, actor, record, key, purpose, reason, policy, granted_at, until)
    select 'glass-' || id, 'agent/3', 'ticket', id, '${CARE}', 'a reason', 'digest', '2026-06-01 11:00+00', '2026-06-01 13:00+00' from desk.tickets where id % 4 = 0`;

interface Known {
  readonly id: string;
  readonly known: KnownRecord;
}

describe('an access decision in process and in SQL', () => {
  let desk: Desk;
  let records: readonly Known[];
  let leaves: readonly unknown[];
  before(async () => {
    desk = await openNative('');
    await desk.db.transaction((tx) => seedHelpDesk(tx, NOW));
    await desk.admin(FLAGS);
    const table = desk.graph.records.get('ticket') ?? expect.fail('no tickets');
    const facts = await factsOfRows(desk.db, table);
    const rows = await desk.admin<
      Row & { id: string; grant: string | null } & Omit<KnownRecord, 'facts' | 'own' | 'hasTraining'>
    >(ABOUT);
    records = rows.map(({ id, ...known }) => ({
      id,
      known: {
        ...known,
        grant: known.grant === null ? null : `glass-${id}`,
        own: false,
        facts: factsFor(facts, id),
        hasTraining: ({ content, version }) => content === 'health' && version === '1',
      },
    }));
    leaves = leavesOf(
      table,
      records.map(({ known }) => known.facts),
      3,
    ).map(({ entry }) => entry);
  });
  after(closeDesks);

  const factsFor = (facts: ReadonlyMap<unknown, FactValues>, id: string): FactValues =>
    [...facts].find(([key]) => String(key) === id)?.[1] ?? expect.fail(id);

  /** Any policy about tickets, whatever it asks for. */
  function anyPolicy(id: string): fc.Arbitrary<Json> {
    const leaf = fc.constantFrom(...leaves);
    const condition = fc.oneof(
      leaf,
      leaf.map((not) => ({ not })),
      fc.array(leaf, { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
      fc.array(leaf, { minLength: 1, maxLength: 2 }).map((all) => ({ all })),
    );
    const sometimes = <T>(one: fc.Arbitrary<T>, ofTen: number): fc.Arbitrary<T | undefined> =>
      fc.oneof({ arbitrary: one, weight: ofTen }, { arbitrary: fc.constant(undefined), weight: 10 - ofTen });
    return fc
      .record({
        when: sometimes(condition, 6),
        assigned: sometimes(fc.constant('self'), 1),
        breakGlass: sometimes(fc.constant(true), 1),
        specialGround: sometimes(fc.constantFrom('eu-gdpr:A9-2-a', 'eu-gdpr:A9-2-f', 'eu-gdpr:A9-2-g'), 5),
        training: sometimes(
          fc.constantFrom({ content: 'health', version: '1' }, { content: 'health', version: '2' }),
          2,
        ),
        categories: fc.constantFrom(['user'], ['user'], ['user.content'], ['user.unique_id'], undefined),
        masks: sometimes(
          fc.constantFrom(
            { subject: 'last4' },
            { subject: 'initials', status: 'hidden' },
            { customer_id: 'last4' },
          ),
          3,
        ),
      })
      .map((fields) => access(id, JSON.parse(JSON.stringify(fields)) as Json));
  }

  async function inSql(asked: Candidates): Promise<ReadonlyMap<string, unknown>> {
    const consentHolds = (): string => 'this.customer_id % 3 = 0';
    const rows = guardedRows(asked, { purpose: CARE, now: NOW, consentHolds });
    const { rows: found } = await desk.db.query<
      Row & { id: string; shown: readonly unknown[]; hidden: boolean }
    >(
      filled(
        sql`select this.id::text as id, ${rows.verdict} as shown, not (${rows.condition}) is true as hidden
          from ${raw(asked.table.sql)} this ${rows.lateral} where this.id = any(${records.map(({ id }) => id)}::bigint[])`,
        callSlots(ASKER, NOW),
      ),
    );
    return new Map(
      found.map(({ id, shown, hidden }) => [id, hidden ? null : (rows.shown(id, shown)?.decision ?? null)]),
    );
  }

  it('is the same for every record, under any policies: who matches, what is shown and by which mask', async () => {
    const sets = fc.sample(
      fc.tuple(
        fc.constantFrom('eu-gdpr:A6-1-b', 'eu-gdpr:A6-1-a'),
        anyPolicy('a'),
        anyPolicy('b'),
        anyPolicy('c'),
      ),
      { seed: SEED, numRuns: POLICY_SETS },
    );
    const seen = { allow: 0, masked: 0, deny: 0 };
    for (const [basis, ...policies] of sets) {
      const aims = [{ ...CARE_AIM, basis, specialGround: 'eu-gdpr:A9-2-a' }];
      const all = policiesFrom(desk.graph, [
        activity(aims),
        activity([{ ...CARE_AIM, specialGround: 'eu-gdpr:A9-2-f' }], { id: 'claims' }),
        ...policies,
      ]);
      const asked = candidates(all, ASKER, 'read', 'ticket', NOW);
      if (asked.kind === 'denial') expect.fail(asked.reason);
      const rows = await inSql(asked);
      for (const { id, known } of records) {
        const decision = await decideRecord(asked, known);
        const expected = decision.decision === 'deny' ? null : decision;
        expect(rows.get(id), `seed ${SEED}, ticket ${id}: ${JSON.stringify(policies)}`).to.deep.equal(
          expected,
        );
        seen[decision.decision] += 1;
      }
    }
    expect(
      Math.min(...Object.values(seen)) / (records.length * sets.length),
      JSON.stringify(seen),
    ).to.be.greaterThan(0.02);
  }).timeout(isSoak ? 0 : 60_000);
});

describe('who may ask at all', () => {
  let desk: Desk;
  before(async () => {
    desk = await openNative('');
  });
  after(closeDesks);

  const reasonFor = (files: readonly Json[], given = ASKER, deed: 'read' | 'list' = 'read'): string => {
    const asked = candidates(policiesFrom(desk.graph, files), given, deed, 'ticket', NOW);
    return asked.kind === 'denial' ? asked.reason : asked.of.map(({ policy }) => policy.id).join();
  };

  it('nobody, until an activity has the purpose and a policy names record, role, purpose and deed', () => {
    expect(reasonFor([])).to.equal('purpose_without_activity');
    expect(reasonFor([access('a')])).to.equal('purpose_without_activity');
    expect(reasonFor([activity([{ ...CARE_AIM, purpose: 'dpv:Marketing' }]), access('a')])).to.equal(
      'purpose_without_activity',
    );
    expect(reasonFor([activity([CARE_AIM], { records: ['customer'] }), access('a')])).to.equal(
      'purpose_without_activity',
    );
    expect(reasonFor([activity()])).to.equal('record_without_policy');
    expect(reasonFor([activity(), access('a', { record: 'message' })])).to.equal('record_without_policy');
    expect(reasonFor([activity(), access('a', { roles: ['lead'] })])).to.equal('role_without_policy');
    expect(reasonFor([activity(), access('a')], call('agent/3', []))).to.equal('role_without_policy');
    expect(reasonFor([activity(), access('a', { purposes: ['dpv:Marketing'] })])).to.equal(
      'purpose_without_policy',
    );
    expect(reasonFor([activity(), access('a', { may: ['list'] })])).to.equal('deed_without_policy');
    expect(reasonFor([activity(), access('b'), access('a'), access('c', { roles: ['lead'] })])).to.equal(
      'a,b',
    );
  });

  it('where one of two activities rests on consent, the purpose does', () => {
    const files = [
      activity(),
      activity([{ ...CARE_AIM, basis: 'eu-gdpr:A6-1-a' }], { id: 'other' }),
      access('a'),
    ];
    const asked = candidates(policiesFrom(desk.graph, files), ASKER, 'read', 'ticket', NOW);
    expect(asked).to.have.property('kind', 'candidates');
    if (asked.kind === 'candidates')
      expect(asked.of.map(({ needsConsent }) => needsConsent)).to.deep.equal([true]);
  });
});
