import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { beginEncryption, encryptDatabase } from '../../src/encryption/convert.js';
import type { ConvertContext } from '../../src/encryption/convert-context.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import type { OpenInput } from '../../src/tickets/write-inputs.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { closeDesks, refusal, untilBlocked } from '../support/small-desk.js';
import { encryptedDesk } from './encrypted-desk.js';
import { call, NOW } from './guarded-desk.js';
import {
  agent,
  customer,
  everything,
  form,
  PERMITTED,
  writingDesk,
  type WritingDesk,
} from './writing-desk.js';

const ORDER = { channel: 'web', subject: 'Leak', body: 'b', category: 'c' } as const;
const someone = (email: string): OpenInput => ({ ...ORDER, customer: { email, name: 'Nia' } });

describe('what is refused where it is stored encrypted', () => {
  let here: WritingDesk;
  let ring: MemoryKeyring;
  before(async () => {
    ring = new MemoryKeyring();
    here = await writingDesk(PERMITTED, undefined, { encryption: (desk) => encryptedDesk(desk, ring) });
  });
  after(closeDesks);

  const file = { fileName: 'a.txt', mediaType: 'text/plain', content: Buffer.from('a') };
  const nobody = call('agent/9', 'nobody');
  const open = (who: typeof agent, input: OpenInput) => () => here.tickets.open(who, input);
  const REFUSED: Readonly<Record<string, readonly [() => Promise<unknown>, string]>> = {
    'a ticket by a role without rights': [open(nobody, someone('nia@mail.example')), 'access_denied'],
    'a ticket for another purpose': [
      open(call('agent/7', 'agent', 'dpv:Marketing'), someone('nia@mail.example')),
      'access_denied',
    ],
    'a customer’s ticket for another': [
      open(customer(3), { ...ORDER, customer: 'customer/4' }),
      'access_denied',
    ],
    'a customer’s ticket for somebody new': [open(customer(3), someone('nia@mail.example')), 'access_denied'],
    'a ticket of nobody': [open(agent, { ...ORDER, customer: 'customer/999' }), 'access_denied'],
    'a ticket without an address': [open(form, { ...ORDER, customer: { name: 'Nia' } }), 'intake_refused'],
    'a ticket without a subject': [
      open(form, { ...someone('nia@mail.example'), subject: ' ' }),
      'intake_refused',
    ],
    'a reply to another’s ticket': [
      () => here.tickets.reply(customer(3), { ticket: 'ticket/79', body: 'b' }),
      'access_denied',
    ],
    'a file without a right to': [
      () => here.tickets.attach(nobody, { message: 'message/5', files: [file] }),
      'access_denied',
    ],
    'a statement without a right to': [
      () => here.tickets.state(nobody, { record: 'ticket/79', text: 'not so' }),
      'access_denied',
    ],
    'a correction without a right to': [
      () =>
        here.tickets.correct(nobody, { customer: 'customer/4', field: 'city', value: 'Ulm', reason: 'r' }),
      'access_denied',
    ],
  };
  for (const [what, [work, code]] of Object.entries(REFUSED))
    it(`leaves neither a row nor a key in the vault: ${what}`, async () => {
      // 79 and 4 have theirs from the beginning: as if nothing of them had been stored yet
      await here.rows("delete from lethe.data_key where key in ('4', '79')");
      const [before, keys] = [await everything(here), ring.keys.size];
      for (let times = 0; times < 3; times += 1) await refusal(work(), code);
      expect(ring.keys.size).to.equal(keys);
      expect(await everything(here)).to.deep.equal(before);
      expect(await here.rows("select 1 from lethe.data_key where key in ('4', '79')")).to.deep.equal([]);
    });

  it('does not hide that the form may: two keys for a ticket of somebody new, and their values', async () => {
    const keys = ring.keys.size;
    const { ticket } = await here.tickets.open(form, {
      ...someone('ok@mail.example'),
      source: { kind: 'form', ref: 'contact' },
    });
    expect(ring.keys.size).to.equal(keys + 2);
    const view = await here.tickets.read(agent, ticket);
    expect(view.ticket.fields).to.include({ subject: 'Leak', subject_source_ref: 'contact' });
    expect(view.customer?.fields).to.include({ name: 'Nia', email: 'ok@mail.example', company: null });
    expect(view.customer?.fields['customer_number']).to.match(/^C-10\d{3}$/);
  });

  it('is decided without the key service', async () => {
    ring.isAway = true;
    try {
      await refusal(open(nobody, someone('nia@mail.example'))(), 'access_denied');
    } finally {
      ring.isAway = false;
    }
  });
});

describe('a correction while the first encryption goes on', () => {
  let here: WritingDesk;
  let ring: MemoryKeyring;
  let context: ConvertContext;
  beforeEach(async () => {
    ring = new MemoryKeyring();
    here = await writingDesk(PERMITTED, undefined, {
      encryption: async ({ db, graph }) => {
        context = { db, graph, keyring: ring, clock: fixedClock(NOW) };
        await beginEncryption(context, 'officer');
        await ring.named('index');
        return encryptionOver(context);
      },
    });
  });
  afterEach(closeDesks);

  const correct = (customer: string, value: string): Promise<unknown> =>
    here.tickets.correct(agent, { customer, field: 'email', value, reason: 'typo' });

  it('gives nobody an address that another has in the clear, in whatever case', async () => {
    const [before, keys] = [await everything(here), ring.keys.size];
    for (const value of ['Maria@Mail.example', 'MARIA@mail.example']) {
      const { message } = await refusal(correct('customer/4', value), 'input_invalid');
      expect(message).to.include('another customer has it').and.not.to.match(/maria/i);
    }
    expect(await everything(here)).to.deep.equal(before);
    expect(ring.keys.size, 'no key for what was refused').to.equal(keys);
    expect(await encryptDatabase(context, 'officer')).to.include({ shared: 0 });
  });

  it('gives nobody an address that another has encrypted already', async () => {
    await correct('customer/3', 'Maria.New@mail.example');
    const keys = ring.keys.size;
    await refusal(correct('customer/4', 'MARIA.new@mail.example'), 'input_invalid');
    expect(ring.keys.size).to.equal(keys);
  });

  it('takes the customer’s own address in another case, and one that has become free', async () => {
    await correct('customer/3', 'MARIA@mail.example');
    await correct('customer/3', 'maria.new@mail.example');
    await correct('customer/4', 'maria@mail.example');
    expect(await encryptDatabase(context, 'officer')).to.include({ shared: 0 });
    const [found] = await here.tickets.find(agent, { email: 'maria@mail.example' });
    expect(found?.record).to.equal('ticket/79');
  });
});

describe('an index entry whose customer is not there', () => {
  let here: WritingDesk;
  beforeEach(async () => {
    here = await writingDesk(PERMITTED, undefined, { encryption: (desk) => encryptedDesk(desk) });
    // as if a customer with Jo's address had been deleted past Lethe
    await here.rows("update lethe.blind_index set key = '999' where key = '4'");
  });
  afterEach(closeDesks);

  const found = async (email: string): Promise<readonly unknown[]> =>
    (await here.tickets.find(agent, { email })).map(({ fields }) => fields['customer_id']);
  const entriesOf = (key: string): Promise<readonly unknown[]> =>
    here.rows(`select kind from lethe.blind_index where key = '${key}' order by kind`);

  it('goes when somebody opens a ticket with the address, with all that is the absent one’s', async () => {
    await here.tickets.open(form, someone('JO@mail.example'));
    expect(await found('jo@mail.example')).to.deep.equal(['101']);
    expect(await entriesOf('999')).to.deep.equal([]);
    expect(await entriesOf('3'), 'of whom is there nothing goes').to.have.length(3);
  });

  it('goes when somebody is corrected to the address', async () => {
    await here.tickets.correct(agent, {
      customer: 'customer/3',
      field: 'email',
      value: 'jo@mail.example',
      reason: 'r',
    });
    expect(await found('jo@mail.example')).to.deep.equal(['3', '3']);
    expect(await entriesOf('999')).to.deep.equal([]);
  });

  it('stays when the customer comes while it is looked at: whoever makes them is waited for', async () => {
    const session = await here.desk.connect();
    await session.query('begin');
    await session.query("select from lethe.blind_index where key = '999' for update");
    const opening = here.tickets.open(form, someone('jo@mail.example'));
    await untilBlocked(here.desk.admin, 'select b.key from lethe.blind_index');
    const spelled = (n: number): string => `'lk1.${String(n).repeat(80)}'`;
    await session.query(`
      insert into desk.customers (id, customer_number, name, email, created_at)
      values (999, ${spelled(1)}, ${spelled(2)}, ${spelled(3)}, '2026-01-01')`);
    await session.query('commit');
    await session.end();
    const { ticket } = await opening;
    expect(
      await here.rows(`select customer_id from desk.tickets where 'ticket/' || id = '${ticket}'`),
    ).to.deep.equal([{ customer_id: '999' }]);
    expect(await entriesOf('999')).to.have.length(2);
  });
});
