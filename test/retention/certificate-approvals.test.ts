import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import { pdfBytes } from '../../src/documents/pdf.js';
import { textLines } from '../../src/documents/plain-text.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { certificateDocument, certificateTemplate } from '../../src/retention/certificate-document.js';
import type { Certificate } from '../../src/retention/certificate-facts.js';
import { textOf } from '../documents/pdf-tools.js';
import {
  AS_OF,
  approver,
  closeDesks,
  dispose,
  officer,
  operator,
  policiesOf,
  refusal,
  rule,
  TODAY,
  type Json,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';
import { certificateDesk, certified } from './certificate-desk.js';

/** A plan made for a slot is as of the slot. */
const SLOT = '2024-01-02T00:00:00.000000Z' as Instant;

const scheduled = (upTo: number): Json =>
  rule({
    title: 'Old tickets',
    schedule: { cron: '0 3 * * *', timeZone: 'UTC', withoutApproval: { upTo } },
  });

async function words(certificate: Certificate, language: string): Promise<string> {
  const lines: string[] = [];
  const document = certificateDocument(certificate, await certificateTemplate(language));
  for await (const line of textLines(document)) lines.push(line);
  return lines.join(' ').replace(/\s+/g, ' ');
}

describe('approvals in the certificate', () => {
  afterEach(closeDesks);

  it('who approved stands there with assurance, roles and end, from the sealed entries', async () => {
    const { desk, plan, certificate } = await certified();
    expect(certificate.approvals).to.deep.include({ needed: 1, role: null, without: null });
    const [given, ...more] = certificate.approvals.given;
    expect(more).to.deep.equal([]);
    expect(given).to.deep.include({
      assurance: 'asserted',
      roles: ['policy-owner', 'data-protection-officer', 'operator'],
      at: '2024-01-02T00:00:00.000000Z',
      until: '2024-02-01T00:00:00.000000Z',
    });
    await desk.admin("update lethe.approval set roles = '{}', expires_at = '2031-01-01'");
    const again = await desk.engine([rule()]).retention.certificate(plan);
    expect(again.approvals).to.deep.equal(certificate.approvals);
  });

  it('the role that the policy asks for, and the one a person has, are there in words', async () => {
    const desk = await certificateDesk();
    const policies = [
      rule({
        approval: { approvers: 1, assurance: 'asserted', role: 'data-protection-officer', validFor: 'P2W' },
      }),
    ];
    const engine: Engine = engineOver({
      db: desk.db,
      graph: desk.graph,
      clock: TODAY,
      vault: vaultOf(desk.url),
      policiesInForce: () => Promise.resolve(policiesOf(desk.graph, policies)),
      actors: { officer: ['operator'], approver: ['data-protection-officer'], operator: ['operator'] },
    });
    const certificate = await engine.retention.certificate(await dispose(engine));
    expect(certificate.approvals.given[0]?.roles).to.deep.equal(['data-protection-officer']);
    expect(await words(certificate, 'en'))
      .to.include('given with the role data protection officer')
      .and.match(/asserted, data .*protection .*officer/)
      .and.not.match(/any role/i);
    expect(await words(certificate, 'de'))
      .to.include('mit der Rolle Datenschutz.')
      .and.match(/angegeben, .*Datenschutz /)
      .and.not.match(/jede rolle/i);
    expect(certificate.approvals.given[0]?.until).to.equal('2024-01-16T00:00:00.000000Z');
    expect(await words(certificate, 'en')).to.include('16 January 2024');
    expect(await words(certificate, 'de')).to.include('16. Januar 2024');
  });

  it('a scheduled run without an approval of its own says so, and which plan was approved before', async function () {
    const desk = await certificateDesk();
    const engine = desk.engine([scheduled(3)]);
    const first = await dispose(engine);
    await desk.admin(
      "insert into shop.tickets (id, closed_at) values (880101, '2021-06-01'), (880102, '2021-06-01')",
    );
    const { id, approvers } = await engine.retention.planSlot('old-tickets', SLOT, officer);
    expect(approvers).to.equal(0);
    await engine.retention.apply(id, operator);
    const certificate = await engine.retention.certificate(id);
    expect(certificate.approvals).to.deep.include({
      needed: 0,
      given: [],
      without: { slot: SLOT, upTo: 3, earlier: { plan: first, at: '2024-01-02T00:00:00.000000Z' } },
    });
    const english = await words(certificate, 'en');
    expect(english)
      .to.include('No approval of its own: the schedule of the policy planned this run for')
      .and.include('at most 3 records')
      .and.include('planned for 2.')
      .and.include(first)
      .and.not.include('The policy asks for');
    expect(await words(certificate, 'de'))
      .to.include('Keine eigene Freigabe: Der Zeitplan der Regel plante diesen Lauf für')
      .and.include('höchstens 3 Datensätzen')
      .and.include(first)
      .and.not.include('Die Regel verlangt');
    const check = await engine.retention.checkCertificate(id, certificate);
    expect(check).to.deep.include({ ok: true, differences: [] });
    for (const language of ['en', 'de']) {
      const document = certificateDocument(certificate, await certificateTemplate(language));
      const printed = textOf(this, await pdfBytes(document)).replace(/\s+/g, '');
      expect(printed).to.include(language === 'en' ? 'Noapprovalofitsown' : 'KeineeigeneFreigabe');
    }
  });

  it('a scheduled run that took nothing says that nobody was asked', async () => {
    const desk = await certificateDesk();
    await desk.admin('delete from shop.files; delete from shop.messages; delete from shop.tickets');
    const engine = desk.engine([scheduled(3)]);
    const { id } = await engine.retention.planSlot('old-tickets', SLOT, officer);
    await engine.retention.apply(id, operator);
    const certificate = await engine.retention.certificate(id);
    expect(await words(certificate, 'en')).to.include('It took nothing, so nobody was asked');
    expect(await words(certificate, 'de')).to.include('Es gab nichts zu löschen');
  });

  it('a run of which the ledger knows fewer approvals than the plan needs has none', async () => {
    const desk = await certificateDesk();
    const engine = desk.engine([rule()]);
    const { id } = await engine.retention.plan('old-tickets', officer, AS_OF);
    // an approval that nobody gave: in the table, and not in the ledger
    await engine.retention.plan('old-tickets', approver, AS_OF);
    await desk.admin(`insert into lethe.approval (plan_id, actor_id, assurance, plan_digest, roles, expires_at)
      select p.id, a.id, 'asserted', p.digest, '{policy-owner}', '2030-01-01' from lethe.plan p, lethe.actor a
      where p.id = '${id}' and a.name = 'approver'`);
    await engine.retention.apply(id, operator);
    const error = await refusal(engine.retention.certificate(id), 'certificate_contradicted');
    expect(error.message).to.include('0 approvals in the ledger of 1 needed');
  });
});
