import { expect } from 'chai';
import { release } from '../../src/access/quarantine-store.js';
import { liftSensitive } from '../../src/access/sensitive-store.js';
import { replay } from '../../src/disposal/replay.js';
import { journaled } from '../../src/ledger/journaled.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { ticketsOver } from '../../src/tickets/tickets.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
import { closeDesks, operator } from '../support/small-desk.js';
import { agent, MovingClock, writingDesk, type WritingDesk } from '../tickets/writing-desk.js';

/** Ends a quarantine or lifts a flag: the first no call of the guarded storage does, the second takes another ground. */
const ending = (
  { context: { db, vault, clock } }: WritingDesk,
  how: 'release' | 'lift',
  key: number,
): Promise<boolean> =>
  journaled(
    vault,
    (work) => db.transaction(work),
    (tx, intend) => {
      const message = { record: 'message', key: String(key) };
      return how === 'release'
        ? release(tx, clock, message, 'agent/7', intend)
        : liftSensitive(tx, clock, message, 'agent/7', intend);
    },
  );

describe('a restored database', () => {
  let desk: WritingDesk;
  beforeEach(async () => {
    desk = await writingDesk();
    await desk.desk.admin(`
      insert into desk.messages (id, ticket_id, author, customer_id, channel, body, sent_at)
      select id, 77, 'customer', 3, 'e-mail', 'Text ' || id, '2026-01-02' from generate_series(11, 15) id`);
  });
  afterEach(async () => {
    await closeRestored();
    await closeDesks();
  });

  it('hides again what was hidden after the backup, and only that; what was released or lifted stays so', async () => {
    const { tickets } = desk;
    const hide = (key: number): Promise<unknown> =>
      tickets.redact(agent, { record: `message/${key}`, kind: 'card' });
    const flag = (key: number): Promise<unknown> =>
      tickets.flagSensitive(agent, { message: `message/${key}` });
    await hide(15);
    await flag(14);
    const name = await backUp(desk.desk);
    for (const key of [5, 11]) await hide(key);
    for (const key of [11, 15]) expect(await ending(desk, 'release', key)).to.equal(true);
    for (const key of [6, 12]) await flag(key);
    for (const key of [12, 14]) expect(await ending(desk, 'lift', key)).to.equal(true);

    const yesterday = await restored(desk.desk, name);
    const parts = { ...context(yesterday, desk.desk, name), clock: new MovingClock() };
    const again = ticketsOver({ ...desk.context, db: yesterday.db, vault: parts.vault });
    const seen = async (): Promise<string> => JSON.stringify(await again.read(agent, 'ticket/77'));
    expect(await seen(), 'before')
      .to.include('4111')
      .and.to.not.include('Text 15');
    const journal = JSON.stringify((await parts.vault.acts(0)).acts);
    expect(journal)
      .to.include('quarantine.placed')
      .and.to.not.match(/4111|Text 1/);

    expect(await replay(parts, operator)).to.include({
      ...{ acts: 8, quarantinesPlaced: 2, quarantinesReleased: 2 },
      ...{ flagsSet: 2, flagsLifted: 2 },
    });
    await requireCurrent(parts.db, parts.vault);
    expect(await seen())
      .to.include('Text 11')
      .and.to.include('Text 15')
      .and.to.not.include('4111');
    const standing = (table: string, ended: string): Promise<readonly string[]> =>
      yesterday.rows(`select record || '/' || key from lethe.${table} where ${ended} is null`);
    expect(await standing('quarantine', 'released_at')).to.deep.equal(['message/5']);
    expect(await standing('sensitive', 'lifted_at')).to.deep.equal(['message/6']);
    expect(await replay(parts, operator)).to.include({ acts: 0 });
  });

  it('hides nothing for a record that is not there any more: its key may be another one’s tomorrow', async () => {
    const name = await backUp(desk.desk);
    const { message } = await desk.tickets.reply(agent, {
      ticket: 'ticket/77',
      body: 'Sent after the backup',
    });
    await desk.tickets.redact(agent, { record: message, kind: 'other' });
    await desk.tickets.flagSensitive(agent, { message: 'message/6' });

    const yesterday = await restored(desk.desk, name);
    const parts = context(yesterday, desk.desk, name);
    const done = await replay(parts, operator);
    expect(done).to.include({ acts: 2, quarantinesPlaced: 0, flagsSet: 1 });
    expect(await yesterday.rows('select key from lethe.quarantine')).to.deep.equal([]);
  });
});
