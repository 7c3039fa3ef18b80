import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { approvedPlan, closeDesks, hold, officer, operator, refusal } from '../support/small-desk.js';
import { access, activity, call, CARE_AIM } from './guarded-desk.js';
import { agent, PERMITTED, shipped, writingDesk, type WritingDesk } from './writing-desk.js';

const LATER = '2026-06-03T00:00:00.000000Z';
const RULES = [
  shipped('native/redacted-messages.json'),
  shipped('native/redacted-attachments.json'),
  shipped('native/old-attachments.json'),
];

async function disposeOf({ desk }: WritingDesk, policy: string, rules = RULES): Promise<void> {
  const engine = desk.engine(rules, fixedClock(parseInstant('2026-06-04T00:00:00Z') as Instant));
  await engine.retention.apply(await approvedPlan(engine, policy, LATER), operator);
}

const bodies = async ({ rows }: WritingDesk): Promise<readonly unknown[]> =>
  (await rows('select body from desk.messages order by id')).map(({ body }) => body);

describe('redacting at once', () => {
  let desk: WritingDesk;
  beforeEach(async () => {
    desk = await writingDesk();
  });
  afterEach(closeDesks);

  it('takes a message and its files out of every reading, and a plan disposes of it with what is told of it', async () => {
    await desk.tickets.redact(agent, { record: 'message/5', kind: 'card' });
    const { messages } = await desk.tickets.read(agent, 'ticket/77');
    expect(JSON.stringify(messages)).to.not.include('4111');
    await refusal(desk.tickets.redact(agent, { record: 'attachment/1', kind: 'other' }), 'access_denied');
    await refusal(desk.tickets.state(agent, { record: 'message/5', text: 'x' }), 'access_denied');
    await disposeOf(desk, 'redacted-messages');
    expect(await bodies(desk)).to.deep.equal(['Hello']);
    expect(await desk.rows('select id from desk.attachments')).to.deep.equal([]);
  });

  it('of an attachment takes that alone, whatever rule over old ones there is', async () => {
    await desk.tickets.redact(agent, { record: 'attachment/1', kind: 'identity-document' });
    await disposeOf(desk, 'redacted-attachments');
    expect(await desk.rows('select id from desk.attachments')).to.deep.equal([]);
    expect(await bodies(desk)).to.have.length(2);
  });

  it('what a hold covers is seen by nobody and deleted by nothing', async () => {
    await desk.tickets.redact(agent, { record: 'message/5', kind: 'card' });
    const engine = desk.desk.engine(RULES);
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/77' } }, officer);
    await disposeOf(desk, 'redacted-messages');
    expect(await bodies(desk)).to.include('My card is 4111 1111 1111 1111');
    expect(JSON.stringify(await desk.tickets.read(agent, 'ticket/77'))).to.not.include('4111');
  });

  it('can leave a copy with the card cut in its place, which says what it is a copy of', async () => {
    const { copy } = await desk.tickets.redact(agent, { record: 'message/5', kind: 'card', keepText: true });
    const [row] =
      await desk.rows(`select m.body, m.author, m.customer_id, m.sent_at, m.source, m.source_ref from desk.messages m
      where 'message/' || m.id = '${copy ?? ''}'`);
    expect(row).to.deep.equal({
      body: 'My card is •••• 1111',
      author: 'customer',
      customer_id: '3',
      sent_at: '2026-01-02T00:00:00.000000Z',
      source: 'copy',
      source_ref: 'message/5',
    });
    await refusal(
      desk.tickets.redact(agent, { record: 'message/6', kind: 'health', keepText: true }),
      'input_invalid',
    );
    expect(await desk.rows("select key from lethe.quarantine where key = '6'")).to.deep.equal([]);
    await disposeOf(desk, 'redacted-messages');
    expect(await bodies(desk)).to.deep.equal(['Hello', 'My card is •••• 1111']);
  });

  it('does not restart the retention of a settled ticket', async () => {
    const before = await desk.rows('select closed_at from desk.tickets where id = 78');
    await desk.tickets.redact(agent, { record: 'message/6', kind: 'other' });
    expect(await desk.rows('select closed_at from desk.tickets where id = 78')).to.deep.equal(before);
  });

  it('a flag narrows who reads a message, until somebody lifts it who may', async () => {
    const ground = 'eu-gdpr:A9-2-h';
    const wards = access('wards', {
      record: 'message',
      roles: ['ward'],
      may: ['read', 'redact'],
      categories: ['user'],
      specialGround: ground,
    });
    const tickets = access('wards-tickets', { roles: ['ward'], may: ['read'] });
    const files = [
      ...PERMITTED,
      wards,
      tickets,
      activity([{ ...CARE_AIM, specialGround: ground }], { id: 'ward' }),
    ];
    const special = await writingDesk(files);
    const seenBy = async (role: string): Promise<boolean> =>
      JSON.stringify(await special.tickets.read(call('agent/7', role), 'ticket/78')).includes('Hello');
    expect(await special.tickets.flagSensitive(agent, { message: 'message/6' })).to.include({
      flagged: true,
    });
    expect([await seenBy('agent'), await seenBy('ward')]).to.deep.equal([false, true]);
    await refusal(special.tickets.liftSensitive(agent, { message: 'message/6' }), 'access_denied');
    const ward = call('agent/7', 'ward');
    expect(await special.tickets.liftSensitive(ward, { message: 'message/6' })).to.include({ lifted: true });
    expect([await seenBy('agent'), await seenBy('ward')]).to.deep.equal([true, true]);
  });
});

describe('what is told of a ticket', () => {
  afterEach(closeDesks);

  it('goes with it: statements, notices and forwardings, and its provenance is in its rows', async () => {
    const desk = await writingDesk();
    const { tickets } = desk;
    const { ticket, message } = await tickets.open(agent, {
      channel: 'phone',
      subject: 'Old',
      body: 'Old',
      category: 'warranty',
      customer: 'customer/3',
      notice: { digest: 'b'.repeat(64), language: 'en' },
    });
    await tickets.state(agent, { record: ticket, text: 'not so' });
    await tickets.state(agent, { record: message, text: 'nor that' });
    await tickets.forward(agent, { ticket, recipient: 'carrier', fields: ['customer.name'] });
    await tickets.change(agent, { ticket, status: 'closed' });
    const told = 'statements ticket_notices forwards'.split(' ');
    for (const table of told)
      expect(await desk.rows(`select 1 from desk.${table}`), table).to.not.deep.equal([]);
    const rule = {
      ...shipped('native/resolved-tickets.json'),
      keep: { for: 'P1D', from: 'closedAt', timeZone: 'UTC' },
    };
    await disposeOf(desk, 'resolved-tickets', [rule]);
    expect(await desk.rows(`select 1 from desk.tickets where 'ticket/' || id = '${ticket}'`)).to.deep.equal(
      [],
    );
    for (const table of told) expect(await desk.rows(`select 1 from desk.${table}`), table).to.deep.equal([]);
  });
});
