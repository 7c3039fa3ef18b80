import { expect } from 'chai';
import { closeDesks, refusal } from '../support/small-desk.js';
import { ticketsOver } from '../../src/tickets/tickets.js';
import { NOW, policiesFrom } from './guarded-desk.js';
import {
  agent,
  allText,
  customer,
  everything,
  form,
  PERMITTED,
  writingDesk,
  type WritingDesk,
} from './writing-desk.js';
import type { OpenInput } from '../../src/tickets/write-inputs.js';

const ORDER: OpenInput = {
  channel: 'web',
  subject: 'Washer leaks',
  body: 'It leaks since Monday.',
  category: 'warranty',
  customer: { email: 'new@mail.example', name: 'Nia', phone: '+49 30 2' },
};

describe('opening a ticket', () => {
  let desk: WritingDesk;
  before(async () => {
    desk = await writingDesk();
  });
  after(closeDesks);

  it('gives a number at once, makes the customer, and notes where each datum came from', async () => {
    const opened = await desk.tickets.open(form, {
      ...ORDER,
      source: { kind: 'form', ref: 'contact' },
      sources: { 'customer.phone': { kind: 'forwarded', ref: 'shop' } },
      notice: { digest: 'a'.repeat(64), language: 'de' },
      attachments: [{ fileName: 'leak.txt', mediaType: 'text/plain', content: Buffer.from('drip') }],
    });
    expect(opened).to.include({ ticket: 'ticket/101', number: 'T-2026-000101' });
    expect([opened.dropped, opened.masked]).to.deep.equal([[], []]);
    const [row] = await desk.rows(`
      select t.status, t.priority, t.created_at as at, c.email, c.customer_number, c.ticket_count, c.last_contact_at as contact
      from desk.tickets t join desk.customers c on c.id = t.customer_id where t.id = 101`);
    expect(row).to.deep.equal({
      status: 'new',
      priority: 'normal',
      at: NOW,
      email: 'new@mail.example',
      customer_number: 'C-10101',
      ticket_count: 1,
      contact: NOW,
    });
    expect(
      await desk.rows('select from_status, to_status, actor from desk.ticket_events where ticket_id = 101'),
    ).to.deep.equal([{ from_status: null, to_status: 'new', actor: 'system' }]);
    expect(await desk.rows('select digest, language, channel from desk.ticket_notices')).to.deep.equal([
      { digest: 'a'.repeat(64), language: 'de', channel: 'web' },
    ]);
    const sources = await desk.rows(`
      select 'customer.' || field as field, source, source_ref as ref from desk.provenance
      union all select 'ticket.subject', subject_source, subject_source_ref from desk.tickets where id = 101
      union all select 'message.body', source, source_ref from desk.messages where ticket_id = 101
      union all select 'attachment.content', source, source_ref from desk.attachments where file_name = 'leak.txt'
      order by 1`);
    expect(sources.map(({ field, source, ref }) => [field, source, ref].join(' '))).to.deep.equal([
      'attachment.content form contact',
      'customer.email form contact',
      'customer.name form contact',
      'customer.phone forwarded shop',
      'message.body form contact',
      'ticket.subject form contact',
    ]);
    expect(
      await desk.rows(
        "select actor, record, key, deed, decision from lethe.access_log where record = 'ticket'",
      ),
    ).to.deep.equal([
      { actor: 'service/form', record: 'ticket', key: '101', deed: 'open', decision: 'allow' },
    ]);
  });

  it('finds a customer by the address, ignoring case, and changes nothing of them', async () => {
    const { ticket } = await desk.tickets.open(form, {
      ...ORDER,
      customer: { email: 'MARIA@mail.example', name: 'Somebody else', phone: '+49 30 9' },
    });
    const [row] = await desk.rows(`
      select c.id, c.name, c.phone, c.ticket_count from desk.tickets t join desk.customers c on c.id = t.customer_id
      where 'ticket/' || t.id = '${ticket}'`);
    expect(row).to.deep.equal({ id: '3', name: 'Maria', phone: '+49 30 1', ticket_count: 1 });
  });

  it('drops what the channel does not need, and the ledger says so by kind and count', async () => {
    const opened = await desk.tickets.open(form, {
      ...ORDER,
      body: 'Card 5555 5555 5555 4444, CVC 737, PIN 4711',
      customer: { email: 'drop@mail.example', name: 'Dee', date_of_birth: '1984-02-29' },
      attachments: [
        { fileName: '4222222222222.csv', mediaType: 'text/csv', content: Buffer.from('a;378282246310005') },
      ],
    });
    expect(opened.dropped).to.deep.equal([
      { field: 'customer.date_of_birth', kind: 'field', count: 1 },
      { field: 'message.body', kind: 'card-number', count: 1 },
      { field: 'message.body', kind: 'verification-code', count: 1 },
      { field: 'message.body', kind: 'pin', count: 1 },
      { field: 'attachment.file_name', kind: 'card-number', count: 1 },
      { field: 'attachment.content', kind: 'card-number', count: 1 },
    ]);
    const [entry] = await desk.rows(
      "select body::jsonb as body from lethe.ledger_entry where kind = 'intake.reduced'",
    );
    expect((entry?.['body'] as { counts: unknown }).counts).to.deep.equal({
      'card-number': 3,
      field: 1,
      pin: 1,
      'verification-code': 1,
    });
    const text = await allText(desk);
    for (const gone of [
      '5555 5555',
      '55555555',
      'CVC 7',
      'PIN 4',
      '1984-02-29',
      '4222222222222',
      '378282246310005',
    ])
      expect(text.includes(gone), gone).to.equal(false);
    expect(text).to.include('Card •••• 4444, CVC •••, PIN •••');
  });

  it('eight callers at once get eight numbers, and one customer', async () => {
    const opened = await Promise.all(
      Array.from({ length: 8 }, () =>
        desk.tickets.open(form, { ...ORDER, customer: { email: 'Rush@mail.example', name: 'Rush' } }),
      ),
    );
    expect(new Set(opened.map(({ number }) => number)).size).to.equal(8);
    expect(
      await desk.rows("select ticket_count from desk.customers where email = 'Rush@mail.example'"),
    ).to.deep.equal([{ ticket_count: 8 }]);
  });

  it('passes over a number that an import has taken', async () => {
    const [{ next = '' } = {}] = await desk.rows(
      "select (nextval(pg_get_serial_sequence('desk.tickets', 'id')) + 1)::text as next",
    );
    const taken = `T-2026-${String(next).padStart(6, '0')}`;
    await desk.desk.admin(
      `insert into desk.tickets (id, number, subject, category, channel, customer_id) values (9001, '${taken}', 's', 'c', 'web', 3)`,
    );
    const { number } = await desk.tickets.open(form, ORDER);
    expect(number).to.equal(`T-2026-${String(Number(next) + 1).padStart(6, '0')}`);
  });

  it('a customer opens tickets of their own only', async () => {
    const { ticket } = await desk.tickets.open(customer(3), { ...ORDER, customer: 'customer/3' });
    expect(ticket).to.match(/^ticket\//);
    const before = await everything(desk);
    await refusal(desk.tickets.open(customer(3), { ...ORDER, customer: 'customer/4' }), 'access_denied');
    await refusal(desk.tickets.open(customer(3), { ...ORDER, customer: 'customer/999' }), 'access_denied');
    expect(await everything(desk)).to.deep.equal(before);
  });

  const HOSTILE: Readonly<Record<string, [unknown, string]>> = {
    'no object': ['ticket', 'input_invalid'],
    'an unknown field': [{ ...ORDER, urgent: true }, 'input_invalid'],
    'an unknown field of the customer': [
      { ...ORDER, customer: { email: 'a@b.c', iban: 'DE1' } },
      'input_invalid',
    ],
    'a NUL': [{ ...ORDER, subject: 'a\0b' }, 'input_invalid'],
    'half of a surrogate pair': [{ ...ORDER, body: 'a\ud800b' }, 'input_invalid'],
    'a text that is too long': [{ ...ORDER, body: 'x'.repeat(100_001) }, 'input_invalid'],
    'an empty subject': [{ ...ORDER, subject: '' }, 'input_invalid'],
    'a channel that is none': [{ ...ORDER, channel: 'fax' }, 'input_invalid'],
    'a customer who is written otherwise': [{ ...ORDER, customer: "customer/3' or 1=1" }, 'input_invalid'],
    'a key beyond bigint': [{ ...ORDER, customer: 'customer/9999999999999999999' }, 'input_invalid'],
    'an address that is none': [{ ...ORDER, customer: { email: 'nobody', name: 'N' } }, 'input_invalid'],
    'a customer without an address': [{ ...ORDER, customer: { name: 'N' } }, 'intake_refused'],
    'a required field of blanks': [{ ...ORDER, subject: '   ' }, 'intake_refused'],
    'a file that is no bytes': [
      { ...ORDER, attachments: [{ fileName: 'a', mediaType: 'text/plain', content: 'text' }] },
      'input_invalid',
    ],
    'a media type that is none': [
      { ...ORDER, attachments: [{ fileName: 'a', mediaType: 'text', content: Buffer.from('') }] },
      'input_invalid',
    ],
  };
  for (const [what, [input, code]] of Object.entries(HOSTILE))
    it(`is refused with nothing written: ${what}`, async () => {
      const before = await everything(desk);
      const error = await refusal(desk.tickets.open(form, input as OpenInput), code);
      expect(error.message).to.not.match(/leaks|or 1=1|x{100}|DE1/);
      expect(await everything(desk)).to.deep.equal(before);
    });

  it('is denied without a policy, and nothing but the denial is kept', async () => {
    const before = await everything(desk);
    const stranger = { ...agent, actor: { ...agent.actor, roles: ['visitor'] } };
    await refusal(desk.tickets.open(stranger, ORDER), 'access_denied');
    expect(await everything(desk)).to.deep.equal(before);
    expect(
      await desk.rows(
        "select deed, decision from lethe.access_log where decision = 'deny' order by place desc limit 1",
      ),
    ).to.deep.equal([{ deed: 'open', decision: 'deny' }]);
  });
});

describe('opening a ticket while policies change', () => {
  afterEach(closeDesks);

  it('goes by those that rule now, also in a process that knew others', async () => {
    const desk = await writingDesk();
    const none = policiesFrom(
      desk.desk.graph,
      PERMITTED.filter(({ kind }) => kind !== 'access'),
    );
    let isPermitted = false;
    const policies = () => (isPermitted ? desk.context.policies() : Promise.resolve(none));
    const tickets = ticketsOver({ ...desk.context, policies });
    const publish = async (id: number): Promise<void> => {
      isPermitted = !isPermitted;
      await desk.rows(`
        insert into lethe.actor (id, name, name_key) values ('actor-x', 'x', 'x') on conflict do nothing;
        insert into lethe.publication (id, policy, kind, published_at, published_by, change, not_before, approvers, assurance)
        values ('version-${id}', 'p', 'access', '2026-01-01', 'actor-x', 'initial', '2026-01-01', 0, 'asserted')`);
    };
    await refusal(tickets.open(form, ORDER), 'access_denied');
    await publish(1);
    expect(await tickets.open(form, ORDER)).to.include({ ticket: 'ticket/101' });
    await publish(2);
    await refusal(tickets.open(form, ORDER), 'access_denied');
  });
});

describe('intake without a policy in force', () => {
  afterEach(closeDesks);

  it('takes nothing in: closed by default', async () => {
    const desk = await writingDesk(PERMITTED.filter(({ kind }) => kind !== 'intake'));
    const before = await everything(desk);
    const error = await refusal(desk.tickets.open(form, ORDER), 'intake_closed');
    expect(error.message).to.include('web').and.to.include('dpv:CustomerCare');
    await refusal(desk.tickets.reply(agent, { ticket: 'ticket/77', body: 'Hello' }), 'intake_closed');
    expect(await everything(desk)).to.deep.equal(before);
  });

  it('of two policies the strictest counts, and a mask is what is stored', async () => {
    const strict = {
      kind: 'intake',
      id: 'strict',
      title: 'strict',
      channel: 'web',
      purpose: 'dpv:CustomerCare',
      reason: 'test',
      others: 'drop',
      fields: {
        'customer.email': 'take',
        'customer.name': { mask: 'initials' },
        'ticket.subject': 'take',
        'message.body': 'take',
      },
    };
    const desk = await writingDesk([...PERMITTED, strict]);
    const opened = await desk.tickets.open(form, ORDER);
    expect(opened.masked).to.deep.equal(['customer.name']);
    expect(opened.dropped).to.deep.equal([{ field: 'customer.phone', kind: 'field', count: 1 }]);
    expect(
      await desk.rows("select name, phone from desk.customers where email = 'new@mail.example'"),
    ).to.deep.equal([{ name: 'N.', phone: null }]);
  });
});
