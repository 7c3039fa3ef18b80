import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { requireCurrent, standingOf } from '../../src/ledger/standing.js';
import { adoptVault, requireOwnVault } from '../../src/ledger/vault-link.js';
import { nodeArguments } from '../support/compiled.js';
import { append, closeLedgers, findings, openLedger, seal, type LedgerBench } from '../support/ledger.js';
import {
  approvedPlan,
  closeDesks,
  column,
  ids,
  openDesk,
  refusal,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
  TODAY,
  type Desk,
} from '../support/small-desk.js';
import { vaultFolder, vaultOf } from '../support/vault.js';

const MAP = { tables: { tickets: ticketTable() }, edges: [] };
const CHILD = fileURLToPath(new URL('../support/dying-child.ts', import.meta.url));

async function dieAt(point: string, desk: Desk, plan: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-dying-'));
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify({ url: desk.url, map: MAP, policies: [rule()], plan }));
  const { signal, stdout, stderr } = spawnSync(process.execPath, [...nodeArguments(CHILD), point, file], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  expect(signal, stdout + stderr).to.equal('SIGKILL');
  // the server notices that its client is gone
  while (
    (
      await column(
        desk.admin,
        "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()",
      )
    )[0] !== '0'
  );
}

const states = async (desk: Desk): Promise<readonly string[]> =>
  (await vaultOf(desk.url).acts(0)).acts.map(({ state }) => state);

describe('a process killed by kill -9', () => {
  afterEach(closeDesks);

  it('between intent and commit leaves an open act; the next start finds that it never was', async () => {
    const desk = await openDesk({ ddl: `${TICKETS}; ${ticketRows([1, 2])}`, map: MAP });
    const plan = await approvedPlan(desk.engine([rule()]));
    await dieAt('intended', desk, plan);
    expect(await states(desk)).to.deep.equal(['open']);
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['1', '2']);
    await requireCurrent(desk.db, vaultOf(desk.url));
    expect(await states(desk)).to.deep.equal(['void']);
    const engine = desk.engine([rule()]);
    await engine.retention.apply(plan, { name: 'operator', assurance: 'asserted' });
    expect(await states(desk)).to.deep.equal(['void', 'done']);
    await requireCurrent(desk.db, vaultOf(desk.url));
    expect((await engine.ledger.verify()).findings).to.deep.equal([]);
  });

  it('between commit and confirmation leaves an open act; the next start finds that it was', async () => {
    const desk = await openDesk({ ddl: `${TICKETS}; ${ticketRows([1, 2])}`, map: MAP });
    const plan = await approvedPlan(desk.engine([rule()]));
    await dieAt('committed', desk, plan);
    expect(await states(desk)).to.deep.equal(['open']);
    expect(await ids(desk.admin, 'tickets')).to.deep.equal([]);
    await requireCurrent(desk.db, vaultOf(desk.url));
    expect(await states(desk)).to.deep.equal(['done']);
  });

  it('between a seal and the vault’s word of it: the next start is not alarmed', async () => {
    const desk = await openDesk({ ddl: `${TICKETS}; ${ticketRows([1, 2])}`, map: MAP });
    await dieAt('sealed', desk, await approvedPlan(desk.engine([rule()])));
    expect(await vaultOf(desk.url).seal()).to.equal(null);
    await requireCurrent(desk.db, vaultOf(desk.url));
    expect((await desk.engine([rule()]).ledger.verify()).findings).to.deep.equal([]);
    expect(await vaultOf(desk.url).seal()).to.include({ number: 1 });
  });

  it('an act that is still going on is left alone', async () => {
    const desk = await openDesk({ ddl: `${TICKETS}; ${ticketRows([1])}`, map: MAP });
    const vault = vaultOf(desk.url);
    const writer = await desk.connect();
    await writer.query(`begin; select pg_advisory_xact_lock_shared(327580665874)`);
    await vault.intend({
      kind: 'hold.lifted',
      id: 'going-on',
      at: TODAY.now(),
      actor: 'actor-1',
      hold: 'hold-1',
    });
    await requireCurrent(desk.db, vault);
    expect(await states(desk)).to.deep.equal(['open']);
    await writer.query('rollback');
    await requireCurrent(desk.db, vault);
    expect(await states(desk)).to.deep.equal(['void']);
  });
});

describe('database and vault', () => {
  afterEach(closeLedgers);

  const linked = async (): Promise<LedgerBench> => {
    const ledger = await openLedger();
    await requireOwnVault(ledger.db, ledger.vault);
    await append(ledger.db, 2);
    await seal(ledger);
    return ledger;
  };
  const copyOf = (url: string): string => {
    const copy = `${vaultFolder(url)}-copy`;
    cpSync(vaultFolder(url), copy, { recursive: true });
    return copy;
  };
  const putBack = (url: string, copy: string): void => {
    rmSync(vaultFolder(url), { recursive: true });
    cpSync(copy, vaultFolder(url), { recursive: true });
    rmSync(copy, { recursive: true });
  };

  it('are tied together on first need, by however many processes at once', async () => {
    const ledger = await openLedger();
    const others = await Promise.all([1, 2, 3].map(() => ledger.another()));
    const found = await Promise.all(others.map((db) => requireOwnVault(db, vaultOf(ledger.url))));
    expect(new Set(found.map(({ id }) => id))).to.have.property('size', 1);
    const keys = await Promise.all([1, 2, 3].map(() => vaultOf(ledger.url).signingKey()));
    expect(new Set(keys.map(({ fingerprint }) => fingerprint))).to.have.property('size', 1);
  });

  it('a lost vault is said, and another one is taken only by a person’s decision, which the ledger keeps', async () => {
    const ledger = await linked();
    rmSync(vaultFolder(ledger.url), { recursive: true });
    await refusal(requireOwnVault(ledger.db, ledger.vault), 'vault_lost');
    const adopted = await adoptVault(ledger, 'officer');
    expect(adopted).to.include({ block: 1 });
    await requireOwnVault(ledger.db, ledger.vault);
    await requireCurrent(ledger.db, ledger.vault);
    await append(ledger.db, 1);
    expect(await findings(ledger)).to.deep.equal([]);
    const [entry] = await ledger.admin<{ body: string }>(
      "select body from lethe.ledger_entry where kind = 'vault.adopted'",
    );
    expect(JSON.parse(entry?.body ?? '')).to.have.nested.property('about.instead', adopted.instead);
    const origins = (await ledger.vault.publicKeys()).map(({ origin }) => origin);
    expect(origins).to.deep.equal(['own', 'adopted']);
  });

  it('a vault that has served another database is refused, adopted or not', async () => {
    const [ledger, other] = [await linked(), await linked()];
    await refusal(requireOwnVault(ledger.db, other.vault), 'vault_foreign');
    await refusal(adoptVault({ ...ledger, vault: other.vault }, 'officer'), 'vault_foreign');
    await refusal(requireOwnVault((await openLedger()).db, other.vault), 'vault_foreign');
  });

  it('an older vault is said, and adopted by a person’s decision', async () => {
    const ledger = await linked();
    const copy = copyOf(ledger.url);
    for (const entries of [1, 2]) {
      await append(ledger.db, entries);
      await seal(ledger);
    }
    putBack(ledger.url, copy);
    await requireOwnVault(ledger.db, ledger.vault);
    await refusal(requireCurrent(ledger.db, ledger.vault), 'vault_older');
    expect((await findings(ledger)).join()).to.match(/an older copy of the vault/);
    expect(await adoptVault(ledger, 'officer')).to.deep.include({ block: 3, instead: null });
    await requireCurrent(ledger.db, ledger.vault);
    expect(await findings(ledger)).to.deep.equal([]);
  });

  it('a vault that cannot be read stops everything, and says why', async () => {
    const ledger = await linked();
    writeFileSync(join(vaultFolder(ledger.url), 'seal.json'), '{"number":');
    const error = await refusal(standingOf(ledger.db, ledger.vault), 'vault_unreadable');
    expect(error.message).to.include('seal document is damaged');
  });
});
