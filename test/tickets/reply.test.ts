import { expect } from 'chai';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import type { Tickets } from '../../src/tickets/tickets.js';
import { closeDesks, refusal, until } from '../support/small-desk.js';
import { call, NOW } from './guarded-desk.js';
import {
  agent,
  customer,
  everything,
  form,
  MovingClock,
  PERMITTED,
  writingDesk,
  type WritingDesk,
} from './writing-desk.js';

const ticketRow = async ({ rows }: WritingDesk, key: number) =>
  (
    await rows(
      `select status, priority, category, agent_id, updated_at, closed_at, reopened_at from desk.tickets where id = ${key}`,
    )
  )[0];

describe('writing to a ticket', () => {
  let desk: WritingDesk;
  beforeEach(async () => {
    desk = await writingDesk();
  });
  afterEach(closeDesks);

  it('an agent’s reply is public and their note internal; neither reopens what is settled', async () => {
    const { tickets, rows } = desk;
    const reply = await tickets.reply(agent, { ticket: 'ticket/78', body: 'We looked at it.' });
    const note = await tickets.note(agent, { ticket: 'ticket/78', body: 'Call back, card 4111111111111111' });
    expect(note.dropped).to.deep.equal([{ field: 'message.body', kind: 'card-number', count: 1 }]);
    const written = await rows(
      'select id, author, agent_id, customer_id, visibility, channel, body, sent_at from desk.messages where ticket_id = 78 and id > 100 order by id',
    );
    const common = { author: 'agent', agent_id: '7', customer_id: null, channel: 'e-mail', sent_at: NOW };
    expect(written).to.deep.equal([
      { id: reply.message.split('/')[1], ...common, visibility: 'public', body: 'We looked at it.' },
      {
        id: note.message.split('/')[1],
        ...common,
        visibility: 'internal',
        body: 'Call back, card •••• 1111',
      },
    ]);
    expect(await ticketRow(desk, 78)).to.include({
      status: 'closed',
      closed_at: '2026-01-03T00:00:00.000000Z',
      updated_at: NOW,
    });
    expect(await rows('select last_contact_at from desk.customers where id = 3')).to.deep.equal([
      { last_contact_at: '2026-01-01T00:00:00.000000Z' },
    ]);
  });

  it('a customer’s reply reopens what was settled, and counts as contact', async () => {
    await desk.tickets.reply(customer(3), { ticket: 'ticket/78', body: 'It leaks again.', channel: 'web' });
    expect(await ticketRow(desk, 78)).to.include({ status: 'open', closed_at: null, reopened_at: NOW });
    expect(await desk.rows('select from_status, to_status, actor from desk.ticket_events')).to.deep.equal([
      { from_status: 'closed', to_status: 'open', actor: 'customer' },
    ]);
    expect(await desk.rows('select last_contact_at from desk.customers where id = 3')).to.deep.equal([
      { last_contact_at: NOW },
    ]);
  });

  it('what a program takes in is the customer’s whose ticket it is', async () => {
    await desk.tickets.reply(form, { ticket: 'ticket/79', body: 'Hello', channel: 'web' });
    expect(
      await desk.rows('select author, customer_id from desk.messages where ticket_id = 79'),
    ).to.deep.equal([{ author: 'customer', customer_id: '4' }]);
    expect(await desk.rows('select source from desk.messages where ticket_id = 79')).to.deep.equal([
      { source: 'form' },
    ]);
  });

  it('settling starts the retention clock once, reopening ends it, and editing moves it not', async () => {
    const clock = new MovingClock();
    const moving = await writingDesk(PERMITTED, clock);
    const { tickets } = moving;
    const day = (n: number): Instant => parseInstant(`2026-07-0${n}T00:00:00Z`) as Instant;
    const step = async (
      n: number,
      input: Omit<Parameters<Tickets['change']>[1], 'ticket'>,
    ): Promise<void> => {
      clock.at = day(n);
      await tickets.change(agent, { ticket: 'ticket/77', ...input });
    };
    await step(1, { status: 'resolved' });
    await step(2, { category: 'delivery' });
    await step(3, { status: 'closed', priority: 'low' });
    expect(await ticketRow(moving, 77)).to.deep.include({
      status: 'closed',
      closed_at: day(1),
      updated_at: day(3),
      priority: 'low',
      category: 'delivery',
    });
    await step(4, { status: 'open' });
    expect(await ticketRow(moving, 77)).to.include({ closed_at: null, reopened_at: day(4) });
    await step(5, { status: 'resolved' });
    expect(await ticketRow(moving, 77)).to.include({ closed_at: day(5), reopened_at: day(4) });
    const events = await moving.rows(
      "select from_status || ' ' || to_status as step from desk.ticket_events order by id",
    );
    expect(events.map(({ step: one }) => one)).to.deep.equal([
      'open resolved',
      'resolved closed',
      'closed open',
      'open resolved',
    ]);
  });

  it('no ticket becomes new again, and from settled there is only reopening', async () => {
    const before = await everything(desk);
    for (const [ticket, status] of [
      ['ticket/77', 'new'],
      ['ticket/78', 'pending'],
      ['ticket/78', 'resolved'],
    ] as const) {
      const error = await refusal(desk.tickets.change(agent, { ticket, status }), 'transition_invalid');
      expect(error.message).to.include(ticket);
    }
    expect(await everything(desk)).to.deep.equal(before);
  });

  it('is given to an agent who works here, or to nobody', async () => {
    await desk.tickets.assign(agent, { ticket: 'ticket/77', agent: 'agent/7' });
    expect(await ticketRow(desk, 77)).to.include({ agent_id: '7' });
    for (const nobody of ['agent/8', 'agent/999'])
      await refusal(desk.tickets.assign(agent, { ticket: 'ticket/77', agent: nobody }), 'input_invalid');
    await desk.tickets.assign(agent, { ticket: 'ticket/77', agent: null });
    expect(await ticketRow(desk, 77)).to.include({ agent_id: null });
  });

  it('is linked to another ticket that the caller may link too, and not to itself', async () => {
    const link = { ticket: 'ticket/79', to: 'ticket/77', type: 'duplicate' } as const;
    expect(await desk.tickets.link(agent, link)).to.include({ linked: true });
    expect(await desk.tickets.link(agent, link)).to.include({ linked: false });
    await refusal(desk.tickets.link(agent, { ...link, to: 'ticket/79' }), 'input_invalid');
    await refusal(desk.tickets.link(agent, { ...link, to: 'ticket/998' }), 'access_denied');
    await Promise.all(
      [1, 2, 3].flatMap(() => [
        desk.tickets.link(agent, { ticket: 'ticket/77', to: 'ticket/78', type: 'related' }),
        desk.tickets.link(agent, { ticket: 'ticket/78', to: 'ticket/77', type: 'related' }),
      ]),
    );
    expect(await desk.rows('select from_ticket_id, to_ticket_id from desk.ticket_links')).to.have.length(3);
  });

  it('files go to a message, with where they came from', async () => {
    const { attachments } = await desk.tickets.attach(agent, {
      message: 'message/5',
      files: [{ fileName: 'b.csv', mediaType: 'text/csv', content: Buffer.from('x;4111-1111-1111-1111') }],
    });
    const [row] =
      await desk.rows(`select file_name, size_bytes, convert_from(content, 'utf8') as text from desk.attachments
      where 'attachment/' || id = '${attachments[0] ?? ''}'`);
    expect(row).to.deep.equal({ file_name: 'b.csv', size_bytes: 19, text: 'x;•••• 1111' });
    expect(await desk.rows("select source from desk.attachments where file_name = 'b.csv'")).to.deep.equal([
      { source: 'agent' },
    ]);
  });

  it('goes to recipients that an activity names for the purpose, as far as that allows, and is recorded', async () => {
    const { tickets, rows } = desk;
    const forward = {
      ticket: 'ticket/77',
      recipient: 'carrier',
      fields: ['customer.name', 'customer.phone', 'ticket.number'],
    };
    expect(await tickets.forward(agent, forward)).to.deep.equal({
      ticket: 'ticket/77',
      recipient: 'carrier',
      activity: 'support',
      categories: ['user.contact.phone_number', 'user.name'],
    });
    expect(await rows('select recipient, activity, fields, agent_id from desk.forwards')).to.deep.equal([
      { recipient: 'carrier', activity: 'support', fields: forward.fields, agent_id: '7' },
    ]);
    const before = await everything(desk);
    const beyond = await refusal(
      tickets.forward(agent, { ...forward, fields: ['customer.name', 'message.body'] }),
      'recipient_beyond',
    );
    expect(beyond.message).to.include('message.body').and.to.not.include('customer.name');
    await refusal(tickets.forward(agent, { ...forward, recipient: 'stranger' }), 'recipient_unknown');
    await refusal(tickets.forward(agent, { ...forward, fields: ['agent.name'] }), 'input_invalid');
    await refusal(tickets.forward(agent, { ...forward, fields: ['customer.constructor'] }), 'input_invalid');
    expect(await everything(desk)).to.deep.equal(before);
  });

  it('is denied alike where there is no such record and where there is no right, with nothing changed', async () => {
    const { tickets } = desk;
    const visitor = call('agent/7', 'visitor');
    const before = await everything(desk);
    const deeds: Readonly<Record<string, (who: typeof agent, key: number) => Promise<unknown>>> = {
      reply: (who, key) => tickets.reply(who, { ticket: `ticket/${key}`, body: 'x' }),
      note: (who, key) => tickets.note(who, { ticket: `ticket/${key}`, body: 'x' }),
      assign: (who, key) => tickets.assign(who, { ticket: `ticket/${key}`, agent: 'agent/7' }),
      change: (who, key) => tickets.change(who, { ticket: `ticket/${key}`, priority: 'low' }),
      forward: (who, key) =>
        tickets.forward(who, { ticket: `ticket/${key}`, recipient: 'carrier', fields: ['customer.name'] }),
      link: (who, key) => tickets.link(who, { ticket: `ticket/${key}`, to: 'ticket/79', type: 'related' }),
      attach: (who, key) =>
        tickets.attach(who, {
          message: `message/${key}`,
          files: [{ fileName: 'a', mediaType: 'text/plain', content: Buffer.from('a') }],
        }),
      flag: (who, key) => tickets.flagSensitive(who, { message: `message/${key}` }),
      lift: (who, key) => tickets.liftSensitive(who, { message: `message/${key}` }),
      redact: (who, key) => tickets.redact(who, { record: `message/${key}`, kind: 'card' }),
      correct: (who, key) =>
        tickets.correct(who, { customer: `customer/${key}`, field: 'name', value: 'X', reason: 'r' }),
      state: (who, key) => tickets.state(who, { record: `ticket/${key}`, text: 'no' }),
    };
    for (const [deed, act] of Object.entries(deeds)) {
      const missing = await refusal(act(agent, 9999), 'access_denied');
      expect(missing.message, deed).to.include('9999').and.to.include('agents-');
      await refusal(act(visitor, 77), 'access_denied');
      await refusal(act(visitor, 5), 'access_denied');
    }
    await refusal(tickets.tasks(visitor), 'access_denied');
    expect(await everything(desk)).to.deep.equal(before);
    const denials = await desk.rows("select 1 from lethe.access_log where decision = 'deny'");
    expect(denials).to.have.length(3 * Object.keys(deeds).length + 1);
    expect(await desk.rows("select 1 from lethe.access_log where decision = 'allow'")).to.deep.equal([]);
  });

  const HOSTILE: readonly unknown[] = [
    null,
    {},
    { ticket: 'ticket/77' },
    { ticket: 77, body: 'x' },
    { ticket: 'ticket/77 ', body: 'x' },
    { ticket: 'ticket/-1', body: 'x' },
    { ticket: 'message/5', body: 'x' },
    { ticket: 'ticket/77', body: '' },
    { ticket: 'ticket/77', body: 'a\0' },
    { ticket: 'ticket/77', body: '\udc00' },
    { ticket: 'ticket/77', body: 'x', visibility: 'public' },
    { ticket: 'ticket/77', body: 'x', source: { kind: 'guess' } },
    { ticket: 'ticket/77', body: 'x', attachments: Array.from({ length: 21 }, () => ({})) },
  ];
  it('bad input is refused with what is wrong, and nothing written', async () => {
    const before = await everything(desk);
    for (const input of HOSTILE)
      for (const deed of ['reply', 'note'] as const)
        await refusal(desk.tickets[deed](agent, input as Parameters<Tickets['reply']>[1]), 'input_invalid');
    for (const input of [
      { ticket: 'ticket/77' },
      { ticket: 'ticket/77', status: 'gone' },
      { ticket: 'ticket/77', status: 'open', closed_at: 'now' },
    ])
      await refusal(desk.tickets.change(agent, input as Parameters<Tickets['change']>[1]), 'input_invalid');
    expect(await everything(desk)).to.deep.equal(before);
  });

  it('waits for a batch that deletes the ticket, and is then denied like a missing one', async () => {
    const batch = await desk.desk.connect();
    await batch.query(`begin; delete from desk.attachments where message_id = 5; delete from desk.messages where ticket_id = 77;
      delete from desk.tickets where id = 77`);
    const late = refusal(desk.tickets.reply(agent, { ticket: 'ticket/77', body: 'late' }), 'access_denied');
    await until(
      async () =>
        (await desk.rows("select 1 from pg_stat_activity where wait_event_type = 'Lock'")).length > 0,
      'the reply waits',
    );
    await batch.query('commit');
    await late;
    expect(await desk.rows("select 1 from desk.messages where body = 'late'")).to.deep.equal([]);
  });

  it('a customer who goes while a ticket is opened for them is no error of the database’s', async () => {
    const batch = await desk.desk.connect();
    await batch.query(
      'begin; delete from desk.tickets where id = 79; delete from desk.customers where id = 4',
    );
    const late = refusal(
      desk.tickets.open(agent, {
        channel: 'web',
        subject: 's',
        body: 'b',
        category: 'c',
        customer: 'customer/4',
      }),
      'access_denied',
    );
    await until(
      async () =>
        (await desk.rows("select 1 from pg_stat_activity where wait_event_type = 'Lock'")).length > 0,
      'the opening waits',
    );
    await batch.query('commit');
    await late;
  });
});
