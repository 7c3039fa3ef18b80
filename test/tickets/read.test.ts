import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { openPostgres } from '../../src/db/postgres.js';
import { engineOver, type Engine } from '../../src/engine.js';
import { recordingDenials, requireAccess } from '../../src/tickets/require-access.js';
import { closeDesks, officer, openDesk, refusal, untilBlocked, type Json } from '../support/small-desk.js';
import { draftsOf } from '../publication/publishing-desk.js';
import { access, activity, call, guarded, LogDouble, nativeMap, NOW, openNative } from './guarded-desk.js';

const ROWS = `insert into desk.agents (id, name, email, role) values (7, 'A', 'a@desk.example', 'agent'), (8, 'B', 'b@desk.example', 'agent');
  insert into desk.customers (id, customer_number, name, email) values (3, 'C-3', 'Maria', 'maria@mail.example');
  insert into desk.tickets (id, number, subject, category, channel, customer_id, agent_id) values (77, 'T-77', 'Printer', 'technical', 'web', 3, 7);
  insert into desk.messages (id, ticket_id, author, customer_id, channel, body, sent_at) values
    (6, 77, 'customer', 3, 'web', 'second', '2026-02-02'), (5, 77, 'customer', 3, 'web', 'first', '2026-02-01');
  insert into desk.statements (ticket_id, body, actor, stated_at) values (77, 'it is a scanner', 'customer', '2026-03-01');
  insert into desk.statements (message_id, body, actor, stated_at) values (5, 'that was not me', 'customer', '2026-03-01');
  insert into desk.statements (customer_id, body, actor, stated_at) values (3, 'I moved', 'customer', '2026-03-01')`;

const READING: readonly Json[] = [
  activity(),
  access('tickets', { categories: ['user'], may: ['read', 'list', 'change'] }),
  access('messages', { record: 'message', categories: ['user'] }),
];
const AGENT = call('agent/7');

describe('a guarded read', () => {
  afterEach(closeDesks);

  it('is one statement, parts in order, and is recorded before it is returned', async () => {
    const desk = await openNative(ROWS);
    const { tickets, log, statements } = guarded(desk, READING);
    const view = await tickets.read(AGENT, 'T-77');
    expect(view.messages.map(({ fields }) => fields['body'])).to.deep.equal(['first', 'second']);
    expect(statements.filter((text) => text.includes('desk.'))).to.have.length(1);
    const again = statements.length;
    await tickets.read(AGENT, 'ticket/77');
    expect(statements.length - again, 'round trips once the policies are known').to.equal(1);
    expect(log.entries).to.have.length(2);
    expect(log.entries[0]).to.include({
      actor: 'agent/7',
      record: 'ticket',
      key: '77',
      decision: 'masked',
      deed: 'read',
    });
    log.append = () => Promise.reject(new Error('the log is full'));
    const unrecorded = await tickets.read(AGENT, 'T-77').catch((error: unknown) => String(error));
    expect(unrecorded).to.equal('Error: the log is full');
  });

  it('shows what a person stated about a record to whom it shows the record, and to nobody else', async () => {
    const desk = await openNative(ROWS);
    const bodies = async (files: readonly Json[]): Promise<readonly (readonly string[])[]> => {
      const { ticket, customer, messages } = await guarded(desk, files).tickets.read(AGENT, 'T-77');
      return [ticket, customer, ...messages].map((part) => part?.statements.map(({ body }) => body) ?? []);
    };
    expect(await bodies(READING)).to.deep.equal([['it is a scanner'], [], ['that was not me'], []]);
    const bare = [
      activity(),
      access('tickets'),
      access('messages', {
        record: 'message',
        masks: { body: 'hidden' },
        categories: ['user.content.private'],
      }),
    ];
    expect(await bodies(bare)).to.deep.equal([[], [], [], []]);
    const person = access('customers', { record: 'customer', categories: ['user.name'] });
    expect(await bodies([...READING, person])).to.deep.equal([
      ['it is a scanner'],
      ['I moved'],
      ['that was not me'],
      [],
    ]);
  });

  it('where consent is the basis, needs it: withdrawn, the next read is denied; without anybody to ask, every one', async () => {
    const desk = await openNative(
      `${ROWS}; create table desk.consenting (id text); insert into desk.consenting values ('3')`,
    );
    const files = [activity([{ purpose: 'dpv:CustomerCare', basis: 'eu-gdpr:A6-1-a' }]), ...READING.slice(1)];
    const { tickets } = guarded(desk, files, {
      consentHolds: (_, { keySql }) => `exists (select from desk.consenting c where c.id = ${keySql})`,
    });
    expect((await tickets.read(AGENT, 'T-77')).messages).to.have.length(2);
    await desk.admin('delete from desk.consenting');
    await refusal(tickets.read(AGENT, 'T-77'), 'access_denied');
    await refusal(guarded(desk, files).tickets.read(AGENT, 'T-77'), 'access_denied');
  });

  it('a policy published by one process is in force in the next call of every other', async () => {
    const desk = await openNative(ROWS);
    const clock = fixedClock(NOW);
    const engine = (db = desk.db): Engine =>
      engineOver({
        db,
        graph: desk.graph,
        clock,
        vault: null,
        log: new LogDouble(),
        policiesInForce: () => Promise.resolve([]),
      });
    const other = await openPostgres(desk.url, { max: 2 });
    other.guard([]);
    try {
      const [here, there] = [engine(), engine(other)];
      await refusal(there.tickets.read(AGENT, 'T-77'), 'access_denied');
      await here.policies.publish({ drafts: draftsOf(...READING) }, officer);
      const waiting = await here.policies.waiting();
      const late = fixedClock(parseInstant('2026-07-01T00:00:00Z') as Instant);
      const later = engineOver({
        db: other,
        graph: desk.graph,
        clock: late,
        vault: null,
        log: new LogDouble(),
        policiesInForce: () => Promise.resolve([]),
      });
      for (const { id } of waiting)
        await here.policies.approve(id, { name: 'approver', assurance: 'asserted' });
      expect((await later.tickets.read(AGENT, 'T-77')).messages, 'once cooled').to.have.length(2);
      expect((await later.tickets.list(AGENT)).tickets).to.have.length(1);
      const removing = engineOver({
        db: desk.db,
        graph: desk.graph,
        clock: late,
        vault: null,
        log: new LogDouble(),
        policiesInForce: () => Promise.resolve([]),
      });
      await removing.policies.publish({ drafts: draftsOf(), remove: ['messages', 'tickets'] }, officer);
      await refusal(later.tickets.read(AGENT, 'T-77'), 'access_denied');
      await refusal(later.tickets.list(AGENT), 'access_denied');
    } finally {
      await other.close();
    }
  });

  it('a write asks again once the row is its own: reassigned meanwhile is denied, recorded, and changes nothing', async () => {
    const desk = await openNative(ROWS);
    const own = [activity(), access('tickets', { assigned: 'self', may: ['change'] })];
    const { context, log } = guarded(desk, own);
    const write = (): Promise<unknown> =>
      recordingDenials(context, () =>
        desk.db.transaction(async (tx) => {
          await requireAccess(context, tx, AGENT, 'change', 'ticket/77');
        }),
      );
    await write();
    expect(log.entries.map(({ decision }) => decision)).to.deep.equal(['allow']);
    const session = await desk.connect();
    await session.query('begin; update desk.tickets set agent_id = 8 where id = 77');
    const late = refusal(write(), 'access_denied');
    await untilBlocked(desk.admin, 'for no key update');
    await session.query('commit');
    const error = await late;
    expect(error.message).to.equal(
      (
        await refusal(
          recordingDenials(context, () =>
            desk.db.transaction((tx) => requireAccess(context, tx, AGENT, 'change', 'ticket/78')),
          ),
        )
      ).message.replace('78', '77'),
    );
    expect(log.entries.slice(1).map(({ decision, key }) => `${decision} ${String(key)}`)).to.deep.equal([
      'deny 77',
      'deny 78',
    ]);
  });

  it('bad input is refused by its form, without repeating it', async () => {
    const desk = await openNative(ROWS);
    const { tickets } = guarded(desk, READING);
    const secret = 'maria@mail.example';
    for (const work of [
      tickets.read(AGENT, secret),
      tickets.read(AGENT, 'ticket/1e9'),
      tickets.read(AGENT, `ticket/${'9'.repeat(30)}`),
      tickets.read(AGENT, 77 as never),
      tickets.read(AGENT, 'customer/3'),
      tickets.read(AGENT, 'T-77\0'),
      tickets.read(null as never, 'T-77'),
      tickets.read(call('agent/7', secret), 'T-77'),
      tickets.read(call(secret), 'T-77'),
      tickets.read(call('agent/7', 'agent', secret as never), 'T-77'),
      tickets.attachment(AGENT, secret),
      tickets.list(AGENT, { sort: secret as never }),
      tickets.list(AGENT, { limit: 100_000 }),
      tickets.list(AGENT, { after: 'bm90aGluZw' }),
      tickets.list(AGENT, {
        after: Buffer.from('["-updatedAt","2026-01-01T00:00:00Z","1; drop"]').toString('base64url'),
      }),
      tickets.list(AGENT, { filter: { [secret]: 1 } as never }),
      tickets.find(AGENT, { name: secret } as never),
      tickets.find(AGENT, { text: 'x'.repeat(10_000) }),
      tickets.find(AGENT, { text: 'ab\0cd' }),
      tickets.find(AGENT, { email: secret, phone: '1' }),
    ]) {
      const error = await refusal(work, 'input_invalid');
      expect(JSON.stringify([error.message, error.details])).not.to.include('maria');
    }
    expect(
      (await refusal(tickets.read(call('agent/7', 'wizard'), 'T-77'), 'access_denied')).message,
    ).to.include('names one of these roles');
    expect(
      (await refusal(tickets.read(call('agent/7', 'agent', 'dpv:Marketing'), 'T-77'), 'access_denied'))
        .message,
    ).to.include('no activity in force');
  });

  it('beside a foreign ticket system nothing is claimed', async () => {
    const map = { ...nativeMap(), id: 'foreign' };
    const desk = await openDesk({ ddl: ROWS, map, migrations: ['desk'] });
    const { tickets } = guarded(desk, READING);
    for (const work of [
      tickets.read(AGENT, 'T-77'),
      tickets.list(AGENT),
      tickets.find(AGENT, { number: 'T-77' }),
      tickets.requestProof({ number: 'T-77', address: 'x@y' }),
    ])
      await refusal(work, 'map_unenforced');
  });
});
