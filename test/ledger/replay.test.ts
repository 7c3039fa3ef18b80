import { rmSync } from 'node:fs';
import pg from 'pg';
import { expect } from 'chai';
import { replay } from '../../src/disposal/replay.js';
import { sql } from '../../src/db/sql.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { verifyLedger } from '../../src/ledger/verify.js';
import {
  closeDesks,
  dispose,
  hold,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
  approver,
} from '../support/small-desk.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
import { vaultFolder } from '../support/vault.js';

const MAP = {
  tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } } },
  edges: [{ child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
};
const DDL = `${TICKETS}; ${ticketRows([1, 2, 3, 4], [5])};
  create table shop.messages (id bigint primary key, ticket_id bigint);
  insert into shop.messages select t * 10 + n, t from generate_series(1, 5) t, generate_series(1, 2) n`;

describe('a restored database', () => {
  afterEach(async () => {
    await closeRestored();
    await closeDesks();
  });

  it('is closed until replay; then everything erased is gone again, holds stand, lifted ones are lifted', async () => {
    const desk = await openDesk({ ddl: DDL, map: MAP });
    const engine = desk.engine([rule()]);
    const early = await engine.holds.place(
      { ...hold, scope: { kind: 'record', record: 'ticket/4' } },
      officer,
    );
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/3' } }, officer);
    await engine.ledger.seal();
    const name = await backUp(desk);
    const condition = { all: [{ fact: 'status', operator: 'equal', value: 'open' }] };
    const placed = await engine.holds.place(
      { ...hold, scope: { kind: 'condition', record: 'ticket', condition } },
      officer,
    );
    await engine.holds.lift(early.id, 'settled', approver);
    await dispose(engine);
    const { rows: left } = await desk.db.query(sql`select id from shop.tickets order by id`);
    expect(left.map(({ id }) => id)).to.deep.equal(['3', '5']);

    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    expect(await yesterday.rows('select id from shop.tickets')).to.deep.equal(['1', '2', '3', '4', '5']);
    await refusal(requireCurrent(parts.db, parts.vault), 'database_restored');
    const closed = await verifyLedger(parts);
    expect(closed.findings.map(({ where }) => where)).to.include('the end of the ledger');

    const done = await replay(parts, operator);
    expect(done).to.deep.equal({
      acts: 3,
      records: 3,
      kept: 0,
      holdsPlaced: 1,
      holdsLifted: 1,
      versionsPublished: 0,
      plansWithdrawn: 0,
      consentsWithdrawn: 0,
      tokensRevoked: 0,
      correctionsLost: 0,
      quarantinesPlaced: 0,
      quarantinesReleased: 0,
      flagsSet: 0,
      flagsLifted: 0,
      uncertain: [],
    });
    await requireCurrent(parts.db, parts.vault);
    expect(await yesterday.rows('select id from shop.tickets')).to.deep.equal(['3', '5']);
    expect(await yesterday.rows('select id from shop.messages')).to.deep.equal(['31', '32', '51', '52']);
    const standing = await yesterday.rows('select id from lethe.protection where lifted_at is null');
    expect(standing).to.have.length(2).and.to.include(placed.id).and.not.to.include(early.id);
    const found = await verifyLedger(parts);
    expect(found.findings).to.deep.equal([]);
    expect(found.last.number).to.equal(3);
    expect(await replay(parts, operator)).to.include({ acts: 0 });
    expect((await yesterday.engine.ledger.verify()).ok).to.equal(true);
  });

  it('from before anything was sealed, and again an older one: replay goes on where it is', async () => {
    const desk = await openDesk({ ddl: DDL, map: MAP });
    const name = await backUp(desk);
    await dispose(desk.engine([rule()]));
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    await refusal(requireCurrent(parts.db, parts.vault), 'database_restored');
    expect(await replay(parts, operator)).to.include({ records: 4 });
    await requireCurrent(parts.db, parts.vault);
    expect((await verifyLedger(parts)).findings).to.deep.equal([]);
    expect((await verifyLedger(parts)).last.number).to.equal(2);
    expect(await yesterday.rows('select id from shop.tickets')).to.deep.equal(['5']);
  });

  it('restored to a moment after the last seal is noticed by its acts alone', async () => {
    const desk = await openDesk({ ddl: DDL, map: MAP });
    const engine = desk.engine([rule()]);
    await engine.ledger.seal();
    const name = await backUp(desk);
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/1' } }, officer);
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    await refusal(requireCurrent(parts.db, parts.vault), 'database_restored');
    expect(await replay(parts, operator)).to.include({ acts: 1, holdsPlaced: 1 });
    await requireCurrent(parts.db, parts.vault);
  });

  it('a replay killed half-way goes on where it stopped', async () => {
    const desk = await openDesk({ ddl: DDL, map: MAP });
    const engine = desk.engine([rule()]);
    const name = await backUp(desk);
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/3' } }, officer);
    await dispose(engine);
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    let moves = 0;
    const killed = {
      ...parts.vault,
      move: async (id: string, entry: string): Promise<void> => {
        moves += 1;
        await parts.vault.move(id, entry);
        if (moves === 2) throw new Error('killed');
      },
    };
    await replay({ ...parts, vault: killed }, operator).catch(() => undefined);
    expect(await yesterday.rows('select id from lethe.protection')).to.have.length(1);
    await refusal(requireCurrent(parts.db, parts.vault), 'database_restored');
    expect(await replay(parts, operator)).to.include({ acts: 1, records: 3, holdsPlaced: 0 });
    await requireCurrent(parts.db, parts.vault);
    expect(await yesterday.rows('select id from shop.tickets')).to.deep.equal(['3', '5']);
  });

  it('what a hold of the restored database covers is kept, and said', async () => {
    const desk = await openDesk({ ddl: DDL, map: MAP });
    const engine = desk.engine([rule()]);
    const name = await backUp(desk);
    await dispose(engine);
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    await yesterday.engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/2' } }, officer);
    expect(await replay(parts, operator)).to.include({ records: 3, kept: 1 });
    expect(await yesterday.rows('select id from shop.tickets')).to.deep.equal(['2', '5']);
  });

  it('what somebody has open stops the replay, which is then tried again', async () => {
    const desk = await openDesk({ ddl: DDL, map: MAP });
    const name = await backUp(desk);
    await dispose(desk.engine([rule()]));
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    const agent = new pg.Client(Object.assign(new URL(desk.url), { pathname: `/${name}` }).href);
    await agent.connect();
    await agent.query('begin; select from shop.tickets where id = 1 for update');
    await refusal(replay(parts, operator), 'replay_incomplete');
    await refusal(requireCurrent(parts.db, parts.vault), 'database_restored');
    await agent.end();
    expect(await replay(parts, operator)).to.include({ records: 4 });
    rmSync(vaultFolder(desk.url), { recursive: true, force: true });
  });
});
