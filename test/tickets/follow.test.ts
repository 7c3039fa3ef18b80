import { expect } from 'chai';
import type { Clock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { closeDesks, refusal, until, type Json } from '../support/small-desk.js';
import { access, activity, guarded, openNative, type Guarded } from './guarded-desk.js';

const ROWS = `insert into desk.agents (id, name, email, role) values (7, 'A', 'a@desk.example', 'agent');
  insert into desk.customers (id, customer_number, name, email) values (3, 'C-3', 'Maria', 'Maria@Mail.example'), (4, 'C-4', 'Otto', 'otto@mail.example');
  insert into desk.tickets (id, number, subject, category, channel, customer_id, agent_id) values (77, 'T-77', 'Printer', 'technical', 'web', 3, 7),
    (78, 'T-78', 'Scanner', 'technical', 'web', 4, 7);
  insert into desk.messages (id, ticket_id, author, customer_id, agent_id, visibility, channel, body) values
    (5, 77, 'customer', 3, null, 'public', 'web', 'it smokes'), (6, 77, 'agent', null, 7, 'internal', 'web', 'not again'), (8, 78, 'customer', 4, null, 'public', 'web', 'private')`;

const POLICIES: readonly Json[] = [
  activity(),
  access('tickets', { roles: ['customer'], subject: 'self', categories: ['user.content'] }),
  access('messages', {
    record: 'message',
    roles: ['customer'],
    subject: 'self',
    categories: ['user.content'],
    when: { fact: 'visibility', operator: 'equal', value: 'public' },
  }),
  access('customers', {
    record: 'customer',
    roles: ['customer'],
    subject: 'self',
    categories: ['user.name'],
  }),
];

describe('following a ticket', () => {
  let time = '2026-06-01T12:00:00Z';
  const clock: Clock = { now: () => parseInstant(time) as Instant };
  let here: Guarded;
  let admin: Awaited<ReturnType<typeof openNative>>['admin'];
  beforeEach(async () => {
    time = '2026-06-01T12:00:00Z';
    const desk = await openNative(ROWS);
    admin = desk.admin;
    here = guarded(desk, POLICIES, { clock });
  });
  afterEach(closeDesks);

  /** The token that went to the customer. */
  async function tokenOf(number = 'T-77', address = ' maria@mail.EXAMPLE '): Promise<string> {
    const before = here.delivered.length;
    await here.tickets.requestProof({ number, address });
    await until(() => Promise.resolve(here.delivered.length > before), 'a proof delivered');
    return here.delivered.at(-1)?.token ?? '';
  }

  it('takes a proof of the customer’s address, which goes to the address on record', async () => {
    const token = await tokenOf();
    expect(here.delivered[0]).to.deep.equal({ to: 'Maria@Mail.example', number: 'T-77', token });
    const view = await here.tickets.follow({ number: 'T-77', token });
    expect(view.messages.map(({ fields }) => fields['body'])).to.deep.equal(['it smokes']);
    expect(view.customer?.fields['name']).to.equal('Maria');
    expect(view).not.to.have.property('withheld');
    expect(here.log.entries.map(({ actor, decision }) => `${actor} ${decision}`)).to.deep.equal([
      'customer/3 masked',
      'customer/3 masked',
    ]);
    const stored = JSON.stringify(await admin('select * from lethe.ticket_proof'));
    expect(stored).not.to.include(token);
    expect(stored.toLowerCase()).not.to.include('maria');
  });

  it('is answered the same for a ticket that is not there and an address that is another’s, by the same work', async () => {
    const answers: unknown[] = [];
    for (const request of [
      { number: 'T-77', address: 'maria@mail.example' },
      { number: 'T-77', address: 'otto@mail.example' },
      { number: 'T-99', address: 'maria@mail.example' },
      { number: "T-77' or true --", address: '%' },
    ]) {
      const sent = here.statements.length;
      answers.push([await here.tickets.requestProof(request), here.statements.slice(sent)]);
    }
    for (const answer of answers) expect(answer).to.deep.equal(answers[0]);
    expect(await admin('select from lethe.ticket_proof')).to.have.length(4);
    await until(() => Promise.resolve(here.delivered.length > 0), 'a proof delivered');
    expect(here.delivered).to.have.length(1);
  });

  it('a failing delivery changes neither the answer nor the process', async () => {
    const { context } = here;
    const broken = {
      ...context,
      deliverProof: () => {
        throw new Error('no mail');
      },
    };
    const { ticketsOver } = await import('../../src/tickets/tickets.js');
    const answer = await ticketsOver(broken).requestProof({ number: 'T-77', address: 'maria@mail.example' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answer).to.deep.equal(await here.tickets.requestProof({ number: 'T-0', address: 'x' }));
  });

  it('is refused alike for another token, another ticket’s, one that has ended, and no ticket at all', async () => {
    const token = await tokenOf();
    const texts = new Set<string>();
    const refused = async (request: { number: string; token: string }): Promise<void> => {
      texts.add((await refusal(here.tickets.follow(request), 'access_denied')).message);
    };
    await refused({ number: 'T-77', token: 'x'.repeat(43) });
    await refused({ number: 'T-78', token });
    await refused({ number: 'T-99', token });
    time = '2026-06-01T12:14:59Z';
    await here.tickets.follow({ number: 'T-77', token });
    time = '2026-06-01T12:15:00Z';
    await refused({ number: 'T-77', token });
    expect(texts.size).to.equal(1);
    expect(here.log.entries.filter(({ decision }) => decision === 'deny')).to.have.length(4);
  });

  it('after five wrong tokens the right one is worth nothing; a new one is', async () => {
    const token = await tokenOf();
    for (let n = 0; n < 5; n += 1)
      await refusal(here.tickets.follow({ number: 'T-77', token: `wrong${n}` }), 'access_denied');
    await refusal(here.tickets.follow({ number: 'T-77', token }), 'access_denied');
    await here.tickets.follow({ number: 'T-77', token: await tokenOf() });
  });

  it('fills nobody’s mailbox: of one ticket five proofs are good at a time', async () => {
    for (let n = 0; n < 8; n += 1)
      await here.tickets.requestProof({ number: 'T-77', address: 'maria@mail.example' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(here.delivered).to.have.length(5);
  });
});
