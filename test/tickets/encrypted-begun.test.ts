import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import type { Queryable } from '../../src/db/database.js';
import { beginEncryption } from '../../src/encryption/convert.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { NO_ENCRYPTION, type Encryption } from '../../src/encryption/encryption.js';
import { ticketsOver } from '../../src/tickets/tickets.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { closeDesks, refusal } from '../support/small-desk.js';
import { NOW } from './guarded-desk.js';
import { agent, everything, form, writingDesk, type WritingDesk } from './writing-desk.js';

/** What a process does that has read of its first transaction, or of all, that nothing is encrypted. */
function behind(encryption: Encryption, all = false): Encryption & { readonly seen: Set<Queryable> } {
  const seen = new Set<Queryable>();
  const of = (on: Queryable): Encryption => {
    const isBehind = seen.has(on) || all || seen.size === 0;
    if (isBehind) seen.add(on);
    return isBehind ? NO_ENCRYPTION : encryption;
  };
  return {
    seen,
    isOn: (on) => of(on).isOn(on),
    encrypt: (on, place, values) => of(on).encrypt(on, place, values),
    decrypt: (values, on) => encryption.decrypt(values, on),
    decryptBytes: (value, on) => encryption.decryptBytes(value, on),
    digests: (on, kind, wanted) => of(on).digests(on, kind, wanted),
    index: (on, entry) => of(on).index(on, entry),
  };
}

describe('a desk whose first encryption goes on', () => {
  let here: WritingDesk;
  let encryption: Encryption;
  beforeEach(async () => {
    here = await writingDesk(undefined, undefined, {
      encryption: async ({ db, graph, admin }) => {
        await admin("update desk.messages set body = 'lk1.c29tZWJvZHkgd3JvdGUgdGhpcw' where id = 6");
        const context = { db, graph, keyring: new MemoryKeyring(), clock: fixedClock(NOW) };
        encryption = encryptionOver(context);
        await beginEncryption(context, 'officer');
        return encryption;
      },
    });
  });
  afterEach(closeDesks);

  const opened = (email: string): ReturnType<typeof here.tickets.open> =>
    here.tickets.open(form, {
      channel: 'web',
      subject: 'Ümläut',
      body: 'b',
      category: 'c',
      customer: { email, name: 'N' },
    });

  it('reads what is encrypted beside what is not yet, and a text that only looks like an envelope', async () => {
    const { message } = await here.tickets.note(agent, { ticket: 'ticket/78', body: 'Grüße' });
    const { ticket, messages } = await here.tickets.read(agent, 'ticket/78');
    expect(ticket.fields).to.include({ subject: 'Done' });
    expect(messages.map(({ fields }) => fields['body'])).to.deep.equal([
      'lk1.c29tZWJvZHkgd3JvdGUgdGhpcw',
      'Grüße',
    ]);
    const [stored] = await here.rows(
      `select body from desk.messages where id = ${message.split('/')[1] ?? ''}`,
    );
    expect(stored?.['body']).to.match(/^lk1\./);
  });

  it('finds people whose address is in the clear and those whose is not, and makes nobody twice', async () => {
    const known = await opened('MARIA@mail.example');
    const made = await opened('new@mail.example');
    const again = await opened('New@mail.example');
    const found = async (email: string): Promise<readonly string[]> =>
      (await here.tickets.find(agent, { email })).map(({ record }) => record);
    expect(await found('maria@Mail.example')).to.deep.equal([known.ticket, 'ticket/78', 'ticket/77']);
    expect(await found('NEW@mail.example')).to.deep.equal([again.ticket, made.ticket]);
    expect(await here.rows('select count(*)::int as n from desk.customers')).to.deep.equal([{ n: 3 }]);
  });

  it('gives nobody a number that somebody has in the clear', async () => {
    await here.rows(
      "alter table desk.customers disable trigger user; update desk.customers set customer_number = 'C-10101' where id = 4",
    );
    await opened('new@mail.example');
    expect(await here.tickets.find(agent, { customerNumber: 'C-10101' })).to.have.length(1);
    expect(await here.tickets.find(agent, { customerNumber: 'C-10102' })).to.have.length(1);
  });

  it('is written by a process that did not know yet in a second attempt, and once', async () => {
    const late = behind(encryption);
    const tickets = ticketsOver({ ...here.context, encryption: late });
    await tickets.note(agent, { ticket: 'ticket/79', body: 'Grüße' });
    expect(late.seen).to.have.length(1);
    const bodies = await here.rows('select body from desk.messages where ticket_id = 79');
    expect(bodies).to.have.length(1);
    expect(bodies[0]?.['body']).to.match(/^lk1\./);
  });

  it('is written by nobody in the clear: who goes on not knowing is told', async () => {
    const before = await everything(here);
    const tickets = ticketsOver({ ...here.context, encryption: behind(encryption, true) });
    await refusal(tickets.note(agent, { ticket: 'ticket/79', body: 'Grüße' }), 'encryption_begun');
    await refusal(tickets.state(agent, { record: 'message/6', text: 'not so' }), 'encryption_begun');
    expect(await everything(here)).to.deep.equal(before);
  });
});
