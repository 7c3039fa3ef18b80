import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { makeHelpDesk } from '../../src/demo/help-desk.js';
import { madeUpIban } from '../../src/demo/letter.js';
import type { HelpDesk, TicketEventRow } from '../../src/demo/rows.js';

const NOW = '2026-11-21T12:00:00Z';
const SETTLED = ['resolved', 'closed'];

const digest = (desk: HelpDesk): string => createHash('sha256').update(JSON.stringify(desk)).digest('hex');

function eventsByTicket(desk: HelpDesk): ReadonlyMap<number, readonly TicketEventRow[]> {
  const events = new Map<number, TicketEventRow[]>();
  for (const event of desk.ticket_events) {
    const list = events.get(event.ticket_id) ?? [];
    list.push(event);
    events.set(event.ticket_id, list);
  }
  return events;
}

describe('the demo help desk', () => {
  const desk = makeHelpDesk(NOW);
  const end = new Date(NOW).toISOString();

  it('is the same for the same instant and another for another', () => {
    expect(digest(makeHelpDesk(NOW))).to.equal(digest(desk));
    expect(digest(makeHelpDesk('2027-03-01T00:00:00Z'))).not.to.equal(digest(desk));
  });

  it('holds about 2,000 tickets with about three messages each', () => {
    expect(desk.tickets.length).to.be.within(1_900, 2_100);
    expect(desk.messages.length / desk.tickets.length).to.be.within(2.5, 4.5);
    expect(desk.customers.length).to.be.within(280, 320);
  });

  it('keeps status and dates of every ticket consistent with its history', () => {
    const events = eventsByTicket(desk);
    for (const ticket of desk.tickets) {
      const history = events.get(ticket.id) ?? [];
      expect(history.at(-1)?.to_status, ticket.number).to.equal(ticket.status);
      expect(ticket.closed_at !== null, ticket.number).to.equal(SETTLED.includes(ticket.status));
      for (const at of [ticket.closed_at, ticket.reopened_at]) {
        if (at !== null) expect(at >= ticket.created_at && at <= ticket.updated_at, ticket.number).to.be.true;
      }
      expect(ticket.updated_at <= end, ticket.number).to.be.true;
    }
  });

  it('starts closing again after a reopening', () => {
    const reopened = desk.tickets.filter(
      ({ reopened_at, closed_at }) => reopened_at !== null && closed_at !== null,
    );
    expect(reopened).not.to.be.empty;
    for (const { closed_at, reopened_at } of reopened)
      expect((closed_at ?? '') > (reopened_at ?? '')).to.be.true;
  });

  it('has no message before its ticket, after now, or with an unfilled placeholder', () => {
    const created = new Map(desk.tickets.map(({ id, created_at }) => [id, created_at]));
    for (const { ticket_id, sent_at, body } of desk.messages) {
      expect(sent_at >= (created.get(ticket_id) ?? end) && sent_at <= end).to.be.true;
      expect(body).not.to.match(/[{}]|undefined/);
    }
  });

  it('points only to rows that are there', () => {
    const ids = (rows: readonly { readonly id: number }[]): ReadonlySet<number> =>
      new Set(rows.map(({ id }) => id));
    const [tickets, messages, tags] = [ids(desk.tickets), ids(desk.messages), ids(desk.tags)];
    expect(desk.messages.every(({ ticket_id }) => tickets.has(ticket_id))).to.be.true;
    expect(desk.attachments.every(({ message_id }) => messages.has(message_id))).to.be.true;
    expect(desk.ticket_tags.every(({ ticket_id, tag_id }) => tickets.has(ticket_id) && tags.has(tag_id))).to
      .be.true;
  });

  it('counts the tickets of each customer', () => {
    for (const { id, ticket_count } of desk.customers) {
      expect(desk.tickets.filter(({ customer_id }) => customer_id === id).length).to.equal(ticket_count);
    }
  });

  it('invents its people: reserved mail domains, no address twice, IBANs of no bank', () => {
    const emails = [...desk.customers, ...desk.agents].map(({ email }) => email);
    expect(new Set(emails).size).to.equal(emails.length);
    for (const email of emails) expect(email).to.match(/@(example\.(com|org|net)|[a-z-]+\.example)$/);
    expect(madeUpIban(532_013_000)).to.match(/^DE\d\d 0000 0000 /);
  });

  it('has two customers of one name, and texts in seven languages', () => {
    const names = desk.customers.map(({ name }) => name);
    expect(new Set(names).size).to.be.below(names.length);
    expect(new Set(desk.customers.map(({ language }) => language)).size).to.equal(7);
  });

  it('fits any day, also one at the end of a leap February', () => {
    expect(makeHelpDesk('2028-02-29T23:59:59Z').tickets.length).to.be.within(1_900, 2_100);
    expect(() => makeHelpDesk('yesterday')).to.throw(RangeError);
  });
});
