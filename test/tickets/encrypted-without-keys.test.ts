import { expect } from 'chai';
import { MemoryKeyring } from '../support/memory-keys.js';
import { closeDesks, refusal, type Json } from '../support/small-desk.js';
import { encryptedDesk } from './encrypted-desk.js';
import { access, call, NOW } from './guarded-desk.js';
import { agent, everything, form, PERMITTED, writingDesk, type WritingDesk } from './writing-desk.js';

const POLICIES: readonly Json[] = [
  ...PERMITTED,
  access('bare', { roles: ['porter'], may: ['list', 'read'] }),
  access('bare-customers', { record: 'customer', roles: ['porter'] }),
  // of messages they see none, so no file comes with one
  access('porter-files', { record: 'attachment', roles: ['porter'], categories: ['user'] }),
];
const porter = call('agent/7', 'porter');

describe('a desk that is stored encrypted, when keys are away or gone', () => {
  let here: WritingDesk;
  let keys: MemoryKeyring;
  before(async () => {
    keys = new MemoryKeyring();
    here = await writingDesk(POLICIES, undefined, { encryption: (desk) => encryptedDesk(desk, keys) });
  });
  after(closeDesks);
  afterEach(() => {
    keys.isAway = false;
  });

  it('without the key service shows nothing that is encrypted, records no reading, and goes on with the rest', async () => {
    const { ticket } = await here.tickets.open(form, {
      channel: 'web',
      subject: 's',
      body: 'b',
      category: 'c',
      customer: { email: 'away@mail.example', name: 'A' },
      attachments: [{ fileName: 'f', mediaType: 'text/plain', content: Buffer.from('f') }],
    });
    const [file] = (await here.tickets.read(agent, ticket)).messages.flatMap(
      ({ attachments }) => attachments,
    );
    const reads = (): Promise<readonly Json[]> =>
      here.rows("select count(*) from lethe.access_log where deed in ('read', 'list') and actor = 'agent/7'");
    keys.isAway = true;
    const before = await reads();
    await refusal(here.tickets.read(agent, ticket), 'key_service_unavailable');
    await refusal(here.tickets.list(agent), 'key_service_unavailable');
    await refusal(here.tickets.find(agent, { number: 'T-77' }), 'key_service_unavailable');
    await refusal(here.tickets.attachment(agent, file?.record ?? ''), 'key_service_unavailable');
    expect(await reads()).to.deep.equal(before);
    // who is shown no protected column needs no key
    const { tickets } = await here.tickets.list(porter, { limit: 1 });
    expect(tickets[0]?.fields).to.include({ status: 'new' }).and.not.to.have.property('subject');
    const view = await here.tickets.read(porter, ticket);
    expect(view.customer?.fields).to.have.property('ticket_count', 1);
    expect(view.withheld).to.equal(2);
    await here.tickets.assign(agent, { ticket, agent: 'agent/7' });
    await here.tickets.change(agent, { ticket, status: 'pending', priority: 'high' });
    const kept = await everything(here);
    await refusal(here.tickets.note(agent, { ticket, body: 'b' }), 'key_service_unavailable');
    await refusal(here.tickets.state(agent, { record: ticket, text: 't' }), 'key_service_unavailable');
    const correction = { customer: 'customer/4', field: 'city', value: 'Ulm', reason: 'r' } as const;
    await refusal(here.tickets.correct(agent, correction), 'key_service_unavailable');
    expect(await everything(here)).to.deep.equal(kept);
  });

  it('leaves nothing half-written when the key service goes away while a ticket is opened', async () => {
    for (const least of [1, 2]) {
      const kept = await everything(here);
      let made = 0;
      const make = keys.make.bind(keys);
      keys.make = (use, count) => {
        made += 1;
        keys.isAway = made >= least;
        return make(use, count);
      };
      const open = here.tickets.open(form, {
        channel: 'web',
        subject: 's',
        body: 'b',
        category: 'c',
        customer: { email: `gone${least}@mail.example`, name: 'G' },
      });
      await refusal(open, 'key_service_unavailable');
      keys.make = make;
      keys.isAway = false;
      expect(made).to.equal(least);
      expect(await everything(here)).to.deep.equal(kept);
      const index = `select from lethe.blind_index b where not exists (select from desk.customers c where c.id::text = b.key)`;
      expect(await here.rows(index)).to.deep.equal([]);
    }
  });

  it('says that the key is destroyed, and reads the tickets of others as before', async () => {
    const [key] = await here.rows("select id from lethe.data_key where record = 'ticket' and key = '79'");
    await keys.destroy([String(key?.['id'])], NOW);
    await refusal(here.tickets.read(agent, 'ticket/79'), 'key_destroyed');
    expect((await here.tickets.read(agent, 'ticket/77')).ticket.fields['subject']).to.equal('Broken');
  });

  it('lists and finds a ticket whose key is gone beside the others, and names what cannot be read of it', async () => {
    const { tickets } = await here.tickets.list(agent);
    const lost = tickets.filter(({ unreadable }) => unreadable !== undefined);
    expect(lost.map(({ record, unreadable }) => ({ record, unreadable }))).to.deep.equal([
      { record: 'ticket/79', unreadable: { subject: 'key_destroyed' } },
    ]);
    expect(lost[0]?.fields).to.include({ number: 'T-79', subject: null });
    const others = tickets.filter(({ record }) => record !== 'ticket/79');
    expect(others.map(({ fields }) => fields['subject'])).to.include.members(['Broken', 'Done']);
    const [found] = await here.tickets.find(agent, { number: 'T-79' });
    expect(found).to.deep.include({ unreadable: { subject: 'key_destroyed' } });
  });

  it('lists nothing while the key service is away, or where a value was changed', async () => {
    keys.isAway = true;
    await refusal(here.tickets.list(agent), 'key_service_unavailable');
    keys.isAway = false;
    await here.desk.admin(
      "update desk.tickets set subject = overlay(subject placing 'AAAA' from 60) where id = 77",
    );
    await refusal(here.tickets.list(agent), 'envelope_invalid');
  });
});
