import { expect } from 'chai';
import type { Database } from '../../src/db/database.js';
import { byKind } from '../../src/policy/policy.js';
import { LANGUAGES } from '../../src/policy/languages.js';
import { isInEea } from '../../src/transparency/eea.js';
import { CHANNELS } from '../../src/transparency/privacy-notice.js';
import { REPORT_FORMATS } from '../../src/transparency/report-format.js';
import { reportsOver, type Reports } from '../../src/transparency/reports.js';
import { rightsOf } from '../../src/transparency/rights.js';
import type { RecordFacts } from '../../src/transparency/processing-record.js';
import type { ScheduleFacts } from '../../src/transparency/retention-schedule.js';
import type { NoticeFacts } from '../../src/transparency/privacy-notice.js';
import type { Source } from '../../src/transparency/source.js';
import { refusal } from '../support/small-desk.js';
import { nativeSource, NOW } from './shipped.js';

/** Reports of a source, at whatever instant; nothing here asks a database. */
const reportsOf = ({ policies, graph }: Source): Reports =>
  reportsOver({
    db: {} as Database,
    graph,
    clock: { now: () => NOW },
    policies: () => Promise.resolve(policies),
  });

describe('the reports', () => {
  let source: Source;
  let reports: Reports;
  before(async () => {
    source = await nativeSource();
    reports = reportsOf(source);
  });

  it('the notice is there for each channel in each language, with the words of its own', async () => {
    const seen = new Set<string>();
    for (const channel of CHANNELS)
      for (const language of LANGUAGES) {
        const { content, document, digest } = await reports.privacyNotice({
          channel,
          language,
          format: 'text',
        });
        expect(document.language).to.equal(language);
        expect(content.toString(), `${channel} ${language}`).not.to.match(/undefined|\[object|\{\{|\{%/);
        seen.add(digest);
      }
    expect(seen.size).to.equal(CHANNELS.length * LANGUAGES.length);
  });

  it('the notice says the period in words, from the policy in force', async () => {
    const { content } = await reports.privacyNotice({ channel: 'e-mail', language: 'de', format: 'html' });
    expect(content.toString()).to.include(
      'drei Jahre ab dem Ende des Jahres, in dem das Ticket geschlossen wurde',
    );
  });

  it('recording is told to those who call, and to nobody else; accounts of the staff to none of them', async () => {
    const told = async (channel: (typeof CHANNELS)[number]): Promise<readonly string[]> => {
      const { facts } = await reports.privacyNotice({ channel, language: 'en' });
      return (facts as NoticeFacts).activities.map(({ id }) => id);
    };
    expect(await told('phone')).to.include('call-recording');
    expect(await told('web')).not.to.include('call-recording');
    for (const channel of CHANNELS) expect(await told(channel)).not.to.include('staff-accounts');
  });

  it('equal input gives equal bytes in every form, and every instant its own PDF of one and the same text', async () => {
    for (const format of REPORT_FORMATS) {
      const wish = { channel: 'chat', language: 'fr', format } as const;
      const [first, second] = [await reports.privacyNotice(wish), await reports.privacyNotice(wish)];
      expect(first.content.equals(second.content), format).to.equal(true);
    }
    const wish = { channel: 'chat', language: 'fr', format: 'pdf' } as const;
    const [now, later] = [
      await reports.privacyNotice(wish),
      await reports.privacyNotice({ ...wish, asOf: '2027-01-01' }),
    ];
    expect(later.digest).to.equal(now.digest);
    expect(later.content.equals(now.content)).to.equal(false);
  });

  it('every report says as of when, and by which versions', async () => {
    for (const name of ['processingRecord', 'retentionSchedule'] as const) {
      const { content, facts, map } = await reports[name]({ format: 'text', language: 'en' });
      const text = content.toString().replace(/\s+/g, ' ');
      expect(text).to.include('21 November 2026, 10:00:00 UTC').and.to.include(map.digest.slice(0, 20));
      for (const { id, digest } of facts.restsOn)
        expect(text).to.include(id).and.to.include(digest.slice(0, 12));
      expect(facts.restsOn.map(({ id }) => id)).to.include('resolved-tickets');
    }
  });

  it('the record has who has access, how long, and where: from the other policies and the map', async () => {
    const { facts } = await reports.processingRecord({ language: 'en' });
    const support = (facts as RecordFacts).activities.find(({ id }) => id === 'support');
    expect(support?.stored.find(({ table }) => table === 'desk.customers')?.columns).to.include('email');
    expect(support?.access.flatMap(({ roles }) => roles)).to.include('agents');
    expect(support?.rules.map(({ id }) => id))
      .to.include('resolved-tickets')
      .and.not.to.include('billing-tickets');
    const nobody = reportsOf({ ...source, policies: { ...source.policies, access: [] } });
    expect((await nobody.processingRecord({ language: 'en', format: 'text' })).content.toString()).to.include(
      'no access policy in force',
    );
  });

  it('what no rule ends is said loudly in record and schedule, and is no secret of the notice either', async () => {
    const { policies } = source;
    const retention = policies.retention.filter(({ id }) => id !== 'inactive-customers');
    const endless = reportsOf({ ...source, policies: { ...policies, retention } });
    for (const name of ['processingRecord', 'retentionSchedule'] as const) {
      const { content } = await endless[name]({ format: 'text', language: 'en' });
      expect(content.toString()).to.include('NO RULE');
    }
    const code = 'document_incomplete';
    await refusal(endless.privacyNotice({ channel: 'web', language: 'en' }), code);
    const { facts } = await endless.retentionSchedule();
    const support = (facts as ScheduleFacts).activities.find(({ id }) => id === 'support');
    const named = support?.kept.find(({ category }) => category === 'user.name');
    expect([named?.longest, named?.endless.map(({ table }) => table)]).to.deep.equal([
      null,
      ['desk.customers'],
    ]);
    expect(
      (
        await reportsOf({ ...source, policies: byKind([]) }).retentionSchedule({ format: 'text' })
      ).content.toString(),
    )
      .to.include('NO RULE is in force')
      .and.to.include('No activity is in force');
  });

  it('the longest rule of a category is its own activity’s, the duty to keep included', async () => {
    const { facts } = await reports.retentionSchedule({ language: 'en' });
    const longest = (activity: string, category: string): string | undefined =>
      (facts as ScheduleFacts).activities
        .find(({ id }) => id === activity)
        ?.kept.find((one) => one.category === category)?.longest?.id;
    expect(longest('support', 'user.content.private')).to.equal('resolved-tickets');
    expect(longest('billing', 'user.content.private')).to.equal('billing-tickets');
    expect(longest('marketing', 'user.contact.email')).to.equal('inactive-customers');
    expect((facts as ScheduleFacts).floors.map(({ id }) => id)).to.deep.equal(['commercial-letters']);
  });

  it('a language the organisation does not speak, a day that is none, a format nobody knows: refused by name', async () => {
    const [organisation] = source.policies.organisation;
    const speaking = reportsOf({
      ...source,
      policies: {
        ...source.policies,
        organisation: [{ ...organisation, entry: { ...organisation?.entry, languages: ['de'] } } as never],
      },
    });
    const wish = { channel: 'web', language: 'en' } as const;
    const spoken = await refusal(speaking.privacyNotice(wish), 'input_invalid');
    expect(spoken.message).to.equal('language: the organisation tells people in de, not in "en"');
    expect((await speaking.processingRecord()).language).to.equal('de');
    expect(
      (await refusal(reports.privacyNotice({ ...wish, asOf: 'yesterday' }), 'input_invalid')).message,
    ).to.include('"yesterday" is no instant');
    await refusal(reports.retentionSchedule({ format: 'docx' as never }), 'input_invalid');
    await refusal(reports.retentionSchedule({ language: 'it' }), 'input_invalid');
    await refusal(reports.privacyNotice({ ...wish, channel: 'fax' as never }), 'input_invalid');
    await refusal(reports.privacyNotice({ ...wish, language: '../en' as never }), 'input_invalid');
  });

  it('what an organisation calls itself stays text, whatever markup it holds', async () => {
    const [organisation] = source.policies.organisation;
    const name = '<img src=x onerror=1> | **Desk** & # `Co` {{ words }} Ü';
    const entry = { ...organisation?.entry, controller: { ...organisation?.entry.controller, name } };
    const odd = reportsOf({
      ...source,
      policies: { ...source.policies, organisation: [{ ...organisation, entry } as never] },
    });
    const html = (
      await odd.privacyNotice({ channel: 'web', language: 'en', format: 'html' })
    ).content.toString();
    expect(html)
      .to.include('&lt;img src=x onerror=1&gt; | **Desk** &amp; # `Co` {{ words }} Ü')
      .and.not.to.include('<img');
  });
});

describe('rights', () => {
  const aim = (basis: string, purpose = 'dpv:CustomerCare') =>
    rightsOf({ basis, purpose, says: {} } as never);

  it('go with the legal basis: portability, erasure, objection and withdrawal are not always there', () => {
    expect(aim('eu-gdpr:A6-1-a')).to.deep.equal(['A7-3', 'A15', 'A16', 'A17', 'A18', 'A20', 'A77']);
    expect(aim('eu-gdpr:A6-1-b-contract-performance')).to.deep.equal([
      'A15',
      'A16',
      'A17',
      'A18',
      'A20',
      'A77',
    ]);
    expect(aim('eu-gdpr:A6-1-c')).to.deep.equal(['A15', 'A16', 'A18', 'A77']);
    expect(aim('eu-gdpr:A6-1-e')).to.deep.equal(['A15', 'A16', 'A18', 'A21', 'A77']);
    expect(aim('eu-gdpr:A6-1-f')).to.deep.equal(['A15', 'A16', 'A17', 'A18', 'A21', 'A77']);
  });

  it('direct marketing can be objected to whatever it rests on', () => {
    expect(aim('eu-gdpr:A6-1-b', 'dpv:DirectMarketing')).to.include('A21');
    expect(aim('eu-gdpr:A6-1-b')).not.to.include('A21');
  });

  it('the European Economic Area has thirty members, and Switzerland and the United Kingdom are none', () => {
    expect(['DE', 'HR', 'IS', 'NO'].every(isInEea)).to.equal(true);
    expect(['CH', 'GB', 'US'].some(isInEea)).to.equal(false);
  });
});
