import { expect } from 'chai';
import { appendEntry } from '../../src/ledger/append.js';
import { showEntries } from '../../src/ledger/entries.js';
import { closeLedgers, later, openLedger, type LedgerBench } from '../support/ledger.js';

const add = ({ db }: LedgerBench, about: Readonly<Record<string, string>>, digest = 'x'): Promise<string> =>
  db.transaction((tx) =>
    appendEntry(tx, { kind: 'test', at: later(0), actor: 'actor-1', about, digests: { plan: digest } }),
  );

const shown = async ({ db }: LedgerBench, plan: string): Promise<readonly unknown[]> => {
  const ids: unknown[] = [];
  for await (const { entry } of showEntries(db, { plan })) ids.push(entry['id']);
  return ids.sort();
};

describe('the entries about a plan', () => {
  afterEach(closeLedgers);

  it('are those whose "about" names it: not a digest of that text, nor a value that looks like it', async () => {
    const ledger = await openLedger();
    const [one, other] = [
      await add(ledger, { plan: 'plan-1', policy: 'a' }),
      await add(ledger, { act: 'b', plan: 'plan-1' }),
    ];
    await add(ledger, { plan: 'plan-10' });
    await add(ledger, { hold: 'hold-1' }, 'plan-1');
    await add(ledger, { a: '"plan":"plan-1"' });
    expect(await shown(ledger, 'plan-1')).to.deep.equal([one, other].sort());
    expect(await shown(ledger, 'plan-10')).to.have.length(1);
    expect(await shown(ledger, 'plan-')).to.deep.equal([]);
  });

  it('are found by an index', async () => {
    const ledger = await openLedger();
    await add(ledger, { plan: 'plan-1' });
    await ledger.admin(`insert into lethe.ledger_entry select 'e' || n, now(), 'test', '{"about":{"plan":"plan-' || n || '"}}', ''
      from generate_series(2, 5000) n`);
    await ledger.admin('analyze lethe.ledger_entry');
    const plan = await ledger.admin(
      `explain select 1 from lethe.ledger_entry e where substring(left(e.body, 400) from '"plan":"([^"]*)"') = 'plan-7'`,
    );
    expect(JSON.stringify(plan)).to.include('ledger_entry_plan');
  });
});
