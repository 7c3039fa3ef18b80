import { expect } from 'chai';
import { birthdayOf, keepPerson, personExists, readPerson } from '../../src/consent/person.js';
import type { Encryption, Owner, Place } from '../../src/encryption/encryption.js';
import { insertRecording } from '../../src/recording/call-store.js';
import { ticketsOver } from '../../src/tickets/tickets.js';
import { WRITTEN } from '../../src/tickets/written-tables.js';
import { MemoryKeyring } from '../support/memory-keys.js';
import { closeDesks, refusal, until, type Desk, type Json } from '../support/small-desk.js';
import { encryptedDesk } from './encrypted-desk.js';
import { access, call, NOW } from './guarded-desk.js';
import {
  agent,
  allText,
  everything,
  form,
  PERMITTED,
  writingDesk,
  type WritingDesk,
} from './writing-desk.js';

const MEGABYTE = 1024 * 1024;
/** What people write: umlauts, quotes, what looks like an envelope or an escape, characters of three and four bytes. */
const HOSTILE = [
  'Grüße aus Köln, “Ümläut”',
  `it's "quoted" \\ $1 %`,
  'lk1.AAAA',
  '\\x4c4b0101',
  '漢字 👩‍👩‍👧‍👦 \u202e',
  ' ',
];

const POLICIES: readonly Json[] = [
  ...PERMITTED,
  access('recordings', { record: 'recording', categories: ['user'] }),
];
const finder = call('agent/7', ['agent']);

/** Remembers for which place each row was encrypted. */
function watched(encryption: Encryption, places: Place[]): Encryption {
  return {
    ...encryption,
    encrypt: (on, place, values) => {
      places.push(place);
      return encryption.encrypt(on, place, values);
    },
  };
}

describe('a desk that is stored encrypted', () => {
  let here: WritingDesk;
  let keys: MemoryKeyring;
  const places: Place[] = [];
  before(async () => {
    keys = new MemoryKeyring();
    const encryption = async (desk: Desk): Promise<Encryption> => {
      await desk.admin(`
        update desk.messages set body = repeat('ä', ${MEGABYTE / 2}) where id = 6;
        update desk.customers set date_of_birth = '1990-01-31' where id = 4`);
      return watched(await encryptedDesk(desk, keys), places);
    };
    here = await writingDesk(POLICIES, undefined, { encryption });
  });
  after(closeDesks);
  afterEach(() => {
    keys.isAway = false;
  });

  it('gives back what was written, whatever it was, and no table holds any of it', async () => {
    const mark = (n: number, text: string): string => `PLANTED${n} ${text}`;
    const source = { kind: 'forwarded', ref: 'PLANTED-ref Müller' } as const;
    const file = { fileName: 'PLANTED-Übersicht.txt', mediaType: 'text/plain' };
    for (const [n, text] of HOSTILE.entries()) {
      const { ticket, message } = await here.tickets.open(form, {
        channel: 'web',
        subject: mark(n, text),
        body: mark(n, `body ${text}`),
        category: 'c',
        customer: { email: `PLANTED${n}@mail.example`, name: mark(n, text), phone: `+49 30 987654321${n}` },
        source,
        attachments: [
          { ...file, content: Buffer.alloc(0) },
          { ...file, content: Buffer.from('PLANTED é') },
        ],
      });
      await here.tickets.note(agent, { ticket, body: mark(n, `note ${text}`), source });
      await here.tickets.reply(agent, { ticket, body: mark(n, 'x'.repeat(99_000)) });
      for (const record of [ticket, message])
        await here.tickets.state(agent, { record, text: mark(n, `said of it ${text}`) });
      const view = await here.tickets.read(agent, ticket);
      await here.tickets.state(agent, { record: view.customer?.record ?? '', text: mark(n, `said ${text}`) });
      const { ticket: shown, customer, messages } = await here.tickets.read(agent, ticket);
      expect(shown.fields).to.deep.include({ subject: mark(n, text), subject_source_ref: source.ref });
      expect(customer?.fields).to.deep.include({
        name: mark(n, text),
        email: `PLANTED${n}@mail.example`,
        phone: `+49 30 987654321${n}`,
        company: null,
        customer_number: `C-${10_000 + Number(customer?.record.split('/')[1])}`,
      });
      expect(messages.map(({ fields }) => fields['body'])).to.deep.equal([
        mark(n, `body ${text}`),
        mark(n, `note ${text}`),
        mark(n, 'x'.repeat(99_000)),
      ]);
      expect(
        [shown, customer, messages[0]].map((one) => one?.statements.map(({ body }) => body)),
      ).to.deep.equal([
        [mark(n, `said of it ${text}`)],
        [mark(n, `said ${text}`)],
        [mark(n, `said of it ${text}`)],
      ]);
      const [empty, full] = messages[0]?.attachments ?? [];
      expect(empty?.fields).to.deep.include({ file_name: file.fileName, size_bytes: 0 });
      const contentOf = async (ref = ''): Promise<Buffer> =>
        Buffer.from((await here.tickets.attachment(agent, ref)).content);
      expect(await contentOf(empty?.record)).to.have.length(0);
      expect((await contentOf(full?.record)).toString()).to.equal('PLANTED é');
    }
    expect((await allText(here)).match(/PLANTED|Müller|987654321|Übersicht/gi) ?? []).to.deep.equal([]);
  });

  it('encrypts each row under the key of whom the map names', async () => {
    const sound = { mediaType: 'audio/ogg', content: Buffer.from('PLANTED'), seconds: 1, startedAt: NOW };
    const recording = await here.desk.db.transaction((tx) =>
      insertRecording(here.context.encryption, tx, '77', sound),
    );
    const { content } = await here.tickets.recording(agent, `recording/${recording}`);
    expect(Buffer.from(content).toString()).to.equal('PLANTED');
    const seen = new Set<string>();
    for (const { table: id, row, owner } of places) {
      const table = here.desk.graph.tables.get(id);
      const owners = table?.protected?.owners.map(
        ({ record, keySql }, place) =>
          `select ${place} as place, '${record}' as record, ${keySql}::text as key`,
      );
      const [found] = await here.rows(`
        select o.record, o.key from ${table?.sql ?? ''} this
        cross join lateral (${owners?.join(' union all ') ?? ''}) o where this.id = ${row} and o.key is not null
        order by o.place limit 1`);
      expect(found, `${id} ${row}`).to.deep.equal({ ...owner } satisfies Owner);
      seen.add(`${id} ${owner.record}`);
    }
    const all = [...here.desk.graph.tables.values()].flatMap(({ id, protected: its }) =>
      (its?.owners ?? []).map(({ record }) => `${id} ${record}`),
    );
    expect([...seen].sort()).to.deep.equal(all.sort());
    expect([...WRITTEN.numbered].sort()).to.deep.equal([...new Set(places.map(({ table }) => table))].sort());
  });

  it('finds people by their address in any case, their number, and their phone in another spelling', async () => {
    const { record } = (await here.tickets.read(agent, 'ticket/77')).customer ?? {};
    await here.tickets.correct(agent, { customer: record ?? '', field: 'country', value: 'DE', reason: 'r' });
    await here.tickets.correct(agent, {
      customer: record ?? '',
      field: 'phone',
      value: '030 123456',
      reason: 'r',
    });
    const found = async (order: Parameters<typeof here.tickets.find>[1]): Promise<readonly string[]> =>
      (await here.tickets.find(finder, order)).map((one) => one.record);
    const hers = ['ticket/78', 'ticket/77'];
    expect(await found({ email: ' MARIA@mail.EXAMPLE' })).to.deep.equal(hers);
    expect(await found({ customerNumber: 'C-3' })).to.deep.equal(hers);
    expect(await found({ phone: '+49 (30) 12-34-56' })).to.deep.equal(hers);
    expect(await found({ phone: '+49 30 1' })).to.deep.equal([]);
    // without the country their number is read by, it is the digits that are left
    await here.tickets.correct(agent, { customer: record ?? '', field: 'country', value: null, reason: 'r' });
    expect(await found({ phone: '+493012 3456' })).to.deep.equal([]);
    expect(await found({ phone: '(030) 12-34 56' })).to.deep.equal(hers);
    expect(await found({ number: 'T-77' })).to.deep.equal(['ticket/77']);
    await refusal(here.tickets.find(finder, { text: 'Broken' }), 'search_encrypted');
  });

  it('corrects under the same key, finds by the new address alone, and refuses one that another has', async () => {
    const correct = (value: string): Promise<unknown> =>
      here.tickets.correct(agent, { customer: 'customer/4', field: 'email', value, reason: 'typo' });
    await correct('Jo.PLANTED@mail.example');
    expect(await here.tickets.find(finder, { email: 'jo@mail.example' })).to.deep.equal([]);
    const [found] = await here.tickets.find(finder, { email: 'jo.planted@mail.example' });
    expect(found?.record).to.equal('ticket/79');
    const before = await everything(here);
    const { message } = await refusal(correct('maria@MAIL.example'), 'input_invalid');
    expect(message).to.include('another customer has it').and.not.to.include('maria');
    expect(await everything(here)).to.deep.equal(before);
    expect(await allText(here)).not.to.include('PLANTED');
  });

  it('eight callers at once with one address are one customer', async () => {
    const open = (n: number): Promise<unknown> =>
      here.tickets.open(form, {
        channel: 'web',
        subject: `s${n}`,
        body: 'b',
        category: 'c',
        customer: { email: n % 2 ? 'crowd@mail.example' : 'CROWD@mail.example', name: 'C' },
      });
    await Promise.all(Array.from({ length: 8 }, (_, n) => open(n)));
    const found = await here.tickets.find(finder, { email: 'crowd@mail.example' });
    expect(new Set(found.map(({ fields }) => fields['customer_id']))).to.have.length(1);
    expect(found).to.have.length(8);
  });

  it('cuts a card out of the text before, and leaves a copy that is encrypted', async () => {
    const { copy } = await here.tickets.redact(agent, { record: 'message/5', kind: 'card', keepText: true });
    const { messages } = await here.tickets.read(agent, 'ticket/77');
    expect(messages.find(({ record }) => record === copy)?.fields).to.deep.include({
      body: 'My card is •••• 1111',
      source: 'copy',
      source_ref: 'message/5',
    });
    expect(await allText(here)).not.to.match(/My card is|1111 1111/);
  });

  it('shows no value that stands in another place than its own', async () => {
    const swaps = [
      `update desk.messages m set body = (select body from desk.messages o where o.id <> m.id and o.ticket_id = m.ticket_id
         order by o.id limit 1) where ticket_id = 77 and id in (select max(id) from desk.messages where ticket_id = 77)`,
      `update desk.tickets set subject_source_ref = subject where id = 77`,
      `update desk.tickets set subject = (select subject from desk.tickets where id = 79) where id = 77`,
      `update desk.customers set name = (select name from desk.customers where id = 4) where id = 3`,
      `update desk.customers set company = name where id = 3`,
    ];
    await here.desk.admin(`
      create table public.was_tickets as select * from desk.tickets;
      create table public.was_customers as select * from desk.customers;
      create table public.was_messages as select * from desk.messages`);
    for (const swap of swaps) {
      await here.desk.admin(swap);
      const { message } = await refusal(here.tickets.read(agent, 'ticket/77'), 'envelope_invalid');
      expect(message, swap).to.match(/(messages\.body|tickets\.subject|customers\.(name|company))/);
      await here.desk.admin(`
        update desk.tickets t set subject = w.subject, subject_source_ref = w.subject_source_ref from public.was_tickets w where w.id = t.id;
        update desk.customers t set name = w.name, company = w.company from public.was_customers w where w.id = t.id;
        update desk.messages t set body = w.body from public.was_messages w where w.id = t.id`);
    }
    await here.tickets.read(agent, 'ticket/77');
  });

  it('reads a text of a megabyte that was there before', async () => {
    const { messages } = await here.tickets.read(agent, 'ticket/78');
    expect(messages.map(({ fields }) => fields['body'])).to.deep.equal(['ä'.repeat(MEGABYTE / 2)]);
  });

  it('keeps a file of five megabytes', async () => {
    const content = Buffer.alloc(5 * MEGABYTE, 'PLANTED');
    const files = [{ fileName: 'f', mediaType: 'text/plain', content }];
    const { attachments } = await here.tickets.attach(agent, { message: 'message/6', files });
    const [ref = ''] = attachments;
    const stored = await here.rows(
      `select position('PLANTED'::bytea in content) as found, size_bytes from desk.attachments where id = ${ref.split('/')[1] ?? ''}`,
    );
    expect(stored).to.deep.equal([{ found: 0, size_bytes: content.length }]);
    const back = await here.tickets.attachment(agent, ref);
    expect(content.equals(back.content)).to.equal(true);
  });

  it('sends a proof to the address on record, and tells nobody whether there is one', async () => {
    const delivered: string[] = [];
    const context = { ...here.context, deliverProof: ({ to }: { to: string }) => void delivered.push(to) };
    const tickets = ticketsOver(context);
    await tickets.requestProof({ number: 'T-77', address: 'nobody@mail.example' });
    await tickets.requestProof({ number: 'T-77', address: 'maria@mail.example' });
    await until(() => Promise.resolve(delivered.length > 0), 'a proof delivered');
    expect(delivered).to.deep.equal(['Maria@Mail.example']);
    keys.isAway = true;
    for (const address of ['nobody@mail.example', 'maria@mail.example'])
      await refusal(tickets.requestProof({ number: 'T-77', address }), 'key_service_unavailable');
  });

  it('asks for a day of birth only where it matters', async () => {
    const { db, graph } = here.desk;
    const { encryption } = here.context;
    const person = readPerson(graph, 'customer/4');
    await db.transaction(async (tx) => {
      const kept = (await keepPerson(tx, person)) ?? { born: null };
      expect(kept.born?.value).to.match(/^lk1\./);
      expect(await birthdayOf(encryption, tx, person, kept)).to.equal('1990-01-31');
      keys.isAway = true;
      expect(await keepPerson(tx, person)).to.deep.equal(kept);
      await refusal(birthdayOf(encryption, tx, person, kept), 'key_service_unavailable');
    });
    expect(await personExists(db, person)).to.equal(true);
  });
});
