import { expect } from 'chai';
import { closureOf } from '../../src/datamap/closure.js';
import { looseKeys } from '../../src/datamap/loose-keys.js';
import { partitionedDesk, rowByRow } from '../support/partitioned-desk.js';
import {
  approvedPlan,
  AS_OF,
  closeDesks,
  column,
  dispose,
  officer,
  openDesk,
  operator,
  rule,
  shown,
  TICKETS,
  ticketRows,
  ticketTable,
  type Desk,
} from '../support/small-desk.js';

const RULES = [rule()];
const left = (desk: Desk, table: string, where = 'true'): Promise<readonly string[]> =>
  column(desk.admin, `select id from shop.${table} where ${where}`);

/** A ticket of 2023, which is not due, has the id of one of 2021, which is. */
const TWIN = "insert into shop.tickets values (2021004, 'open', '2023-05-05', 1)";

describe('a key of several rows', () => {
  afterEach(closeDesks);

  for (const [how, mapOf] of [
    ['declared partitioned', (map: never) => map],
    ['of which the map does not say that it is partitioned', rowByRow],
  ] as const) {
    it(`takes nothing while one of them is not due, nor what hangs on it: a table ${how}`, async () => {
      const setup = partitionedDesk(5);
      const desk = await openDesk({ ...setup, map: mapOf(setup.map as never) });
      await desk.admin(TWIN);
      const engine = desk.engine(RULES);
      const planned = await engine.retention.plan('old-tickets', officer, AS_OF);
      expect(planned.report.protected).to.deep.equal([
        { by: 'shared-key', kind: 'key', ground: 'rows that do not go have the same key', records: 1 },
      ]);
      expect(await shown(engine, planned.id)).to.include('ticket/2021004 protected shared-key');
      await dispose(engine);
      expect(await left(desk, 'tickets', 'id < 2022000')).to.deep.equal(['2021004', '2021004']);
      expect(await left(desk, 'messages', 'ticket_id < 2022000')).to.have.length(2);
      expect(await left(desk, 'events', 'ticket_id < 2022000')).to.have.length(1);
    });

    it(`is found by the run, too: a table ${how}`, async () => {
      const setup = partitionedDesk(5);
      const desk = await openDesk({ ...setup, map: mapOf(setup.map as never) });
      const engine = desk.engine(RULES);
      const plan = await approvedPlan(engine);
      await desk.admin(TWIN);
      await engine.retention.apply(plan, operator);
      expect(await left(desk, 'tickets', 'id < 2022000')).to.deep.equal(['2021004', '2021004']);
      expect(await shown(engine, plan)).to.include('ticket/2021004 protected shared-key');
      const certificate = await engine.retention.certificate(plan);
      expect(certificate.kept.map(({ why, by, kind }) => ({ why, by, kind }))).to.deep.equal([
        { why: 'protected', by: 'shared-key', kind: 'key' },
      ]);
    });

    it(`below a record keeps the record: a table ${how}`, async () => {
      const setup = partitionedDesk(5);
      const desk = await openDesk({ ...setup, map: mapOf(setup.map as never) });
      // a message of a ticket that stays has the id of one of ticket 2021003
      await desk.admin("insert into shop.messages values (20210031, 2023001, '2023-02-15', 'another')");
      await dispose(desk.engine(RULES));
      expect(await left(desk, 'tickets', 'id < 2022000')).to.deep.equal(['2021003']);
      expect(await left(desk, 'messages', 'ticket_id = 2023001')).to.include('20210031');
    });
  }

  it('goes as one record when all of its rows are due', async () => {
    const desk = await openDesk(partitionedDesk(5));
    await desk.admin("insert into shop.tickets values (2021004, 'closed', '2022-05-05', 1)");
    await dispose(desk.engine(RULES));
    expect(await left(desk, 'tickets', 'id < 2023000')).to.deep.equal([]);
  });

  it('can be where no unique index of the table itself covers the key, and is looked for there alone', async () => {
    const setup = partitionedDesk(1);
    const desk = await openDesk(setup);
    const tables = closureOf(desk.graph, desk.graph.records.get('ticket') as never).inner;
    const names = async () => (await looseKeys(desk.db, tables)).map(({ id }) => id).sort();
    expect(await names()).to.deep.equal(['messages', 'tickets']);
    const plain = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1])}`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const [ticket] = [...plain.graph.records.values()];
    expect(await looseKeys(plain.db, ticket ? [ticket] : [])).to.deep.equal([]);
    await plain.admin('create table shop.archived () inherits (shop.tickets)');
    expect(await looseKeys(plain.db, ticket ? [ticket] : [])).to.deep.equal([ticket]);
  });

  it('a table that inherits is a part of its parent: the same key there keeps both', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2])};
        create table shop.archived () inherits (shop.tickets); insert into shop.archived values (1, 'open', '2023-06-01')`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    await dispose(desk.engine(RULES));
    expect(await left(desk, 'tickets')).to.deep.equal(['1', '1']);
  });
});
