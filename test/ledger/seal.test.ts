import { expect } from 'chai';
import { appendEntry } from '../../src/ledger/append.js';
import { journaled } from '../../src/ledger/journaled.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { rotateKey } from '../../src/ledger/rotate.js';
import { sealLedger } from '../../src/ledger/seal.js';
import { proofProblem, proveEntry } from '../../src/ledger/proof.js';
import type { Vault } from '../../src/vault/vault.js';
import { append, closeLedgers, findings, later, openLedger, seal, tamper } from '../support/ledger.js';
import {
  closeDesks,
  dispose,
  hold,
  ids,
  officer,
  openDesk,
  refusal,
  rule,
  TICKETS,
  ticketRows,
  ticketTable,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

describe('seals', () => {
  afterEach(closeLedgers);

  it('order what has committed into blocks of bounded size, and change no entry', async () => {
    const ledger = await openLedger();
    await append(ledger.db, 7);
    const before = await ledger.admin('select * from lethe.ledger_entry order by id');
    expect(await sealLedger(ledger, 3)).to.deep.equal({ blocks: 3, entries: 7 });
    expect(await sealLedger(ledger)).to.deep.equal({ blocks: 0, entries: 0 });
    expect(await ledger.admin('select * from lethe.ledger_entry order by id')).to.deep.equal(before);
    const sizes = await ledger.admin(
      'select count(*)::int as n from lethe.ledger_sealed group by block order by block',
    );
    expect(sizes.map(({ n }) => n)).to.deep.equal([3, 3, 1]);
    expect(await ledger.vault.seal()).to.include({ number: 3 });
    expect(await findings(ledger)).to.deep.equal([]);
  });

  it('an entry that commits late goes into a later block; its open transaction stops neither writers nor the sealer', async () => {
    const ledger = await openLedger();
    const host = await ledger.another();
    let commit = (): void => undefined;
    const wrote = new Promise<void>((ready) => {
      const open = new Promise<void>((resolve) => (commit = resolve));
      void host
        .transaction(async (tx) => {
          await appendEntry(tx, { kind: 'late', at: later(-60), actor: 'actor-1', about: {} });
          ready();
          await open;
        })
        .then(() => (commit = (): void => undefined));
    });
    await wrote;
    await append(ledger.db, 5);
    expect(await sealLedger(ledger)).to.deep.equal({ blocks: 1, entries: 5 });
    commit();
    while ((await ledger.admin("select 1 from lethe.ledger_entry where kind = 'late'")).length === 0);
    expect(await sealLedger(ledger)).to.deep.equal({ blocks: 1, entries: 1 });
    const [late] = await ledger.admin(
      "select block from lethe.ledger_sealed s join lethe.ledger_entry e on e.id = s.entry_id where e.kind = 'late'",
    );
    expect(late).to.deep.equal({ block: '2' });
    expect(await findings(ledger)).to.deep.equal([]);
  });

  it('of four writers and two sealers at once: every entry is sealed once, in one chain', async () => {
    const ledger = await openLedger();
    let writing = true;
    const sealer = async (): Promise<void> => {
      const db = await ledger.another();
      while (writing) await sealLedger({ ...ledger, db }, 10);
    };
    const sealers = [sealer(), sealer()];
    await Promise.all([1, 2, 3, 4].map((writer) => append(ledger.db, 60, `writer-${writer}`)));
    writing = false;
    await Promise.all(sealers);
    await seal(ledger);
    const [counts] =
      await ledger.admin(`select count(*)::int as entries, count(distinct entry_id)::int as ids,
      (select sum((body::json->>'entries')::int)::int from lethe.ledger_block) as said from lethe.ledger_sealed`);
    expect(counts).to.deep.equal({ entries: 240, ids: 240, said: 240 });
    expect(await findings(ledger)).to.deep.equal([]);
  });

  it('a sealer killed between its commit and the vault: the next one tells the vault', async () => {
    const ledger = await openLedger();
    await append(ledger.db, 2);
    await seal(ledger);
    await append(ledger.db, 2);
    const killed: Vault = { ...ledger.vault, recordSeal: () => Promise.reject(new Error('killed')) };
    await sealLedger({ ...ledger, vault: killed }).catch(() => undefined);
    expect(await ledger.vault.seal()).to.include({ number: 1 });
    expect(await findings(ledger)).to.deep.equal([]);
    expect(await ledger.vault.seal()).to.include({ number: 2 });
  });

  it('the sealer does not go on behind a chain that is not the vault’s', async () => {
    const ledger = await openLedger();
    await append(ledger.db, 4);
    await seal(ledger, 2);
    await tamper(ledger, 'delete from lethe.ledger_block where number = 2');
    await append(ledger.db, 1);
    await refusal(sealLedger(ledger), 'ledger_broken');
  });

  it('the tables refuse UPDATE, DELETE and TRUNCATE of every row', async () => {
    const { db, admin, ...ledger } = await openLedger();
    await append(db, 2);
    await seal({ db, ...ledger });
    for (const table of ['ledger_entry', 'ledger_block', 'ledger_sealed', 'ledger_key', 'ledger_checkpoint'])
      for (const statement of [
        `update lethe.${table} set ${firstColumn[table] ?? ''} = ${firstColumn[table] ?? ''}`,
        `truncate lethe.${table} cascade`,
      ])
        expect(
          await admin(statement).catch((error: unknown) => (error as Error).message),
          statement,
        ).to.match(/append-only/);
    for (const table of ['ledger_entry', 'ledger_block', 'ledger_sealed', 'ledger_key'])
      expect(
        await admin(`delete from lethe.${table}`).catch((error: unknown) => (error as Error).message),
      ).to.match(/append-only/);
  });

  it('after a rotation the new key signs, and what the former key signed stays good', async () => {
    const ledger = await openLedger();
    const [first = ''] = await append(ledger.db, 1);
    await seal(ledger);
    const former = await ledger.vault.signingKey();
    const { from, to } = await rotateKey(ledger, 'officer');
    expect(from).to.equal(former.fingerprint);
    const [second = ''] = await append(ledger.db, 1);
    await seal(ledger);
    expect(await findings(ledger)).to.deep.equal([]);
    expect((await proveEntry(ledger.db, first)).key.fingerprint).to.equal(former.fingerprint);
    const proof = await proveEntry(ledger.db, second);
    expect(proof.key.fingerprint).to.equal(to);
    expect(proofProblem(proof, [former.fingerprint])).to.match(/not the pinned one/);
  });
});

describe('a host application that keeps its transaction open, with an entry in it', () => {
  afterEach(closeDesks);

  it('stops no run, hold, seal, verification or start of others; its own entry is sealed later', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2, 3], [9])}`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const engine = desk.engine([rule()]);
    const vault = vaultOf(desk.url);
    const host = (await desk.another([rule()])).db;
    const opened = Date.now();
    let [began, end] = [(): void => undefined, (): void => undefined];
    const isOpen = new Promise<void>((resolve) => (began = resolve));
    const others = new Promise<void>((resolve) => (end = resolve));
    const hosts = journaled(
      vault,
      (work) => host.transaction(work),
      async (tx, intend) => {
        const at = later(-60);
        const id = await appendEntry(tx, { kind: 'hold.lifted', at, actor: 'actor-1', about: {} });
        await intend({ kind: 'hold.lifted', id, at, actor: 'actor-1', hold: 'hold-1' });
        began();
        await others;
        return id;
      },
    );
    await isOpen;
    while (Date.now() - opened < 2000) {
      await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/9' } }, officer);
      expect((await engine.ledger.seal()).entries).to.be.greaterThan(0);
      expect((await engine.ledger.verify()).findings).to.deep.equal([]);
      await requireCurrent(desk.db, vault);
    }
    await dispose(engine); // seals, too
    expect(await ids(desk.admin, 'tickets')).to.deep.equal(['9']);
    expect((await vault.acts(0)).acts[0]).to.include({ state: 'open' });
    end();
    const id = await hosts;
    const before = (await vault.seal())?.number ?? 0;
    expect(await engine.ledger.seal()).to.deep.equal({ blocks: 1, entries: 1 });
    const [sealed] = await desk.admin('select block from lethe.ledger_sealed where entry_id = $1', [id]);
    expect(sealed).to.deep.equal({ block: String(before + 1) });
    expect((await engine.ledger.verify()).findings).to.deep.equal([]);
    expect((await vault.acts(0)).acts[0]).to.include({ state: 'done' });
  });
});

const firstColumn: Readonly<Record<string, string>> = {
  ledger_entry: 'id',
  ledger_block: 'number',
  ledger_sealed: 'block',
  ledger_key: 'fingerprint',
  ledger_checkpoint: 'block',
};
