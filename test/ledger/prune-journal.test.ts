import { rmSync } from 'node:fs';
import { expect } from 'chai';
import type { Clock } from '../../src/core/clock.js';
import { replay } from '../../src/disposal/replay.js';
import type { Engine } from '../../src/engine.js';
import { appendEntry } from '../../src/ledger/append.js';
import { journaled } from '../../src/ledger/journaled.js';
import { pruneJournal, pruneJournalDaily, type JournalPruned } from '../../src/ledger/prune-journal.js';
import { pruneLedger } from '../../src/ledger/prune.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { adoptVault } from '../../src/ledger/vault-link.js';
import { clockAt, later } from '../support/ledger.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
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
  type Desk,
} from '../support/small-desk.js';
import { vaultFolder, vaultOf } from '../support/vault.js';

const KEPT_FOR = 'P35D';
const DAY = 86_400;
const day = (number: number): Clock => clockAt(number * DAY);

const open = (): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; ${ticketRows([1, 2, 3, 4], [5])}`,
    map: { tables: { tickets: ticketTable() }, edges: [] },
  });

/** Prunes as on that day. */
const prune = (desk: Desk, on: number): Promise<JournalPruned> =>
  pruneJournal({ db: desk.db, vault: vaultOf(desk.url), clock: day(on) }, KEPT_FOR);

const kinds = async (desk: Desk): Promise<readonly string[]> =>
  (await vaultOf(desk.url).acts(0)).acts.map(({ act }) => act.kind);

const placeHold = (engine: Engine, ticket: number): Promise<unknown> =>
  engine.holds.place({ ...hold, scope: { kind: 'record', record: `ticket/${ticket}` } }, officer);

describe('the journal of the vault', () => {
  afterEach(async () => {
    await closeRestored();
    await closeDesks();
  });

  it('forgets an act when no backup from before its seal can exist any more, not a day earlier', async () => {
    const desk = await open();
    await dispose(desk.engine([rule()]));
    expect(await prune(desk, 34)).to.deep.equal({ acts: 0, block: 0, looked: true });
    expect(await kinds(desk)).to.deep.equal(['disposal']);
    expect(await prune(desk, 35)).to.deep.equal({ acts: 1, block: 1, looked: true });
    expect(await kinds(desk)).to.deep.equal([]);
    await requireCurrent(desk.db, vaultOf(desk.url));
    expect(await prune(desk, 36)).to.deep.equal({ acts: 0, block: 1, looked: true });
    const engine = desk.engine([rule()]);
    await placeHold(engine, 5);
    await engine.ledger.seal();
    expect((await engine.ledger.verify()).findings).to.deep.equal([]);
  });

  it('keeps what is not sealed, however old, and everything behind the first act that must stay', async () => {
    const desk = await open();
    const engine = desk.engine([rule()]);
    await placeHold(engine, 1);
    expect(await prune(desk, 400)).to.include({ acts: 0 });
    expect(await kinds(desk)).to.deep.equal(['hold.placed']);
    const late = await desk.another([rule()], day(30));
    await late.ledger.seal();
    expect(await prune(desk, 40), 'sealed on day 30').to.include({ acts: 0 });
    expect(await prune(desk, 65)).to.include({ acts: 1 });
  });

  it('forgets what never committed, and what a signed checkpoint of the ledger stands for', async () => {
    const desk = await open();
    const vault = vaultOf(desk.url);
    await vault.intend({ kind: 'hold.lifted', id: 'died', at: later(0), actor: 'actor-1', hold: 'hold-1' });
    await dispose(desk.engine([rule()]));
    await requireCurrent(desk.db, vault);
    await desk.engine([rule()]).ledger.seal();
    await pruneLedger({ db: desk.db, vault, clock: day(20) }, later(DAY));
    expect(await prune(desk, 40), 'the checkpoint is of day 20').to.include({ acts: 1 });
    expect(await kinds(desk)).to.deep.equal(['disposal']);
    expect(await prune(desk, 55)).to.include({ acts: 1 });
    expect(await kinds(desk)).to.deep.equal([]);
  });

  it('is left alone while somebody is in the middle of an act', async () => {
    const desk = await open();
    await dispose(desk.engine([rule()]));
    let end = (): void => undefined;
    const wait = new Promise<void>((resolve) => (end = resolve));
    const other = (await desk.another([rule()])).db;
    let begun = (): void => undefined;
    const intended = new Promise<void>((resolve) => (begun = resolve));
    const going = journaled(
      vaultOf(desk.url),
      (work) => other.transaction(work),
      async (tx, intend) => {
        const at = later(0);
        const id = await appendEntry(tx, { kind: 'hold.lifted', at, actor: 'actor-1', about: {} });
        await intend({ kind: 'hold.lifted', id, at, actor: 'actor-1', hold: 'hold-1' });
        begun();
        await wait;
      },
    );
    await intended;
    expect(await prune(desk, 400)).to.deep.equal({ acts: 0, block: 0, looked: false });
    expect(await kinds(desk)).to.deep.equal(['disposal', 'hold.lifted']);
    end();
    await going;
    expect(await prune(desk, 400)).to.include({ acts: 1, looked: true });
    expect(await kinds(desk), 'not sealed yet').to.deep.equal(['hold.lifted']);
  });

  it('is looked at once a day, where somebody said how long backups are kept', async () => {
    const desk = await open();
    await dispose(desk.engine([rule()]));
    const at = (on: number): Parameters<typeof pruneJournalDaily>[0] => ({
      db: desk.db,
      vault: vaultOf(desk.url),
      clock: day(on),
    });
    expect(await pruneJournalDaily(at(50), null)).to.equal(null);
    expect(await pruneJournalDaily(at(34.5), KEPT_FOR)).to.include({ acts: 0 });
    expect(await pruneJournalDaily(at(35.4), KEPT_FOR)).to.equal(null);
    expect(await pruneJournalDaily(at(35.5), KEPT_FOR)).to.include({ acts: 1 });
  });
});

describe('a restore after the journal was pruned', () => {
  afterEach(async () => {
    await closeRestored();
    await closeDesks();
  });

  it('does again everything younger than what was forgotten', async () => {
    const desk = await open();
    await dispose(desk.engine([rule()]));
    const name = await backUp(desk);
    const later40 = await desk.another([rule()], day(40));
    await placeHold(later40, 5);
    await later40.ledger.seal();
    expect(await prune(desk, 41)).to.include({ acts: 1, block: 1 });
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    await refusal(requireCurrent(parts.db, parts.vault), 'database_restored');
    expect(await replay(parts, operator)).to.include({ acts: 1, holdsPlaced: 1 });
    await requireCurrent(parts.db, parts.vault);
    expect((await yesterday.engine.ledger.verify()).findings).to.deep.equal([]);
    expect(await yesterday.rows('select id from shop.tickets')).to.deep.equal(['5']);
  });

  it('from before what was forgotten is refused by start, replay and verify, and a new vault is the way out', async () => {
    const desk = await open();
    await desk.engine([rule()]).ledger.seal();
    const name = await backUp(desk);
    await dispose(desk.engine([rule()]));
    await prune(desk, 41);
    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    const error = await refusal(requireCurrent(parts.db, parts.vault), 'backup_too_old');
    expect(error.message).to.include('lethe vault adopt');
    await refusal(replay(parts, operator), 'backup_too_old');
    expect((await yesterday.engine.ledger.verify()).ok).to.equal(false);
    expect(await yesterday.rows('select id from shop.tickets')).to.deep.equal(['1', '2', '3', '4', '5']);
    await desk.another([rule()]); // the one in use is not disturbed
    await requireCurrent(desk.db, vaultOf(desk.url));
    rmSync(vaultFolder(Object.assign(new URL(desk.url), { pathname: `/${name}` }).href), { recursive: true });
    await adoptVault(parts, 'officer');
    await requireCurrent(parts.db, parts.vault);
  });

  it('of a moment at which the word was given and the lines were still there is refused, too', async () => {
    const desk = await open();
    await desk.engine([rule()]).ledger.seal();
    const name = await backUp(desk);
    await dispose(desk.engine([rule()]));
    const vault = vaultOf(desk.url);
    const killed = {
      ...vault,
      prune: (reach: Parameters<typeof vault.prune>[0]) => vault.prune({ ...reach, position: 0 }),
    };
    await pruneJournal({ db: desk.db, vault: killed, clock: day(41) }, KEPT_FOR);
    expect(await kinds(desk)).to.deep.equal(['disposal']);
    const parts = context(await restored(desk, name), desk, name);
    await refusal(requireCurrent(parts.db, parts.vault), 'backup_too_old');
    expect(await prune(desk, 42), 'the next time').to.include({ acts: 1 });
    expect(await kinds(desk)).to.deep.equal([]);
  });
});
