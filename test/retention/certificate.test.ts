import { expect } from 'chai';
import { digestOf } from '../../src/core/digest.js';
import type { Instant } from '../../src/core/instant.js';
import { isAsPlanned, planDigest } from '../../src/disposal/plan-digest.js';
import { isIntact } from '../../src/retention/certificate-check.js';
import type { Certificate } from '../../src/retention/certificate-facts.js';
import {
  approvedPlan,
  approver,
  AS_OF,
  closeDesks,
  dispose,
  officer,
  operator,
  refusal,
  rule,
  type Json,
} from '../support/small-desk.js';
import { published } from '../support/published.js';
import { certificateDesk, certified, disposed, expectNoPersonalData, POLICIES } from './certificate-desk.js';

describe('the certificate of a run', () => {
  afterEach(closeDesks);

  it('says what the database says: what went, from which tables, when and by whom', async () => {
    const { desk, plan, certificate } = await certified();
    const [row] = await desk.admin<Json>('select * from lethe.plan where id = $1', [plan]);
    const [block] = await desk.admin<Json>(
      'select number, hash from lethe.ledger_block order by number desc limit 1',
    );
    const left = await desk.admin<Json>(
      'select (select count(*) from shop.tickets)::int as tickets, (select count(*) from shop.messages)::int as messages, (select count(*) from shop.files)::int as files',
    );
    expect(left).to.deep.equal([{ tickets: 3, messages: 6, files: 3 }]);
    expect(certificate.records).to.deep.equal({ planned: 11, deleted: 11, keptAtPlan: 3, keptInRun: 0 });
    expect(certificate.tables).to.have.deep.members([
      { table: 'tickets', planned: 11, deleted: 11 },
      { table: 'messages', planned: 22, deleted: 22 },
      { table: 'files', planned: 11, deleted: 11 },
    ]);
    expect(certificate.plan).to.deep.include({
      id: plan,
      digest: row?.['digest'],
      itemDigest: row?.['item_digest'],
      asOf: AS_OF,
      cutoff: row?.['cutoff'],
    });
    expect(certificate.policy).to.deep.include({
      id: 'old-tickets',
      version: (row?.['policy_digests'] as Json)['old-tickets'],
      title: 'Old tickets: one year',
      ground: 'claims',
      cite: 'BGB 195',
    });
    expect(certificate.installation.map).to.deep.equal({ id: 'small', digest: desk.graph.digest });
    expect(new URL(desk.url).pathname).to.equal(`/${certificate.installation.database}`);
    expect(certificate.proof.blocks.at(-1)).to.deep.include({
      number: Number(block?.['number']),
      hash: block?.['hash'],
    });
  });

  it('names who planned, approved and applied by id, and by name from the directory alone', async () => {
    const { certificate } = await certified();
    const { plan, approvals, run, people } = certificate;
    const name = (id: string | undefined): string | null | undefined => people[id ?? ''];
    expect(name(plan.made.by)).to.equal(officer.name);
    expect(approvals).to.deep.include({ needed: 1, assurance: 'asserted' });
    expect(approvals.given.map(({ by, assurance }) => [name(by), assurance])).to.deep.equal([
      [approver.name, 'asserted'],
    ]);
    expect(run.by.map(name)).to.deep.equal([operator.name]);
  });

  it('names the publication it was planned by, the last one before the plan', async () => {
    const desk = await certificateDesk();
    await published(desk, POLICIES, '2020-01-01T00:00:00Z');
    const lethe = desk.engine(POLICIES);
    const plan = await disposed(lethe);
    const { policy } = await lethe.retention.certificate(plan);
    expect(policy.published).to.deep.include({
      at: '2020-01-01T00:00:00.000000Z',
      by: 'actor-publisher',
      initial: true,
      approved: [],
    });
  });

  it('counts what was kept by its cause, and names no record', async () => {
    const { certificate } = await certified();
    const kept = certificate.kept.map(({ found, why, kind, ground, policy, cite, records }) =>
      [found, why, kind, ground, policy, cite, records].join(' '),
    );
    expect(kept).to.have.members([
      'plan conflict     1',
      'plan protected floor statute must-keep HGB 257 1',
      'plan protected hold litigation   1',
    ]);
    expectNoPersonalData(JSON.stringify(certificate));
  });

  it('counts what the run met and left: changed, gone, or protected meanwhile', async () => {
    const desk = await certificateDesk();
    const engine = desk.engine(POLICIES);
    const plan = await approvedPlan(engine);
    await desk.admin(`update shop.tickets set closed_at = '2023-12-01' where id = 880005;
      delete from shop.files where id / 100 = 88000 and id / 10 = 880006; delete from shop.messages where ticket_id = 880006;
      delete from shop.tickets where id = 880006`);
    await engine.retention.apply(plan, operator);
    const { records, kept } = await engine.retention.certificate(plan);
    expect(records).to.deep.include({ planned: 12, deleted: 10, keptInRun: 2 });
    const inRun = kept.filter(({ found }) => found === 'run').map(({ why, records: count }) => [why, count]);
    expect(inRun).to.have.deep.members([
      ['changed', 1],
      ['gone', 1],
    ]);
  });

  it('counts rows written while their parents went, apart from the rows of the batches', async () => {
    const desk = await certificateDesk();
    const engine = desk.engine([rule()]);
    await desk.admin(`insert into shop.tickets select n, 'closed', '2021-06-01' from generate_series(1, 800) n;
      insert into shop.messages select n, n, '' from generate_series(1, 800) n`);
    const plan = await approvedPlan(engine);
    const stop = new AbortController();
    const progress = (): void => {
      stop.abort();
    };
    await refusal(
      engine.retention.apply(plan, operator, { progress, signal: stop.signal }),
      'run_incomplete',
    );
    await desk.admin(`insert into shop.files
      select 1, m.message_id, '' from (select 1 as message_id) m where not exists (select from shop.messages where id = 1)`);
    await refusal(engine.retention.certificate(plan), 'certificate_unfinished');
    await engine.retention.apply(plan, operator);
    const { lateRows, records } = await engine.retention.certificate(plan);
    expect({ lateRows, deleted: records.deleted }).to.deep.equal({ lateRows: 1, deleted: 814 });
  });

  it('is there for a finished run alone', async () => {
    const desk = await certificateDesk();
    const engine = desk.engine(POLICIES);
    await refusal(engine.retention.certificate('plan-none'), 'plan_unknown');
    const { id } = await engine.retention.plan('old-tickets', officer, AS_OF);
    await refusal(engine.retention.certificate(id), 'certificate_unfinished');
    await engine.retention.approve(id, approver);
    await refusal(engine.retention.certificate(id), 'certificate_unfinished');
    await desk.admin(`update lethe.plan set state = 'failed' where id = '${id}'`);
    await refusal(engine.retention.certificate(id), 'certificate_unfinished');
  });

  it('of a run that found nothing to delete says so', async () => {
    const engine = (await certificateDesk()).engine(POLICIES);
    const plan = await dispose(engine, 'old-tickets', '2021-01-01T00:00:00Z');
    const { records, tables, proof } = await engine.retention.certificate(plan);
    expect(records.deleted).to.equal(0);
    expect(tables).to.deep.equal([]);
    expect(proof.entries).to.equal(2);
  });

  it('waits for its seal: an entry that no block holds stops it', async () => {
    const { desk, engine, plan } = await certified();
    await desk.admin(`insert into lethe.ledger_entry (id, at, kind, body, digest)
      values ('slipped-in', now(), 'retention.batch', '{"about":{"plan":"${plan}"}}', '')`);
    const { message } = await refusal(engine.retention.certificate(plan), 'certificate_unsealed');
    expect(message).to.include('lethe worker --once');
  });

  it('knows a plan of an earlier Lethe, which could have no role and no slot, by what its digest covered then', () => {
    const then = {
      policy: 'old-tickets',
      map_digest: 'm',
      policy_digests: { 'old-tickets': 'p' },
      item_digest: 'i',
      as_of: '2024-01-01T00:00:00.000000Z' as Instant,
      cutoff: '2023-01-01T00:00:00.000000Z' as Instant,
      record: 'ticket',
      approvers: 1,
      assurance: 'asserted',
      created_by: 'actor-a',
    } as const;
    const now = { role: null, valid_for: 'P30D', slot: null };
    const stored = { ...then, ...now, digest: digestOf(then) };
    expect(isAsPlanned(stored)).to.equal(true);
    expect(isAsPlanned({ ...stored, digest: planDigest(stored) })).to.equal(true);
    for (const change of [
      { approvers: 0 },
      { role: 'operator' },
      { valid_for: 'P9Y' },
      { slot: then.as_of },
    ] as const)
      expect(isAsPlanned({ ...stored, ...change }), JSON.stringify(change)).to.equal(false);
  });

  it('is refused when the ledger and the tables do not say the same', async () => {
    const { desk, engine, plan, certificate } = await certified();
    const lies = [
      ['update lethe.chunk set taken = taken + 1', 'update lethe.chunk set taken = taken - 1'],
      [
        `update lethe.chunk set deleted = deleted || '{"files": 12}'`,
        `update lethe.chunk set deleted = deleted || '{"files": 11}'`,
      ],
      ["update lethe.chunk set state = 'open'", "update lethe.chunk set state = 'done'"],
      ['update lethe.plan set items = items + 5', 'update lethe.plan set items = items - 5'],
      [
        "update lethe.plan set cutoff = cutoff - interval '1 day'",
        "update lethe.plan set cutoff = cutoff + interval '1 day'",
      ],
    ] as const;
    for (const [lie, truth] of lies) {
      await desk.admin(lie);
      await refusal(engine.retention.certificate(plan), 'certificate_contradicted');
      await desk.admin(truth);
    }
    expect(await engine.retention.certificate(plan)).to.deep.equal(certificate);
  });

  it('is refused when a block or an entry was changed', async () => {
    const { desk, engine, plan } = await certified();
    await desk.admin(`alter table lethe.ledger_entry disable trigger all;
      update lethe.ledger_entry set body = replace(body, '"tickets":11', '"tickets":10') where kind = 'retention.batch'`);
    await refusal(engine.retention.certificate(plan), 'ledger_broken');
  });

  it('carries a digest that changes with every statement in it', async () => {
    const { certificate } = await certified();
    expect(isIntact(certificate)).to.be.true;
    const text = JSON.stringify(certificate);
    let flipped = 0;
    for (let at = 0; at < text.length; at += 7) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      const read = parsed(changed);
      if (read === null) continue;
      flipped += 1;
      expect(isIntact(read), changed.slice(at - 20, at + 20)).to.be.false;
    }
    expect(flipped).to.be.greaterThan(200);
  });

  it('is the same, digest and all, however often it is asked for', async () => {
    const { engine, plan, certificate } = await certified();
    await engine.ledger.seal();
    expect(await engine.retention.certificate(plan)).to.deep.equal(certificate);
  });
});

describe('checking a certificate', () => {
  afterEach(closeDesks);

  it('says where it says more than the database and the ledger', async () => {
    const { engine, plan, certificate } = await certified();
    const same = JSON.parse(JSON.stringify(certificate)) as Certificate;
    expect(await engine.retention.checkCertificate(plan, same)).to.deep.include({
      ok: true,
      differences: [],
    });
    const more = { ...same, records: { ...same.records, deleted: 12 }, tables: same.tables.slice(1) };
    const { ok, intact, differences } = await engine.retention.checkCertificate(plan, more);
    expect({ ok, intact }).to.deep.equal({ ok: false, intact: false });
    expect(differences).to.include('records.deleted').and.to.include('tables.2');
    for (const nonsense of [null, 1, 'x', [], {}])
      expect(await engine.retention.checkCertificate(plan, nonsense)).to.deep.include({ ok: false });
  });

  it('is not disturbed by a name that has been erased since', async () => {
    const { desk, engine, plan, certificate } = await certified();
    const { by } = certificate.plan.made;
    await desk.admin('update lethe.actor set name = null, name_key = null, erased_at = now() where id = $1', [
      by,
    ]);
    const now = await engine.retention.certificate(plan);
    expect(now.people[by]).to.equal(null);
    const checked = await engine.retention.checkCertificate(plan, certificate);
    expect(checked).to.deep.equal({
      ok: true,
      intact: true,
      differences: [],
      erased: [by],
      unreadableNow: false,
    });
  });
});

function parsed(text: string): Certificate | null {
  try {
    return JSON.parse(text) as Certificate;
  } catch {
    return null;
  }
}
