import { inspect } from 'node:util';
import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { planDocument, planLines, statusLine, whyLines } from '../../src/cli/retention.js';
import type { Admin } from '../support/database.js';
import {
  approver,
  closeDesks,
  column,
  floor,
  hold,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
  ONCE,
  type Desk,
} from '../support/small-desk.js';

/** Values that may be nowhere but in the ticket system's own tables. */
const MARKERS = [
  'Mustermann',
  'erika@example.org',
  '+49 170 1234567',
  'geheime Nachricht',
  'DE89370400440532013000',
];
const EVERYTHING = MARKERS.join(' | ');

const desk = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; alter table shop.tickets add subject text, add customer_id bigint, add uri text;
      ${ticketRows([1, 2, 3], [9])};
      update shop.tickets set subject = '${EVERYTHING}', customer_id = 7, uri = 'urn:ticket:' || id;
      create table shop.customers (id bigint primary key, name text, email text, seen_at timestamptz);
      create table shop.messages (id bigint primary key, ticket_uri text, body text, sender text);
      insert into shop.customers values (7, 'Mustermann', 'erika@example.org', '2020-01-01');
      insert into shop.messages select id * 10, uri, '${EVERYTHING}', 'erika@example.org' from shop.tickets`,
    map: {
      tables: {
        tickets: ticketTable({
          columns: {
            closed_at: { type: 'timestamptz' },
            status: { type: 'text' },
            subject: { type: 'text', category: 'user.content' },
            uri: { type: 'text' },
          },
          facts: {
            closedAt: { column: 'closed_at' },
            status: { column: 'status' },
            subject: { column: 'subject' },
          },
        }),
        customers: { key: { id: 'bigint' }, concept: 'customer' },
        messages: { key: { id: 'bigint' }, concept: 'message' },
      },
      edges: [{ child: 'messages', parent: 'tickets', on: { ticket_uri: 'uri' }, then: 'delete' }],
      subject: {
        record: 'customers',
        key: 'id',
        edges: [{ as: 'sender', child: 'messages', on: { sender: { sql: 'parent.email' } } }],
      },
    },
  });

/** Every row of every table of schema lethe, as text. */
async function dump(admin: Admin): Promise<string> {
  const tables = await column(admin, "select tablename from pg_tables where schemaname = 'lethe'");
  const texts = [];
  for (const table of tables) texts.push(...(await column(admin, `select t::text from lethe.${table} t`)));
  return texts.join('\n');
}

function expectClean(text: string, where: string): void {
  for (const marker of MARKERS) expect(text.includes(marker), `${where}: ${marker}`).to.equal(false);
}

/** All a program could print or log of an error. */
const printed = (error: unknown): string =>
  [inspect(error, { depth: 9, showHidden: true }), String(error), JSON.stringify(error)].join('\n');

describe('personal data', () => {
  afterEach(closeDesks);

  it('is in no table of Lethe, in no plan and in nothing that is printed, before, during and after a run', async () => {
    const { engine, admin } = await desk();
    const lethe = engine([
      rule(),
      floor({ when: { all: [{ fact: 'status', operator: 'equal', value: 'billing' }] } }),
    ]);
    await lethe.holds.place({ ...hold, scope: { kind: 'subject', record: 'customer/7' } }, officer);
    await lethe.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/1' } }, officer);
    await admin("update shop.messages set sender = 'other' where id in (20, 30)");
    const plan = await lethe.retention.plan('old-tickets', officer, undefined);
    await lethe.retention.approve(plan.id, approver);
    expectClean(await dump(admin), 'lethe before the run');
    expectClean(JSON.stringify(planDocument(plan)) + planLines(plan).join('\n'), 'the plan');
    await lethe.retention.apply(plan.id, operator);
    expectClean(await dump(admin), 'lethe after the run');
    expect(await column(admin, 'select id from shop.tickets')).to.deep.equal(['1', '9']);
    const statuses = await lethe.retention.status();
    expectClean(JSON.stringify(statuses) + statuses.map(statusLine).join('\n'), 'status');
    expectClean(JSON.stringify(await lethe.holds.list()), 'holds');
    for (const record of ['ticket/1', 'ticket/9', 'ticket/2', 'customer/7', 'message/10']) {
      const why = await lethe.retention.why(record);
      expectClean(JSON.stringify(why) + whyLines(why).join('\n'), `why ${record}`);
    }
  });

  const failures: Readonly<Record<string, string>> = {
    'a constraint refuses the delete': `create table shop.audit (subject text unique); insert into shop.audit values ('${EVERYTHING}');
      create function shop.fail() returns trigger language plpgsql as $$ begin insert into shop.audit values (old.subject); return old; end $$;
      create trigger fail before delete on shop.tickets for each row execute function shop.fail()`,
    'a check quotes the row': `alter table shop.tickets add constraint no_delete check (subject <> 'x');
      create function shop.fail() returns trigger language plpgsql as $$ begin update shop.tickets set subject = 'x' where id = 9; return old; end $$;
      create trigger fail before delete on shop.tickets for each row execute function shop.fail()`,
    'a trigger raises the text': `create function shop.fail() returns trigger language plpgsql as $$
      begin raise exception 'cannot delete %', old.subject using detail = old.subject, hint = old.subject; end $$;
      create trigger fail before delete on shop.tickets for each row execute function shop.fail()`,
    'a value does not fit a cast': `create function shop.fail() returns trigger language plpgsql as $$ begin perform old.subject::int; return old; end $$;
      create trigger fail before delete on shop.tickets for each row execute function shop.fail()`,
  };
  for (const [what, ddl] of Object.entries(failures))
    it(`is in no error, and in no table of Lethe, when ${what}`, async () => {
      const { engine, admin } = await desk();
      const lethe = engine([rule()]);
      const { id } = await lethe.retention.plan('old-tickets', officer);
      await lethe.retention.approve(id, approver);
      await admin(ddl);
      const error = await refusal(lethe.retention.apply(id, operator), 'database_failed');
      expectClean(printed(error), 'the error');
      expect(error.cause).to.equal(undefined);
      const [status] = await lethe.retention.status();
      expect(status?.state).to.equal('failed');
      expectClean(await dump(admin), 'lethe');
      expectClean(JSON.stringify(status), 'status');
      expect(await column(admin, 'select id from shop.tickets')).to.have.length(4);
    });

  it('is in no error when a reference refuses the delete, again and again', async () => {
    const { engine, admin } = await desk();
    await admin(`alter table shop.customers add unique (email); alter table shop.tickets add unique (subject, id);
      create table shop.quotes (subject text, id bigint, foreign key (subject, id) references shop.tickets (subject, id));
      insert into shop.quotes select subject, id from shop.tickets where id = 2`);
    const lethe = engine([rule()]);
    const { id } = await lethe.retention.plan('old-tickets', officer);
    await lethe.retention.approve(id, approver);
    const error = await refusal(lethe.retention.apply(id, operator, ONCE), 'run_incomplete');
    expectClean(printed(error), 'the error');
    // the keys of parents whose late children nothing refuses wait for the sweep
    const kept = (await dump(admin)).replaceAll('urn:ticket:', '');
    expectClean(kept, 'lethe');
  });

  it('is in no refusal of a hold or of a question', async () => {
    const { engine } = await desk();
    const lethe = engine([rule()]);
    const errors: unknown[] = [];
    const orders = [
      () => lethe.holds.place({ ...hold, scope: { kind: 'subject', record: 'message/10' } }, officer),
      () => lethe.retention.why('ticket/777'),
      () => lethe.retention.apply('plan-none', operator),
    ];
    for (const order of orders) errors.push(await refusal(order()));
    for (const error of errors) {
      expect(error).to.be.instanceOf(LetheError);
      expectClean(printed(error), 'the error');
    }
  });

  it('would be noticed: the markers stand in the ticket system, as they are looked for', async () => {
    const { admin } = await desk();
    const texts = (await column(admin, 'select t::text from shop.tickets t')).join();
    for (const marker of MARKERS) expect(texts).to.include(marker);
    expect(() => {
      expectClean(texts, 'tickets');
    }).to.throw();
  });
});
