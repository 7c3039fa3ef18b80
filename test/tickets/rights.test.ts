import { expect } from 'chai';
import { openAccessLog } from '../../src/access/access-log-writer.js';
import { grantsText } from '../../src/cli/grants.js';
import { guardedTables } from '../../src/datamap/graph.js';
import { openPostgres } from '../../src/db/postgres.js';
import { ticketsOver } from '../../src/tickets/tickets.js';
import { closeDesks, type Desk } from '../support/small-desk.js';
import { encryptedDesk } from './encrypted-desk.js';
import { agent, wholeMap, writingDesk } from './writing-desk.js';

describe('the printed grants', () => {
  afterEach(closeDesks);

  for (const [what, options] of [
    ['tickets are written by', {}],
    ['they are written by where they are encrypted', { encryption: (desk: Desk) => encryptedDesk(desk) }],
  ] as const)
    it(`suffice for everything that ${what}`, async () => {
      const { desk, context } = await writingDesk(undefined, undefined, options);
      const user = `lethe_${new URL(desk.url).pathname.slice(-12)}`;
      await desk.admin(`create role ${user} login password 'x'`);
      await desk.admin(grantsText(wholeMap()).replace(/ to lethe;$/gm, ` to ${user};`));
      const db = await openPostgres(Object.assign(new URL(desk.url), { username: user, password: 'x' }).href);
      db.guard(guardedTables(desk.graph));
      try {
        const tickets = ticketsOver({ ...context, db, log: openAccessLog(db, context.clock) });
        const files = [{ fileName: 'a.txt', mediaType: 'text/plain', content: Buffer.from('a') }];
        const { ticket, message } = await tickets.open(agent, {
          channel: 'web',
          subject: 'Card 4111 1111 1111 1111',
          body: 'b',
          category: 'c',
          customer: { email: 'a@b.example', name: 'A' },
          notice: { digest: 'c'.repeat(64), language: 'en' },
          attachments: files,
        });
        await tickets.reply(agent, { ticket, body: 'b' });
        await tickets.note(agent, { ticket, body: 'b' });
        await tickets.attach(agent, { message, files });
        await tickets.assign(agent, { ticket, agent: 'agent/7' });
        await tickets.change(agent, { ticket, status: 'resolved' });
        await tickets.link(agent, { ticket, to: 'ticket/77', type: 'related' });
        await tickets.forward(agent, { ticket, recipient: 'carrier', fields: ['customer.name'] });
        await tickets.flagSensitive(agent, { message: 'message/6' });
        await tickets.state(agent, { record: ticket, text: 'not so' });
        const { tasks } = await tickets.correct(agent, {
          customer: 'customer/3',
          field: 'city',
          value: 'Ulm',
          reason: 'moved',
        });
        await tickets.draft(agent, { task: tasks[0] ?? '' });
        await tickets.completeTask(agent, { task: tasks[0] ?? '' });
        await tickets.redact(agent, { record: 'message/5', kind: 'card', keepText: true });
        await tickets.redact(agent, { record: 'attachment/101', kind: 'other' });
        expect(await tickets.tasks(agent, { state: 'open' })).to.have.length(tasks.length - 1);
      } finally {
        await db.close();
        await desk.admin(`drop owned by ${user}; drop role ${user}`);
      }
    });
});
