import { expect } from 'chai';
import { RULES } from '../support/busy-desk.js';
import {
  approvedPlan,
  approver,
  closeDesks,
  deletedRows,
  hold,
  ids,
  officer,
  openDesk,
  pauseDeletes,
  resume,
  untilPaused,
  ONCE,
  operator,
  refusal,
  TICKETS,
  ticketRows,
  ticketTable,
  untilBlocked,
} from '../support/small-desk.js';

describe('children that arrive during a run', () => {
  afterEach(closeDesks);

  it('a child with a foreign key that arrives during the batch goes along: the batch is tried again', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.messages (id bigint primary key, ticket_id bigint references shop.tickets);
        create table shop.files (id bigint primary key, message_id bigint references shop.messages);
        insert into shop.messages select n * 10, n from generate_series(1, 3) n`,
      map: {
        tables: { tickets: ticketTable(), messages: { key: { id: 'bigint' } }, files: {} },
        edges: [
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
        ],
      },
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    const agent = await desk.connect();
    await agent.query('begin; insert into shop.files values (100, 10)');
    const applying = engine.retention.apply(plan, operator);
    await untilBlocked(desk.admin, 'delete from');
    await agent.query('commit');
    await applying;
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['3']);
    expect(await ids(desk.admin, 'files')).to.deep.equal([]);
    expect(await deletedRows(desk.admin, plan)).to.deep.equal({ tickets: 2, messages: 2, files: 1 });
  });

  it('a child without a foreign key that arrives during the run is swept; orphans that were there before stay', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.messages (id bigint primary key, ticket_id bigint);
        create table shop.files (id bigint primary key, message_id bigint);
        create table shop.words (id bigint primary key, ticket_id bigint references shop.tickets);
        insert into shop.messages values (10, 1), (20, 2), (30, 3), (99, 77);
        insert into shop.files values (100, 10), (999, 88);
        insert into shop.words values (1, 1)`,
      map: {
        tables: {
          tickets: ticketTable(),
          messages: { key: { id: 'bigint' } },
          files: {},
          words: { key: { id: 'bigint' } },
        },
        edges: [
          { child: 'words', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'messages', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' },
          { child: 'files', parent: 'messages', on: { message_id: 'id' }, then: 'delete' },
        ],
      },
    });
    const engine = desk.engine(RULES);
    const plan = await approvedPlan(engine);
    await pauseDeletes(desk.admin, 'shop.words');
    const applying = engine.retention.apply(plan, operator);
    await untilPaused(desk.admin);
    // after the batch has read its closure: a message of a doomed ticket with a file, a file of a doomed message
    await desk.admin(
      'insert into shop.messages values (11, 1); insert into shop.files values (110, 11), (101, 10)',
    );
    await resume(desk.admin);
    await applying;
    expect(await ids(desk.admin, 'messages')).to.deep.equal(['30', '99']);
    expect(await ids(desk.admin, 'files')).to.deep.equal(['999']);
    expect(await desk.admin('select 1 from lethe.swept_parent')).to.deep.equal([]);
    const [entry] = await desk.admin<{ body: string }>(
      "select body from lethe.ledger_entry where kind = 'retention.swept'",
    );
    expect(JSON.parse(entry?.body ?? '{}')).to.deep.include({ counts: { late: 3 } });
  });

  it('a late child that is protected or in use is not swept, and the run says that it is not finished', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])};
        create table shop.files (id bigint primary key, ticket_id bigint);
        insert into shop.files values (10, 1), (20, 2), (30, 3);
        create function shop.late() returns trigger language plpgsql as $$ begin insert into shop.files values (old.id + 1000, old.ticket_id); return null; end $$;
        create trigger late after delete on shop.files for each row when (old.id = 10) execute function shop.late()`,
      map: {
        tables: {
          tickets: ticketTable(),
          files: {
            key: { id: 'bigint' },
            concept: 'file',
            columns: { id: { type: 'bigint' } },
            facts: { id: { column: 'id' } },
          },
        },
        edges: [{ child: 'files', parent: 'tickets', on: { ticket_id: 'id' }, then: 'delete' }],
      },
    });
    const engine = desk.engine(RULES);
    const condition = { all: [{ fact: 'id', operator: 'greaterThan', value: 1000 }] };
    const { id } = await engine.holds.place(
      { ...hold, scope: { kind: 'condition', record: 'file', condition } },
      officer,
    );
    const plan = await approvedPlan(engine);
    await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(await ids(desk.admin, 'files')).to.deep.equal(['1010', '30']);
    await engine.holds.lift(id, 'settled', approver);
    const agent = await desk.connect();
    await agent.query('begin; select from shop.files where id = 1010 for update');
    await refusal(engine.retention.apply(plan, operator, ONCE), 'run_incomplete');
    expect(await ids(desk.admin, 'files')).to.deep.equal(['1010', '30']);
    await agent.query('rollback');
    expect((await engine.retention.apply(plan, operator)).state).to.equal('done');
    expect(await ids(desk.admin, 'files')).to.deep.equal(['30']);
    expect(await desk.admin('select 1 from lethe.swept_parent')).to.deep.equal([]);
  });
});
