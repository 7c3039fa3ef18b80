import { expect } from 'chai';
import { encryptDatabase } from '../../src/encryption/convert.js';
import { NO_ENCRYPTION } from '../../src/encryption/encryption.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { LetheError } from '../../src/core/errors.js';
import { ticketsOver, type Tickets } from '../../src/tickets/tickets.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { closeDesks, isSoak } from '../support/small-desk.js';
import {
  agent,
  form,
  MovingClock,
  PERMITTED,
  writingDesk,
  type WritingDesk,
} from '../tickets/writing-desk.js';
import { everythingIn } from './whole-text.js';

const OLD = isSoak ? 40_000 : 1_500;
/** Begins every text and name that is written here, before and during. */
const MARK = 'Markisch';

const FILL = `
  insert into desk.customers (id, customer_number, name, email)
    select 1000 + n, 'N-' || n, '${MARK} ' || n, '${MARK}' || n || '@mail.example' from generate_series(1, ${OLD / 10}) n;
  insert into desk.messages (id, ticket_id, author, customer_id, channel, body)
    select 1000 + n, 77, 'customer', 3, 'e-mail', '${MARK} old ' || n from generate_series(1, ${OLD}) n;
  select setval(pg_get_serial_sequence('desk.customers', 'id'), 900000);
  select setval(pg_get_serial_sequence('desk.messages', 'id'), 900000)`;

describe('writers at work while encryption is turned on', () => {
  let desk: WritingDesk;
  let keyring: MemoryKeyring;
  let tickets: Tickets;
  let isOver = false;
  beforeEach(async () => {
    desk = await writingDesk(PERMITTED, new MovingClock(), { encryption: () => NO_ENCRYPTION });
    keyring = new MemoryKeyring();
    await desk.rows(FILL);
    tickets = desks();
  });
  afterEach(closeDesks);

  /** As another process has it: with its own memory of whether there is encryption. */
  const desks = (): Tickets =>
    ticketsOver({ ...desk.context, encryption: encryptionOver({ ...desk.context, keyring }) });

  /** Writes until it is over; returns what it wrote, by number. */
  async function keepWriting(write: (n: number) => Promise<unknown>): Promise<number> {
    let done = 0;
    while (!isOver) {
      await write(done);
      done += 1;
    }
    return done;
  }

  const opening = (n: number) =>
    tickets.open(form, {
      channel: 'web',
      subject: `${MARK} subject ${n}`,
      body: `${MARK} opens ${n}`,
      category: 'warranty',
      // every other one is somebody who is there, in the clear or not
      customer: {
        email: n % 2 === 0 ? `${MARK}${1 + (n % 50)}@mail.example` : `${MARK}-new-${n}@mail.example`,
        name: MARK,
      },
    });
  const replying = (n: number) => tickets.reply(agent, { ticket: 'ticket/77', body: `${MARK} answers ${n}` });
  const correcting = (n: number) =>
    tickets.correct(agent, {
      customer: `customer/${1001 + (n % 40)}`,
      field: 'city',
      value: `${MARK} city ${n}`,
      reason: 'moved',
      evidence: 'letter',
    });

  it('nothing that they write is lost or left in the clear, and nobody becomes two people', async () => {
    const late = desks();
    const whole = await late.read(agent, 'ticket/78'); // it has seen that nothing is encrypted
    isOver = false;
    const writers = Promise.all([opening, replying, correcting].map(keepWriting));
    writers.catch(() => undefined); // told below
    const { isNew, rows } = await encryptDatabase(
      { db: desk.desk.db, graph: desk.desk.graph, clock: desk.context.clock, keyring },
      'officer',
    ).finally(() => {
      isOver = true;
    });
    const [opened = 0, replied = 0, corrected = 0] = await writers;
    expect(isNew).to.equal(true);
    expect(rows['messages']).to.be.at.least(OLD);
    expect(Math.min(opened, replied, corrected), 'they were at it').to.be.above(2);

    expect((await everythingIn(desk.desk.admin)).toLowerCase().includes(MARK.toLowerCase())).to.equal(false);
    const { messages } = await tickets.read(agent, 'ticket/77');
    const bodies = new Set(messages.map(({ fields }) => fields['body']));
    for (let n = 0; n < replied; n += 1) expect(bodies.has(`${MARK} answers ${n}`), String(n)).to.equal(true);
    for (let n = 1; n <= OLD; n += 1) expect(bodies.has(`${MARK} old ${n}`), String(n)).to.equal(true);
    const [people] = await desk.rows(`select count(*)::int as people from desk.customers where id > 900000`);
    expect(people).to.deep.equal({ people: Math.floor(opened / 2) });

    // what knew nothing of it shows no envelope, and stores none of its texts in the clear
    expect((await late.read(agent, 'ticket/78')).ticket.fields).to.deep.equal(whole.ticket.fields);
    await late.reply(agent, { ticket: 'ticket/78', body: `${MARK} late` }).catch((error: unknown) => {
      if (!(error instanceof LetheError && error.code === 'encryption_begun')) throw error;
    });
    expect((await everythingIn(desk.desk.admin)).includes(`${MARK} late`)).to.equal(false);
  }).timeout(isSoak ? 0 : 60_000);
});
