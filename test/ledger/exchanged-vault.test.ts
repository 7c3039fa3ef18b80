import { expect } from 'chai';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { requireOwnVault } from '../../src/ledger/vault-link.js';
import {
  approvedPlan,
  closeDesks,
  hold,
  ids,
  officer,
  openDesk,
  operator,
  refusal,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
} from '../support/small-desk.js';
import { vaultFolder, vaultOf } from '../support/vault.js';

describe('a vault that is exchanged while a process works', () => {
  afterEach(closeDesks);

  async function linkedDesk() {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2])}`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    await requireOwnVault(desk.db, vaultOf(desk.url));
    return { ...desk, lethe: desk.engine([rule()]), folder: vaultFolder(desk.url) };
  }

  it('gets no act: nothing is deleted and no hold is placed until the right one is back', async () => {
    const { admin, lethe, folder } = await linkedDesk();
    const other = await linkedDesk();
    const plan = await approvedPlan(lethe);
    const order = { ...hold, scope: { kind: 'record', record: 'ticket/2' } } as const;
    renameSync(folder, `${folder}-away`);
    await refusal(lethe.retention.apply(plan, operator), 'vault_lost');
    cpSync(other.folder, folder, { recursive: true });
    await refusal(lethe.retention.apply(plan, operator), 'vault_foreign');
    await refusal(lethe.holds.place(order, officer), 'vault_foreign');
    expect(await ids(admin, 'tickets')).to.deep.equal(['1', '2']);
    expect(await admin('select from lethe.protection')).to.have.length(0);
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-away`, folder);
    await lethe.retention.apply(plan, operator);
    expect(await ids(admin, 'tickets')).to.deep.equal([]);
    expect((await lethe.ledger.verify()).findings).to.deep.equal([]);
  });
});
