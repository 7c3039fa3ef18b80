import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import type { Policy } from '../../src/policy/policy.js';
import { factsOfNotice, type NoticeFacts } from '../../src/transparency/privacy-notice.js';
import { factsOfRecord, type RecordFacts } from '../../src/transparency/processing-record.js';
import type { Source } from '../../src/transparency/source.js';
import { leavesOf, nativeSource, without, withEntry, wordsOf } from './shipped.js';

const notice = (source: Source): NoticeFacts =>
  factsOfNotice(source, { channel: 'phone', language: 'de' }, wordsOf('de'));
const record = (source: Source): RecordFacts => factsOfRecord(source, 'de', wordsOf('de'));

/** The refusal of what is made from the source; null where it is made. */
function refusalOf(make: (source: Source) => unknown, source: Source): LetheError | null {
  try {
    make(source);
    return null;
  } catch (error) {
    if (error instanceof LetheError) return error;
    throw error;
  }
}

const entryOf = ({ policies }: Source, id: string): unknown =>
  (Object.values(policies).flat() as readonly Policy[]).find((policy) => policy.id === id)?.entry;

/** Fields a document needs: the policy, the field, and the item of the law. */
type Needed = readonly (readonly [policy: string, field: string, article: string])[];

const PARTIES = (controller: string, officer: string): Needed => [
  ['example-desk', 'controller', controller],
  ['example-desk', 'controller.name', controller],
  ['example-desk', 'controller.address', controller],
  ['example-desk', 'controller.country', controller],
  ['example-desk', 'dataProtectionOfficer', officer],
  ['example-desk', 'dataProtectionOfficer.name', officer],
  ['example-desk', 'dataProtectionOfficer.address', officer],
  ['example-desk', 'dataProtectionOfficer.email', officer],
];

const FOR_NOTICE: Needed = [
  ...PARTIES('Art. 13(1)(a)', 'Art. 13(1)(b)'),
  ['support', 'says.de', 'Art. 13(1)(c)'],
  ['support', 'purposes', 'Art. 13(1)(c)'],
  ['support', 'purposes[0].purpose', 'Art. 13(1)(c)'],
  ['support', 'purposes[0].basis', 'Art. 13(1)(c)'],
  ['support', 'purposes[0].says', 'Art. 13(1)(c)'],
  ['support', 'purposes[0].says.de', 'Art. 13(1)(c)'],
  ['billing', 'purposes[1].law', 'Art. 13(1)(c)'],
  ['security', 'purposes[0].interest', 'Art. 13(1)(d)'],
  ['security', 'purposes[0].interest.de', 'Art. 13(1)(d)'],
  ['support', 'recipients', 'Art. 13(1)(e)'],
  ['support', 'recipients[0].name', 'Art. 13(1)(e)'],
  ['support', 'recipients[0].role', 'Art. 13(1)(e)'],
  ['support', 'recipients[0].country', 'Art. 13(1)(e)'],
  ['support', 'recipients[0].says.de', 'Art. 13(1)(e)'],
  ['support', 'transfers', 'Art. 13(1)(f)'],
  ['resolved-tickets', 'says.de', 'Art. 13(2)(a)'],
  ['resolved-tickets', 'keep.says.de', 'Art. 13(2)(a)'],
  ['call-recordings', 'says', 'Art. 13(2)(a)'],
  ['consent-call-recording', 'validFor', 'Art. 13(2)(a)'],
  ['consent-call-recording', 'withdrawal', 'Art. 13(2)(c)'],
  ['consent-call-recording', 'withdrawal.de', 'Art. 13(2)(c)'],
  ['example-desk', 'authority', 'Art. 13(2)(d)'],
  ['example-desk', 'authority.name', 'Art. 13(2)(d)'],
  ['example-desk', 'authority.address', 'Art. 13(2)(d)'],
  ['support', 'obligation', 'Art. 13(2)(e)'],
  ['support', 'obligation.is', 'Art. 13(2)(e)'],
  ['support', 'obligation.says.de', 'Art. 13(2)(e)'],
  ['support', 'automatedDecision', 'Art. 13(2)(f)'],
  ['support', 'categories', 'Art. 14(1)(d)'],
  ['support', 'subjects', 'Art. 14(1)(d)'],
  ['support', 'sources', 'Art. 14(2)(f)'],
  ['support', 'sources[0].from', 'Art. 14(2)(f)'],
  ['support', 'sources[1].says.de', 'Art. 14(2)(f)'],
];

const FOR_RECORD: Needed = [
  ...PARTIES('Art. 30(1)(a)', 'Art. 30(1)(a)'),
  ['support', 'says.de', 'Art. 30(1)(b)'],
  ['support', 'purposes', 'Art. 30(1)(b)'],
  ['support', 'purposes[0].purpose', 'Art. 30(1)(b)'],
  ['support', 'purposes[0].says.de', 'Art. 30(1)(b)'],
  ['staff-accounts', 'subjects', 'Art. 30(1)(c)'],
  ['staff-accounts', 'categories', 'Art. 30(1)(c)'],
  ['marketing', 'recipients', 'Art. 30(1)(d)'],
  ['marketing', 'recipients[0].says.de', 'Art. 30(1)(d)'],
  ['marketing', 'transfers', 'Art. 30(1)(e)'],
  ['support', 'measures', 'Art. 30(1)(g)'],
];

describe('a document that an article of the law asks for', () => {
  for (const [name, make, needed] of [
    ['privacy notice', notice, FOR_NOTICE],
    ['processing record', record, FOR_RECORD],
  ] as const)
    for (const [id, field, article] of needed)
      it(`${name}: without ${field} of ${id} it is refused, and the refusal names both and ${article}`, async () => {
        const source = await nativeSource();
        const changed = withEntry(source, id, without(entryOf(source, id), field));
        const refused = refusalOf(make, changed);
        expect(refused?.code).to.equal('document_incomplete');
        expect(refused?.details['document']).to.equal(`the ${name}`);
        const found = refused?.findings.find(
          (one) => one.file === id && `${one.path}.`.startsWith(`${field}.`),
        );
        expect(found, refused?.message).not.to.equal(undefined);
        expect(found?.message).to.include(`(GDPR ${article})`);
      });

  it('any one text taken away is refused by its name, or leaves no hole behind', async () => {
    const source = await nativeSource();
    const bases = ['example-desk', 'security', 'billing', 'call-recording', 'consent-call-recording'];
    let [refused, made] = [0, 0];
    for (const id of bases)
      for (const field of leavesOf(entryOf(source, id)).filter((one) => !/\.(fr|es|it)$/.test(one))) {
        const changed = withEntry(source, id, without(entryOf(source, id), field));
        const refusal = refusalOf(notice, changed);
        if (refusal) {
          refused += 1;
          expect(refusal.code, `${id} ${field}`).to.equal('document_incomplete');
          expect(refusal.message, `${id} ${field}`).to.match(
            new RegExp(`^(${id}|reports/words/de.json): |no consent policy in force`, 'm'),
          );
        } else {
          made += 1;
          expect(hollow(notice(changed)), `${id} ${field}`).to.deep.equal([]);
        }
      }
    expect(refused).to.be.greaterThan(40);
    expect(made, 'another language, and what is optional').to.be.greaterThan(40);
  });

  it('everything that is missing is told at once', async () => {
    const source = await nativeSource();
    const entry = without(without(entryOf(source, 'support'), 'says.de'), 'obligation');
    const refused = refusalOf(notice, withEntry(source, 'support', entry));
    expect(refused?.findings.map(({ path }) => path)).to.have.members([
      'says.de',
      'obligation.is',
      'obligation.says.de',
    ]);
  });

  it('a controller without any way to be reached is refused; one way is enough', async () => {
    const source = await nativeSource();
    const fewer = without(entryOf(source, 'example-desk'), 'controller.email');
    expect(refusalOf(notice, withEntry(source, 'example-desk', fewer))).to.equal(null);
    const none = withEntry(source, 'example-desk', without(fewer, 'controller.url'));
    expect(refusalOf(notice, none)?.message).to.include('example-desk: controller.email: is missing');
  });

  it('a recipient outside the European Economic Area needs a transfer with a safeguard', async () => {
    const source = await nativeSource();
    const entry = structuredClone(entryOf(source, 'support')) as {
      recipients: { country: string }[];
      transfers: unknown[];
    };
    for (const recipient of entry.recipients) recipient.country = 'US';
    const refused = refusalOf(notice, withEntry(source, 'support', entry));
    expect(refused?.message).to.include(
      'support: transfers: does not say on which safeguard "hosting" gets data in US',
    );
    const says = { de: 'Eine Kopie der Klauseln schicken wir auf Anfrage.' };
    entry.transfers.push({ recipient: 'hosting', country: 'US', safeguard: 'standard-clauses', says });
    const [told] = notice(withEntry(source, 'support', entry)).activities.flatMap(
      ({ transfers }) => transfers,
    );
    expect(told?.country).to.equal('Vereinigte Staaten');
    expect(told?.safeguard).to.include('Standarddatenschutzklauseln');
  });

  it('data that no rule ends, a purpose that nobody can withdraw from, and no organisation at all are refused', async () => {
    const { policies, ...rest } = await nativeSource();
    const endless = {
      ...rest,
      policies: {
        ...policies,
        retention: policies.retention.filter(({ id }) => id !== 'inactive-customers'),
      },
    };
    expect(refusalOf(notice, endless)?.message).to.match(
      /support: categories\[\d\]: no retention policy in force says how long "user.name"/,
    );
    expect(refusalOf(notice, { ...rest, policies: { ...policies, consent: [] } })?.message).to.include(
      'marketing: purposes[0].basis: is consent, and no consent policy in force says how',
    );
    const nobodys = { ...rest, policies: { ...policies, organisation: [] } };
    expect(refusalOf(notice, nobodys)?.message).to.include(
      'organisation: no policy of this kind is in force',
    );
    expect(refusalOf(record, nobodys)?.message).to.include('(GDPR Art. 30(1)(a))');
  });
});

/** Texts of the facts that are empty, or a hole that was put into words. */
function hollow(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'string') return value === '' || /undefined|NaN|\[object/.test(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return value === undefined ? [path] : [];
  return Object.entries(value).flatMap(([key, one]) => hollow(one, `${path}.${key}`));
}
