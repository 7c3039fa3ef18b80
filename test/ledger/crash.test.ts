import { expect } from 'chai';
import { openPostgres } from '../../src/db/postgres.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { startOwnServer, type TestServer } from '../support/server.js';
import {
  closeDesks,
  dispose,
  ids,
  openDesk,
  rule,
  ticketRows,
  ticketTable,
  TICKETS,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

describe('a database that does not wait for its commits to be written', () => {
  let server: TestServer | undefined;
  afterEach(closeDesks);
  afterEach(() => server?.stop());

  it('loses nothing that the vault was told of when it crashes', async () => {
    server = await startOwnServer(['synchronous_commit=off', 'wal_writer_delay=10s']);
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2], [3])}`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
      server: server.url,
    });
    await desk.admin('checkpoint');
    const engine = desk.engine([rule()]);
    await dispose(engine);
    await engine.ledger.seal();
    await server.crash();
    await server.restart();
    const db = await openPostgres(desk.url);
    try {
      await requireCurrent(db, vaultOf(desk.url));
      expect(await ids(desk.admin, 'tickets')).to.deep.equal(['3']);
    } finally {
      await db.close();
    }
  });
});
