import { expect } from 'chai';
import { digestOf } from '../../src/core/digest.js';
import { textLines } from '../../src/documents/plain-text.js';
import type { Engine } from '../../src/engine.js';
import { appendEntry } from '../../src/ledger/append.js';
import { certificateDocument, certificateTemplate } from '../../src/retention/certificate-document.js';
import type { Certificate } from '../../src/retention/certificate-facts.js';
import { keyedDesk, type KeyedDesk } from '../disposal/keyed-desk.js';
import { closeDesks, dispose, refusal, TODAY } from '../support/small-desk.js';

const wordsOf = async (certificate: Certificate, language: string): Promise<string> => {
  const lines: string[] = [];
  for await (const line of textLines(certificateDocument(certificate, await certificateTemplate(language))))
    lines.push(line);
  return lines.join(' ').replace(/\s+/g, ' ');
};

async function issued(
  keyed: KeyedDesk,
  policy = 'old-customers',
): Promise<{ plan: string; certificate: Certificate }> {
  const plan = await dispose(keyed.engine, policy);
  return { plan, certificate: await keyed.engine.retention.certificate(plan) };
}

/** What the worker notes when the key of an epoch was removed from its place. */
const retire = async ({ desk, vault, engine }: KeyedDesk): Promise<void> => {
  vault.living = [];
  await desk.db.transaction((tx) =>
    appendEntry(tx, {
      kind: 'epoch.retired',
      at: TODAY.now(),
      actor: 'actor-1',
      about: { epoch: 'epoch-1' },
    }),
  );
  await engine.ledger.seal();
};

/** Somebody changes a certificate, and its digest with it. */
const forged = (certificate: Certificate, change: object): object => {
  const changed = { ...certificate, destroyedKeys: { ...certificate.destroyedKeys, ...change } };
  const facts = Object.fromEntries(Object.entries(changed).filter(([name]) => name !== 'digest'));
  return { ...facts, digest: digestOf(facts) };
};

const differences = async (engine: Engine, plan: string, shown: object): Promise<readonly string[]> =>
  (await engine.retention.checkCertificate(plan, shown)).differences;

describe('a certificate of a run that destroyed keys', () => {
  afterEach(closeDesks);

  it('says how many, since when, until when copies of the vault can be read, and what stays', async () => {
    const { certificate } = await issued(await keyedDesk());
    expect(certificate.destroyedKeys).to.deep.equal({
      people: 3,
      tickets: 0,
      first: TODAY.now(),
      last: TODAY.now(),
      providers: ['local'],
      vaultCopies: {
        notBefore: '2024-02-06T00:00:00.000000Z',
        expected: '2024-02-13T00:00:00.000000Z',
        readable: true,
        unreadableSince: null,
      },
      textsKept: 6,
    });
    expect(certificate.limits.map(({ code }) => code)).to.include.members([
      'vault-copies',
      'copied-epochs',
      'texts-kept',
    ]);
    expect(certificate.limits.map(({ code }) => code)).not.to.include('kms-deletion');
  });

  it('says the same in words, in English and German, without a word that is missing', async () => {
    const { certificate } = await issued(await keyedDesk());
    const english = await wordsOf(certificate, 'en');
    expect(english).to.include('unreadable from then on, also in every backup of the ticket database');
    expect(english).to.include('not before 6 February 2024').and.to.include('13 February 2024');
    expect(english).to.include('6 messages by these persons in tickets that are kept');
    expect(english).not.to.include('AWS');
    expect(await wordsOf(certificate, 'de')).to.include('auch in jeder Sicherung der Ticket-Datenbank');
  });

  it('with AWS KMS it says that a KMS key takes 7 to 30 days to be deleted', async () => {
    const keyed = await keyedDesk();
    keyed.vault.provider = 'aws-kms';
    const engine = keyed.another(keyed.vault);
    const { certificate } = await issued({ ...keyed, engine });
    expect(certificate.destroyedKeys?.providers).to.deep.equal(['aws-kms']);
    for (const language of ['en', 'de'])
      expect(await wordsOf(certificate, language))
        .to.match(/7 (to|bis) 30/)
        .and.to.include('ScheduleKeyDeletion');
  });

  it('once the epoch key is removed it says since when; one from before is still good, and a forged one is not', async () => {
    const keyed = await keyedDesk();
    const { plan, certificate } = await issued(keyed);
    const early = forged(certificate, {
      vaultCopies: {
        ...certificate.destroyedKeys?.vaultCopies,
        readable: false,
        unreadableSince: TODAY.now(),
      },
    });
    expect(await differences(keyed.engine, plan, early)).to.deep.equal([
      'destroyedKeys.vaultCopies.readable',
      'destroyedKeys.vaultCopies.unreadableSince',
    ]);
    await retire(keyed);
    const now = await keyed.engine.retention.certificate(plan);
    expect(now.destroyedKeys?.vaultCopies).to.include({ readable: false, unreadableSince: TODAY.now() });
    expect(await wordsOf(now, 'en')).to.include('cannot be read any more either');
    expect(await keyed.engine.retention.checkCertificate(plan, certificate)).to.include({
      ok: true,
      unreadableNow: true,
    });
    expect(
      await differences(
        keyed.engine,
        plan,
        forged(now, { vaultCopies: certificate.destroyedKeys?.vaultCopies }),
      ),
    ).to.deep.equal([]);
  });

  it('what somebody changes in it is a difference', async () => {
    const keyed = await keyedDesk();
    const { plan, certificate } = await issued(keyed);
    for (const change of [{ people: 4 }, { textsKept: 0 }, { last: '2023-01-01T00:00:00.000000Z' }])
      expect(await differences(keyed.engine, plan, forged(certificate, change))).to.deep.equal([
        `destroyedKeys.${Object.keys(change)[0] ?? ''}`,
      ]);
  });

  it('is refused when ledger and tables tell of different numbers, or keys are back', async () => {
    const keyed = await keyedDesk();
    const { plan } = await issued(keyed);
    await keyed.desk.admin(`update lethe.data_key set back_at = now() where plan_id = $1`, [plan]);
    await refusal(keyed.engine.retention.certificate(plan), 'keys_pending');
    await keyed.desk.admin(
      `update lethe.data_key set back_at = null, plan_id = nullif(plan_id, case key when '1' then plan_id end)`,
    );
    const error = await refusal(keyed.engine.retention.certificate(plan), 'certificate_contradicted');
    expect(error.message).to.include('3 and 2 of persons');
  });
});
