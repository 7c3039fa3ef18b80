import { expect } from 'chai';
import { replay } from '../../src/disposal/replay.js';
import { LANGUAGES } from '../../src/policy/languages.js';
import type { CorrectInput } from '../../src/tickets/write-inputs.js';
import { backUp, closeRestored, restored } from '../support/restore.js';
import { closeDesks, hold, officer, operator, refusal } from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';
import { NOW } from './guarded-desk.js';
import { agent, allText, everything, writingDesk, type WritingDesk } from './writing-desk.js';

const ORDER: CorrectInput = {
  customer: 'customer/3',
  field: 'phone',
  value: '+49 40 777777',
  reason: 'She moved',
  evidence: 'letter of 2 May',
};

describe('rectification', () => {
  let desk: WritingDesk;
  beforeEach(async () => {
    desk = await writingDesk();
  });
  afterEach(async () => {
    await closeRestored();
    await closeDesks();
  });

  it('corrects the person’s data as an event that holds neither value, and leaves what was written', async () => {
    const messages = await desk.rows('select t::text from desk.messages t order by id');
    const { rectification } = await desk.tickets.correct(agent, ORDER);
    expect(await desk.rows('select phone from desk.customers where id = 3')).to.deep.equal([
      { phone: ORDER.value },
    ]);
    expect(await desk.rows('select t::text from desk.messages t order by id')).to.deep.equal(messages);
    const [event] = await desk.rows(
      'select r.*, a.name from lethe.rectification r join lethe.actor a on a.id = r.corrected_by',
    );
    expect(event).to.deep.include({
      id: rectification,
      record: 'customer',
      key: '3',
      field: 'customer.phone',
      reason: 'She moved',
      evidence: 'letter of 2 May',
      name: 'agent/7',
      corrected_at: NOW,
    });
    expect(Object.keys(event ?? {}), 'nothing by which a value could be tried').to.have.members(
      'id record key field reason evidence corrected_by corrected_at name'.split(' '),
    );
    const text = await allText(desk);
    expect(text.includes('+49 30 1')).to.equal(false);
    expect(text.split(ORDER.value ?? '')).to.have.length(2);
    const [entry] = await desk.rows("select body from lethe.ledger_entry where kind = 'rectified'");
    expect(String(entry?.['body']))
      .to.include('customer.phone')
      .and.to.not.match(/moved|777777|customer\/3/);
  });

  it('lists whom it has to be told to: who gets the category, and to whom it was forwarded', async () => {
    const { tickets } = desk;
    await tickets.forward(agent, {
      ticket: 'ticket/77',
      recipient: 'host',
      fields: ['customer.name', 'message.body'],
    });
    const { tasks } = await tickets.correct(agent, ORDER);
    const open = await tickets.tasks(agent, { state: 'open' });
    expect(open.map(({ id }) => id)).to.have.members(tasks as string[]);
    expect(
      open.map(({ kind, recipient, activity, subject, field }) =>
        [kind, recipient, activity, subject, field].join(' '),
      ),
    ).to.have.members([
      'tell-recipient carrier support customer/3 customer.phone',
      'tell-recipient host support customer/3 customer.phone',
    ]);
    const carrier = open.find(({ recipient }) => recipient === 'carrier')?.id ?? '';
    await tickets.completeTask(agent, { task: carrier });
    await refusal(tickets.completeTask(agent, { task: carrier }), 'task_unknown');
    expect((await tickets.tasks(agent, { state: 'open' })).map(({ recipient }) => recipient)).to.deep.equal([
      'host',
    ]);
    expect((await tickets.tasks(agent, { state: 'done' })).map(({ doneAt }) => doneAt)).to.deep.equal([NOW]);
  });

  it('a category the recipient does not get is none of theirs, unless it was forwarded', async () => {
    const { tickets } = desk;
    const birth = { ...ORDER, field: 'date_of_birth', value: '1990-01-31' } as const;
    await tickets.correct(agent, birth);
    expect((await tickets.tasks(agent)).map(({ recipient }) => recipient)).to.deep.equal(['host']);
    await desk.desk
      .admin(`insert into desk.forwards (ticket_id, activity, recipient, purpose, fields, categories, forwarded_at)
      values (77, 'former', 'former-carrier', 'dpv:DeliveryOfGoods', '{customer.date_of_birth}', '{user.demographic}', '2026-02-01'),
        (79, 'former', 'of-somebody-else', 'dpv:DeliveryOfGoods', '{customer.date_of_birth}', '{user.demographic}', '2026-02-01')`);
    await tickets.correct(agent, { ...birth, value: '1990-01-30' });
    expect(new Set((await tickets.tasks(agent)).map(({ recipient }) => recipient))).to.deep.equal(
      new Set(['host', 'former-carrier']),
    );
  });

  it('drafts the notice of Art. 19 in five languages, which is stored nowhere', async () => {
    await desk.tickets.correct(agent, ORDER);
    const [task] = (await desk.tickets.tasks(agent)).filter(({ recipient }) => recipient === 'carrier');
    const before = await everything(desk);
    for (const language of LANGUAGES) {
      const draft = await desk.tickets.draft(agent, { task: task?.id ?? '', language });
      expect(draft).to.include({ language, contact: 'privacy@carrier.example' });
      for (const part of ['+49 40 777777', 'C-3', 'Carrier', ' 19 '])
        expect(draft.text, language).to.include(part);
    }
    expect(await everything(desk)).to.deep.equal(before);
  });

  it('what is on hold stays as it is, and takes a statement that is shown wherever it is shown', async () => {
    await desk.desk
      .engine([])
      .holds.place({ ...hold, scope: { kind: 'subject', record: 'customer/3' } }, officer);
    const before = await everything(desk);
    const error = await refusal(desk.tickets.correct(agent, ORDER), 'rectification_held');
    expect(error.message).to.include('statement');
    expect(await everything(desk)).to.deep.equal(before);
    const messages = await desk.rows('select t::text from desk.messages t');
    const statement = await desk.tickets.state(agent, {
      record: 'message/6',
      text: 'I never said hello. Card 4111 1111 1111 1111',
    });
    expect(statement.dropped).to.deep.equal([{ field: 'statement.body', kind: 'card-number', count: 1 }]);
    await desk.tickets.state(agent, { record: 'customer/3', text: 'My number is another' });
    expect(await desk.rows('select t::text from desk.messages t')).to.deep.equal(messages);
    const shown = JSON.stringify(await desk.tickets.read(agent, 'ticket/78'));
    expect(shown).to.include('I never said hello. Card •••• 1111').and.to.include('My number is another');
    expect(JSON.stringify(await desk.tickets.read(agent, 'ticket/79'))).to.not.include('My number');
  });

  it('after a restore asks for the correction again, because no journal holds the value', async () => {
    const name = await backUp(desk.desk);
    await desk.tickets.correct(agent, ORDER);
    await desk.tickets.correct(agent, { ...ORDER, field: 'city', value: null });
    const yesterday = await restored(desk.desk, name);
    const url = Object.assign(new URL(desk.desk.url), { pathname: `/${name}` }).href;
    const vault = vaultOf(url);
    expect(JSON.stringify((await vault.acts(0)).acts))
      .to.include('customer.phone')
      .and.to.not.include('777777');
    const { db } = yesterday;
    const done = await replay({ db, graph: desk.desk.graph, clock: desk.context.clock, vault }, operator);
    expect(done).to.include({ acts: 2, correctionsLost: 2 });
    expect(
      await yesterday.rows(
        "select kind || ' ' || record || '/' || key || ' ' || field || ' ' || state from lethe.task",
      ),
    ).to.deep.equal([
      'correct-again customer/3 customer.city open',
      'correct-again customer/3 customer.phone open',
    ]);
  });
});

describe('a correction', () => {
  let desk: WritingDesk;
  before(async () => {
    desk = await writingDesk();
  });
  after(closeDesks);

  const HOSTILE: Readonly<Record<string, CorrectInput>> = {
    'no such field': { ...ORDER, field: 'ticket_count' as 'phone' },
    'a key': { ...ORDER, field: 'id' as 'phone' },
    'a name that is nobody’s': { ...ORDER, field: 'name', value: null },
    'an address that another has': { ...ORDER, field: 'email', value: 'JO@mail.example' },
    'an address that is none': { ...ORDER, field: 'email', value: 'nobody' },
    'a day that is none': { ...ORDER, field: 'date_of_birth', value: '1990-02-31' },
    'a card': { ...ORDER, field: 'company', value: '4111 1111 1111 1111' },
    'a text that is too long': { ...ORDER, value: '1'.repeat(51) },
    'a NUL': { ...ORDER, value: 'a\0' },
    'no reason': { ...ORDER, reason: '' },
    'a column in SQL': { ...ORDER, field: 'phone" = null --' as 'phone' },
  };
  for (const [what, input] of Object.entries(HOSTILE))
    it(`is refused with nothing written: ${what}`, async () => {
      const before = await everything(desk);
      const error = await refusal(desk.tickets.correct(agent, input), 'input_invalid');
      expect(error.message).to.not.match(/JO@|1990-02-31|4111/);
      expect(await everything(desk)).to.deep.equal(before);
    });
});
