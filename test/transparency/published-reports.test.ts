import { expect } from 'chai';
import type { NoticeFacts } from '../../src/transparency/privacy-notice.js';
import { activity, organisation, PERSONAL_MAP } from '../publication/kinds.js';
import {
  closePublishingDesks,
  dpo,
  owner,
  publishingDesk,
  years,
  type PublishingDesk,
} from '../publication/publishing-desk.js';
import { refusal, type Json } from '../support/small-desk.js';

const NOTICE = { channel: 'web', language: 'en' } as const;

const reachable = organisation({
  controller: { name: 'Desk GmbH', address: 'Weg 1, Berlin', country: 'DE', email: 'desk@example.com' },
  authority: { name: 'Authority', address: 'Platz 2, Berlin', country: 'DE', phone: '+49 30 23125 100' },
});

/** The rule of the tests, in words. */
const told = (number: number): Json => {
  const keep = {
    for: `P${number}Y`,
    from: 'closedAt',
    timeZone: 'UTC',
    says: { en: 'the ticket was closed' },
  };
  return years(number, { says: { en: 'Closed tickets' }, keep });
};

/** What the three documents say of the period, each as text, as of a day or now. */
async function said({ lethe }: PublishingDesk, asOf?: string): Promise<readonly string[]> {
  const wish = { format: 'text', language: 'en', ...(asOf === undefined ? {} : { asOf }) } as const;
  const { reports } = lethe;
  const all = [
    await reports.privacyNotice({ ...NOTICE, ...wish }),
    await reports.processingRecord(wish),
    await reports.retentionSchedule(wish),
  ];
  return all.map(({ content }) => {
    const found = [
      ...content
        .toString()
        .replace(/\s+/g, ' ')
        .matchAll(/(\w+) years? after (?:the )?/g),
    ];
    return [...new Set(found.map(([, number]) => number))].join(' ');
  });
}

describe('reports of published policies', () => {
  let desk: PublishingDesk;
  beforeEach(async () => {
    desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(reachable, activity(), told(3));
  });
  afterEach(closePublishingDesks);

  it('three years become two in notice, record and schedule from one version on; as of yesterday they still say three', async () => {
    expect(await said(desk)).to.deep.equal(['three', 'three', 'three']);
    desk.turnTo('2024-02-01');
    await desk.publish(told(2));
    const [published] = await desk.lethe.policies.waiting();
    await desk.lethe.policies.approve(published?.id ?? '', dpo);
    expect(await said(desk), 'the version waits').to.deep.equal(['three', 'three', 'three']);
    desk.turnTo('2024-02-10');
    expect(await said(desk)).to.deep.equal(['two', 'two', 'two']);
    expect(await said(desk, '2024-02-07')).to.deep.equal(['three', 'three', 'three']);
    expect(await said(desk, '2024-02-10T00:00:00Z')).to.deep.equal(['two', 'two', 'two']);
  });

  it('a report of a day before anything was published is refused, or says that nothing is in force', async () => {
    await refusal(desk.lethe.reports.privacyNotice({ ...NOTICE, asOf: '2023-01-01' }), 'document_incomplete');
    const schedule = await desk.lethe.reports.retentionSchedule({ asOf: '2023-01-01', format: 'text' });
    expect(schedule.content.toString()).to.include('NO RULE is in force');
  });

  it('the digest of a notice changes with what it says, and not with the day', async () => {
    const first = await desk.lethe.reports.noticeVersion(NOTICE);
    desk.turnTo('2024-03-01');
    expect(await desk.lethe.reports.noticeVersion(NOTICE)).to.equal(first);
    await desk.publish(activity({ measures: ['locked doors', 'and windows'] }));
    expect(await desk.lethe.reports.noticeVersion(NOTICE), 'measures are in no notice').to.equal(first);
    await desk.publish({ ...told(3), says: { en: 'Tickets' } });
    expect(await desk.lethe.reports.noticeVersion(NOTICE)).not.to.equal(first);
    expect(await desk.lethe.reports.noticeVersion({ ...NOTICE, asOf: '2024-02-28' })).to.equal(first);
  });

  it('a notice that was shown can be shown again, word for word, after the policies have changed', async () => {
    const { reports } = desk.lethe;
    const shown = await reports.showNotice({ ...NOTICE, format: 'text' }, owner);
    await reports.showNotice(NOTICE, dpo);
    await desk.publish({ ...told(3), says: { en: 'Other words' } });
    const again = (await reports.shownNotice(shown.digest, 'text')).toString();
    expect(again).to.include('Closed tickets').and.not.to.include('Other words');
    expect(shown.content.toString().startsWith(again.slice(0, again.lastIndexOf('\n\n--')))).to.equal(true);
    const rows = await desk.admin<{ kind: string }>(
      `select kind from lethe.version where name = 'privacy-notice'`,
    );
    expect(rows).to.deep.equal([{ kind: 'notice' }]);
    await refusal(reports.shownNotice('0'.repeat(64), 'html'), 'notice_unknown');
    const [rule] = (await desk.lethe.policies.inForce()).retention;
    await refusal(reports.shownNotice(rule?.digest ?? '', 'html'), 'notice_unknown');
  });

  it('the notice rests on the versions in force, named by their digests', async () => {
    const { facts } = await desk.lethe.reports.privacyNotice(NOTICE);
    const { retention, activity: activities, organisation: parties } = await desk.lethe.policies.inForce();
    const digests = [...parties, ...activities, ...retention].map(({ digest }) => digest);
    expect((facts as NoticeFacts).restsOn.map(({ digest }) => digest)).to.have.members(digests);
  });
});
