import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { TicketView } from '../../src/tickets/read-view.js';
import { closeDesks, refusal, withOwnTables, type Json } from '../support/small-desk.js';
import { call, guarded, nativeMap, openNative, type Guarded } from './guarded-desk.js';

const FOLDER = new URL('../../policies/native/', import.meta.url);
const SHIPPED = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json') && !name.includes('.test.'))
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Json);

const ROWS = `insert into desk.agents (id, name, email, role) values (7, 'A', 'a@desk.example', 'agent'), (8, 'B', 'b@desk.example', 'agent');
  insert into desk.customers (id, customer_number, name, email, phone, address_line1, date_of_birth) values
    (3, 'C-3', 'Maria', 'maria@mail.example', '+49 30 5551234', 'MKstreet', '1980-02-29'), (4, 'C-4', 'Otto', 'otto@mail.example', null, null, null);
  insert into desk.tickets (id, number, subject, category, channel, customer_id, agent_id) values (77, 'T-77', 'MKsubject', 'billing', 'web', 3, 7),
    (78, 'T-78', 'Scanner', 'technical', 'web', 4, 7);
  insert into desk.messages (id, ticket_id, author, customer_id, agent_id, visibility, channel, body) values
    (5, 77, 'customer', 3, null, 'public', 'web', 'MKbody'), (6, 77, 'agent', null, 7, 'internal', 'web', 'MKnote');
  insert into desk.attachments (id, message_id, file_name, media_type, content, size_bytes) values (1, 5, 'a.txt', 'text/plain', 'hello', 5), (2, 6, 'b.txt', 'text/plain', 'secret', 6)`;

describe('the shipped access policies', () => {
  let here: Guarded;
  before(async () => {
    here = guarded({ ...(await openNative(ROWS)), graph: await withOwnTables(nativeMap()) }, SHIPPED);
  });
  after(closeDesks);

  const read = (id: string, role: string): Promise<TicketView> =>
    here.tickets.read(call(id, role), 'ticket/77');

  it('show agents a ticket in full, and the phone and street of its customer only where the ticket is theirs', async () => {
    const [own, other] = [await read('agent/7', 'agent'), await read('agent/8', 'agent')];
    for (const view of [own, other])
      expect(view.messages.map(({ fields }) => fields['body'])).to.deep.equal(['MKbody', 'MKnote']);
    expect(own.customer?.fields).to.include({
      phone: '+49 30 5551234',
      address_line1: 'MKstreet',
      email: 'maria@mail.example',
    });
    expect(other.customer?.fields).to.include({
      phone: '•••• 1234',
      address_line1: null,
      email: 'maria@mail.example',
    });
    for (const view of [own, other]) expect(view.customer?.fields).not.to.have.property('date_of_birth');
    expect((await read('agent/8', 'team-lead')).customer?.fields).to.include({ date_of_birth: '1980-02-29' });
  });

  it('show customers their own tickets, what was said to them, and nobody else’s', async () => {
    const view = await read('customer/3', 'customer');
    expect(view.messages.map(({ fields }) => fields['body'])).to.deep.equal(['MKbody']);
    expect(view.ticket.fields).not.to.have.property('agent_id');
    expect(view.customer?.fields).to.include({ date_of_birth: '1980-02-29' });
    expect(
      new TextDecoder().decode(
        (await here.tickets.attachment(call('customer/3', 'customer'), 'attachment/1')).content,
      ),
    ).to.equal('hello');
    await refusal(here.tickets.attachment(call('customer/3', 'customer'), 'attachment/2'), 'access_denied');
    await refusal(read('customer/4', 'customer'), 'access_denied');
    expect(
      (await here.tickets.list(call('customer/4', 'customer'))).tickets.map(({ record }) => record),
    ).to.deep.equal(['ticket/78']);
  });

  it('show administrators how the desk works and nothing of the people', async () => {
    const view = await read('agent/8', 'administrator');
    expect(JSON.stringify(view)).not.to.match(/MK|Maria|maria|5551234/);
    expect(view.ticket.fields).to.include({ number: 'T-77', status: 'new' });
    const administrator = call('agent/8', 'administrator');
    expect(await here.tickets.find(administrator, { text: 'MKsubject' })).to.deep.equal([]);
    await refusal(here.tickets.attachment(administrator, 'attachment/1'), 'access_denied');
  });

  it('let billing see tickets about invoices, and nobody see any for another purpose', async () => {
    const billing = call('agent/8', 'agent', 'dpv:PaymentManagement');
    expect((await here.tickets.list(billing)).tickets.map(({ record }) => record)).to.deep.equal([
      'ticket/77',
    ]);
    for (const purpose of [
      'dpv:DirectMarketing',
      'dpv:PersonnelPerformanceMonitoring',
      'dpv:EnforceSecurity',
    ] as const)
      await refusal(here.tickets.read(call('agent/7', 'agent', purpose), 'ticket/77'), 'access_denied');
  });
});
