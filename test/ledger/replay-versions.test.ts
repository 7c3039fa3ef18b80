import { expect } from 'chai';
import { withRoles } from '../../src/core/actor.js';
import { replay } from '../../src/disposal/replay.js';
import type { Engine } from '../../src/engine.js';
import { engineOver } from '../../src/engine.js';
import type { EngineParts } from '../../src/engine-parts.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { verifyLedger } from '../../src/ledger/verify.js';
import { policiesInForce } from '../../src/publication/policies-in-force.js';
import { publishInitial } from '../../src/publication/publish.js';
import { draftsOf } from '../publication/publishing-desk.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
import {
  approvedPlan,
  approver,
  closeDesks,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
  TODAY,
  type Desk,
  type Json,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const years = (number: number, different: Json = {}): Json =>
  rule({ keep: { for: `P${number}Y`, from: 'closedAt', timeZone: 'UTC' }, ...different });

/** An engine that goes by what is published. */
const lawful = (parts: Pick<EngineParts, 'db' | 'graph' | 'vault'>): Engine =>
  engineOver({
    ...parts,
    clock: TODAY,
    policiesInForce: (on = parts.db) => policiesInForce(on, parts.graph, TODAY.now()),
  });

async function vaultedDesk(...files: readonly Json[]): Promise<Desk & { readonly lethe: Engine }> {
  const desk = await openDesk({
    ddl: `${TICKETS}; ${ticketRows([1, 2], [3])}`,
    map: { tables: { tickets: ticketTable() }, edges: [] },
  });
  const { db, graph } = desk;
  const vault = vaultOf(desk.url);
  const lethe = lawful({ db, graph, vault });
  const now = TODAY.now();
  const olga = withRoles(null, officer);
  await publishInitial({ db, graph, now, vault, cooling: 'P7D' }, draftsOf(...files), olga);
  return { ...desk, lethe };
}

const inForce = async (engine: Engine): Promise<readonly string[]> =>
  (await engine.policiesInForce()).map(({ id, entry }) => `${id} ${entry.keep.for}`);

describe('a restored database has its published versions again', () => {
  afterEach(async () => {
    await closeRestored();
    await closeDesks();
  });

  it('a rule that was tightened since is not the looser one of yesterday, and what was withdrawn stays withdrawn', async () => {
    const desk = await vaultedDesk(years(1));
    const plan = await approvedPlan(desk.lethe);
    await desk.lethe.ledger.seal();
    const name = await backUp(desk);
    await desk.lethe.retention.withdraw(plan, operator, 'a mistake');
    await desk.lethe.policies.publish({ drafts: draftsOf(years(9)) }, officer);
    expect(await inForce(desk.lethe)).to.deep.equal(['old-tickets P9Y']);

    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    const lethe = lawful(parts);
    expect(await inForce(lethe)).to.deep.equal(['old-tickets P1Y']);
    await refusal(requireCurrent(parts.db, parts.vault), 'database_restored');
    const done = await replay(parts, operator);
    expect(done).to.include({ acts: 2, versionsPublished: 1, plansWithdrawn: 1, records: 0 });
    await requireCurrent(parts.db, parts.vault);
    expect(await inForce(lethe)).to.deep.equal(['old-tickets P9Y']);
    await refusal(lethe.retention.apply(plan, operator), 'plan_finished');
    expect(await yesterday.rows('select id from shop.tickets')).to.deep.equal(['1', '2', '3']);
    const history = async (engine: Engine) =>
      (await engine.policies.history()).map(
        ({ id, digest, publishedAt, publishedBy, change, because, state }) => ({
          ...{ id, digest, publishedAt, publishedBy, change, because, state },
        }),
      );
    expect(await history(lethe)).to.deep.equal(await history(desk.lethe));
    expect((await verifyLedger(parts)).findings).to.deep.equal([]);
    expect(await replay(parts, operator)).to.include({ acts: 0 });
  });

  it('approvals that were given since are lost: what had them waits for them again', async () => {
    const desk = await vaultedDesk(years(1));
    const name = await backUp(desk);
    const other = years(3, { id: 'other' });
    const { outcomes } = await desk.lethe.policies.publish({ drafts: draftsOf(years(1), other) }, officer);
    const version = outcomes[1]?.version.id ?? '';
    await desk.lethe.policies.approve(version, approver);
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    expect(await replay(parts, operator)).to.include({ acts: 1, versionsPublished: 1 });
    const lethe = lawful(parts);
    expect(await inForce(lethe)).to.deep.equal(['old-tickets P1Y']);
    const waiting = await lethe.policies.waiting();
    expect(
      waiting.map(({ id, approvers, approvals }) => ({ id, approvers, given: approvals.length })),
    ).to.deep.equal([{ id: version, approvers: 1, given: 0 }]);
    const text = await lethe.policies.text(version);
    expect(JSON.parse(text ?? '')).to.deep.equal(other);
  });

  it('from before the first publication: nobody else publishes first versions into it', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1])}`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const name = await backUp(desk);
    const { db, graph } = desk;
    const initial = { graph, now: TODAY.now(), cooling: 'P7D' };
    const olga = withRoles(null, officer);
    await publishInitial({ ...initial, db, vault: vaultOf(desk.url) }, draftsOf(years(9)), olga);
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    await refusal(requireCurrent(parts.db, parts.vault), 'database_restored');
    await replay(parts, operator);
    const eager = { ...initial, db: parts.db, vault: parts.vault };
    expect(await publishInitial(eager, draftsOf(years(1)), olga)).to.equal(null);
    expect(await inForce(lawful(parts))).to.deep.equal(['old-tickets P9Y']);
  });

  it('no name and no free text of a person is in the journal', async () => {
    const desk = await vaultedDesk(years(1));
    const { id } = await desk.lethe.retention.plan('old-tickets', officer);
    await desk.lethe.retention.withdraw(id, operator, 'because of Maria Musterfrau');
    const acts = (await vaultOf(desk.url).acts(0)).acts.map(({ act }) => act);
    expect(acts.map(({ kind }) => kind)).to.deep.equal(['policy.published', 'plan.withdrawn']);
    expect(JSON.stringify(acts)).not.to.match(/Musterfrau|officer|operator/);
  });
});
