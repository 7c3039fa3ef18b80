import { expect } from 'chai';
import { appendEntry } from '../../src/ledger/append.js';
import { forgetNames } from '../../src/ledger/forget.js';
import { pruneLedger } from '../../src/ledger/prune.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import {
  append,
  closeLedgers,
  exported,
  fileFindings,
  findings,
  later,
  openLedger,
  seal,
  tamper,
} from '../support/ledger.js';

describe('pruning', () => {
  afterEach(closeLedgers);

  it('drops whole expired blocks to a signed checkpoint, from which the rest verifies, also in an export', async () => {
    const ledger = await openLedger();
    const ids = await append(ledger.db, 10);
    await seal(ledger, 3);
    expect(await pruneLedger(ledger, later(7))).to.deep.equal({ blocks: 2, entries: 6, upTo: 2 });
    expect(await findings(ledger)).to.deep.equal([]);
    await requireCurrent(ledger.db, ledger.vault);
    const left = await ledger.admin<{ id: string }>('select id from lethe.ledger_entry');
    expect(left.map(({ id }) => id).sort()).to.deep.equal(ids.slice(6).sort());
    expect(await fileFindings(await exported(ledger))).to.deep.equal([]);
    expect(await pruneLedger(ledger, later(100))).to.deep.equal({ blocks: 2, entries: 4, upTo: 4 });
    await append(ledger.db, 1);
    expect(await findings(ledger)).to.deep.equal([]);
    expect(await ledger.vault.seal()).to.include({ number: 5 });
  });

  it('with a checkpoint that the vault did not sign is found', async () => {
    const ledger = await openLedger();
    await append(ledger.db, 6);
    await seal(ledger, 3);
    await pruneLedger(ledger, later(3));
    await tamper(
      ledger,
      `update lethe.ledger_checkpoint set body = replace(body, '"entries":3', '"entries":2')`,
    );
    expect((await findings(ledger))[0]).to.match(/^checkpoint at block 1: its signature/);
  });

  it('deletes nothing that no checkpoint covers, whatever is asked', async () => {
    const { admin, ...ledger } = await openLedger();
    await append(ledger.db, 6);
    await seal(ledger, 3);
    await pruneLedger(ledger, later(3));
    const message = await admin('delete from lethe.ledger_entry').catch(
      (error: unknown) => (error as Error).message,
    );
    expect(message).to.match(/append-only/);
  });
});

describe('erasure', () => {
  afterEach(closeLedgers);

  it('of a person’s names leaves the chain whole; a guess matches their commitments no more, others’ still', async () => {
    const ledger = await openLedger();
    await ledger.db.transaction((tx) =>
      appendEntry(tx, {
        kind: 'test',
        at: later(0),
        actor: 'actor-1',
        about: {},
        names: ['ticket/1', 'ticket/2', 'ticket/3'],
      }),
    );
    await ledger.db.transaction((tx) =>
      appendEntry(tx, { kind: 'test', at: later(1), actor: 'actor-1', about: {}, names: ['ticket/2'] }),
    );
    await seal(ledger);
    const matches = async (name: string): Promise<number> => {
      const rows = await ledger.admin(
        `select 1 from lethe.ledger_entry e join lethe.ledger_salt s on s.entry_id = e.id,
           jsonb_array_elements_text(e.body::jsonb -> 'names') with ordinality c(commitment, place)
         where commitment = encode(sha256(substr(s.salts, ((place - 1) * 16 + 1)::int, 16) || convert_to($1, 'UTF8')), 'hex')`,
        [name],
      );
      return rows.length;
    };
    const all = async (): Promise<readonly number[]> => [
      await matches('ticket/1'),
      await matches('ticket/2'),
      await matches('ticket/3'),
    ];
    expect(await all()).to.deep.equal([1, 2, 1]);
    expect(await ledger.db.transaction((tx) => forgetNames(tx, ['ticket/2', 'ticket/9']))).to.equal(2);
    expect(await all()).to.deep.equal([1, 0, 1]);
    expect(await findings(ledger)).to.deep.equal([]);
  });
});
