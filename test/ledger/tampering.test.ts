import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson } from '../../src/core/canonical-json.js';
import { sha256 } from '../../src/core/digest.js';
import { leafHash, merkleRoot } from '../../src/ledger/merkle.js';
import { pruneLedger } from '../../src/ledger/prune.js';
import { rotateKey } from '../../src/ledger/rotate.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { requireOwnVault } from '../../src/ledger/vault-link.js';
import { isIntact } from '../../src/retention/certificate-check.js';
import { newSigningKey, signText } from '../../src/vault/signing-key.js';
import { certified } from '../retention/certificate-desk.js';
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
  type LedgerBench,
} from '../support/ledger.js';
import {
  closeDesks,
  hold,
  isSoak,
  officer,
  openDesk,
  refusal,
  TICKETS,
  ticketRows,
  ticketTable,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

/** Everything a ledger can hold: two keys, two checkpoints, blocks by both keys. */
async function grown(): Promise<LedgerBench> {
  const ledger = await openLedger();
  await append(ledger.db, 12);
  await seal(ledger, 3);
  await pruneLedger(ledger, later(3));
  await rotateKey(ledger, 'officer');
  await append(ledger.db, 4);
  await seal(ledger, 3);
  await pruneLedger(ledger, later(6));
  expect(await findings(ledger)).to.deep.equal([]);
  return ledger;
}

/** A text in the database, and what verify must name when it is another. */
interface Cell {
  readonly table: string;
  readonly key: string;
  readonly id: string;
  readonly column: string;
  readonly text: string;
  readonly named: (where: string) => boolean;
}

const COLUMNS: Readonly<Record<string, readonly [key: string, columns: readonly string[], thing: string]>> = {
  ledger_entry: ['id', ['id', 'kind', 'body', 'digest'], 'entry '],
  ledger_block: ['number', ['body', 'hash', 'signature'], 'block '],
  ledger_sealed: ['entry_id', ['entry_id'], 'entry '],
  ledger_key: ['fingerprint', ['fingerprint', 'public_key'], 'key '],
  ledger_checkpoint: ['block', ['body', 'signature'], 'checkpoint at block '],
};

async function cellsOf({ admin }: LedgerBench): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  for (const [table, [key, columns, thing]] of Object.entries(COLUMNS))
    for (const row of await admin<Readonly<Record<string, string>>>(
      `select * from lethe.${table} order by 1`,
    ))
      for (const column of columns) {
        const id = row[key] ?? '';
        const named = (where: string): boolean => new RegExp(`^${thing}${id}( |$)`).test(where);
        cells.push({ table, key, id, column, text: row[column] ?? '', named });
      }
  return cells;
}

const write = (ledger: LedgerBench, { table, key, column }: Cell, id: string, text: string): Promise<void> =>
  tamper(ledger, `update lethe.${table} set ${column} = $1 where ${key} = $2`, [text, id]);

const flip = (text: string, at: number, bit: number): string =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ bit) + text.slice(at + 1);

describe('one flipped byte', () => {
  afterEach(closeLedgers);

  it('of any row of the ledger is found, and verify names the row', async () => {
    const ledger = await grown();
    const cells = await cellsOf(ledger);
    expect(new Set(cells.map(({ table }) => table)).size).to.equal(5);
    const place = fc.record({
      cell: fc.constantFrom(...cells),
      share: fc.nat({ max: 999 }),
      bit: fc.constantFrom(1, 2, 4),
    });
    const isFound = async ({
      cell,
      share,
      bit,
    }: {
      cell: Cell;
      share: number;
      bit: number;
    }): Promise<void> => {
      const changed = flip(cell.text, Math.floor((share * cell.text.length) / 1000), bit);
      await write(ledger, cell, cell.id, changed);
      const found = (await findings(ledger)).map((line) => line.slice(0, line.indexOf(': ')));
      await write(ledger, cell, cell.column === cell.key ? changed : cell.id, cell.text);
      expect(
        found.some(cell.named),
        `${cell.table}.${cell.column} of ${cell.id}: ${found.join('; ')}`,
      ).to.equal(true);
    };
    await fc.assert(
      fc.asyncProperty(place, isFound),
      isSoak ? { numRuns: 3000 } : { numRuns: 100, seed: 20261121 },
    );
    expect(await findings(ledger)).to.deep.equal([]);
  });

  it('of a number or an instant in the ledger is found', async () => {
    const ledger = await grown();
    for (const [table, column, by, named] of [
      ['ledger_entry', 'at', "interval '1 microsecond'", /^entry /],
      ['ledger_block', 'number', '64', /^blocks? /],
      ['ledger_sealed', 'block', '64', /^block /],
      ['ledger_sealed', 'position', '64', /^entry /],
      ['ledger_checkpoint', 'block', '64', /^checkpoint /],
    ] as const) {
      const last = `ctid = (select ctid from lethe.${table} order by ${column} desc limit 1)`;
      const move = (sign: string): Promise<void> =>
        tamper(ledger, `update lethe.${table} set ${column} = ${column} ${sign} ${by} where ${last}`);
      await move('+');
      const found = await findings(ledger);
      expect(
        found.some((line) => named.test(line)),
        `${table}.${column}: ${found.join('; ')}`,
      ).to.equal(true);
      await move('-');
    }
    expect(await findings(ledger)).to.deep.equal([]);
  });

  it('of an export is found in its line, wherever it is', async () => {
    const file = await exported(await grown());
    const lineAt = (at: number): number => file.subarray(0, at).filter((byte) => byte === 10).length + 1;
    const texts = file.toString().split('\n');
    const isFound = async (at: number, bit: number): Promise<void> => {
      const flipped = Buffer.from(file);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      const found = await fileFindings(flipped);
      expect(found, `byte ${at}, bit ${bit}`).to.not.deep.equal([]);
      expect(found.some(names(lineAt(at), texts)), `byte ${at}, bit ${bit}: ${found.join('; ')}`).to.equal(
        true,
      );
    };
    const place = fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: 7 }));
    await fc.assert(
      fc.asyncProperty(place, ([at, bit]) => isFound(at, bit)),
      isSoak ? { numRuns: 20_000 } : { numRuns: 300, seed: 20261121 },
    );
  });
});

/** Whether a finding names the thing that stands in a line of an export, or the line itself. */
function names(line: number, texts: readonly string[]): (finding: string) => boolean {
  const text = texts[line - 1] ?? '';
  const isLast = line >= texts.length - 1;
  const [, thing, id] =
    /^\{"(block|entry|checkpoint)":.*?"(?:number|id|block)":"?([0-9a-f-]+)/.exec(text) ?? [];
  const places = [
    `line ${line}:`,
    `line ${line + 1}:`, // a newline that is gone runs two lines together; one that is new splits a line
    ...(thing === 'entry' ? [`entry ${id ?? ''} `, 'the file:'] : []),
    ...(thing === 'block' ? [`block ${id ?? ''}:`, 'the file:'] : []),
    ...(thing === 'checkpoint' ? ['checkpoint at block ', 'the file:'] : []),
    ...(line === 1 ? ['line 1:', 'block', 'checkpoint', 'the trailer:', 'the file:'] : []),
    ...(isLast ? ['the trailer:', 'the end of the file:', 'the file:'] : []),
  ];
  // a block whose number was changed is missed under its own, and said to be another under the new one
  const isBlock = (finding: string): boolean =>
    thing === 'block' && new RegExp(`block ${id ?? ''}( |:|$)`).test(finding);
  return (finding) => isBlock(finding) || places.some((place) => finding.startsWith(place));
}

describe('a certificate', () => {
  afterEach(closeDesks);

  it('of which one byte was flipped is unreadable or not intact, wherever the byte is', async () => {
    const { engine, plan, certificate } = await certified();
    const file = Buffer.from(`${JSON.stringify(certificate, null, 2)}\n`);
    let read = 0;
    for (let at = 0; at < file.length - 1; at += 1) {
      const flipped = Buffer.from(file);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const shown = parsed(flipped.toString());
      if (shown === undefined) continue;
      read += 1;
      expect(isIntact(shown), `byte ${at}`).to.equal(false);
      if (at % 97 === 0)
        expect(await engine.retention.checkCertificate(plan, shown), `byte ${at}`).to.include({ ok: false });
    }
    expect(read).to.be.greaterThan(1000);
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('somebody with every right on the database, but without the vault’s key', () => {
  afterEach(closeLedgers);
  afterEach(closeDesks);

  it('who changes an entry and makes every digest, root, hash and signature anew is found, and so is the key', async () => {
    const ledger = await openLedger();
    await append(ledger.db, 9);
    await seal(ledger, 3);
    const forger = newSigningKey();
    await tamper(ledger, `update lethe.ledger_entry set body = replace(body, '"n":4', '"n":5')`);
    await tamper(
      ledger,
      `update lethe.ledger_entry set digest = encode(sha256(convert_to(body, 'UTF8')), 'hex')`,
    );
    await resign(ledger, forger);
    await tamper(ledger, 'insert into lethe.ledger_key values ($1, $2)', [
      forger.fingerprint,
      forger.publicKey,
    ]);
    const found = await findings(ledger);
    for (const block of [1, 2, 3])
      expect(found).to.include(
        `block ${block}: signed with key ${forger.fingerprint}, which is not one of the keys to be trusted`,
      );
    expect(found).to.include('block 3: it is not the block that the vault sealed');
    expect(found).to.include(
      `key ${forger.fingerprint}: it stands in the database, and the vault does not know it`,
    );
    // and nothing of Lethe goes on with such a database
    await refusal(requireCurrent(ledger.db, ledger.vault), 'ledger_broken');
  });

  it('who deletes acts before they are sealed is found by the journal', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2])}`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const engine = desk.engine([]);
    const { id } = await engine.holds.place(
      { ...hold, scope: { kind: 'record', record: 'ticket/1' } },
      officer,
    );
    expect(id).to.match(/^hold-/);
    await desk.admin(`set session_replication_role = replica; delete from lethe.ledger_unsealed;
      delete from lethe.ledger_salt; delete from lethe.ledger_entry; set session_replication_role = origin`);
    await refusal(requireCurrent(desk.db, vaultOf(desk.url)), 'database_restored');
  });

  it('who puts in a checkpoint to hide what is missing is found, and hides nothing', async () => {
    const desk = await openDesk({
      ddl: `${TICKETS}; ${ticketRows([1, 2])}`,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const engine = desk.engine([]);
    await requireOwnVault(desk.db, vaultOf(desk.url));
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/1' } }, officer);
    await engine.ledger.seal();
    await engine.holds.place({ ...hold, scope: { kind: 'record', record: 'ticket/2' } }, officer);
    const forger = newSigningKey();
    const body = canonicalJson({
      type: 'checkpoint',
      v: 1,
      block: 0,
      hash: '',
      entries: 1,
      before: '2999-01-01T00:00:00.000000Z',
      key: forger.fingerprint,
      madeAt: '2024-01-01T00:00:00.000000Z',
    });
    await desk.admin('set session_replication_role = replica');
    await desk.admin(
      'delete from lethe.ledger_entry where id in (select entry_id from lethe.ledger_unsealed)',
    );
    await desk.admin('delete from lethe.ledger_unsealed');
    await desk.admin('insert into lethe.ledger_checkpoint values (0, $1, $2)', [
      body,
      signText(body, forger),
    ]);
    await desk.admin('set session_replication_role = origin');
    await refusal(requireCurrent(desk.db, vaultOf(desk.url)), 'database_restored');
    const { findings: found } = await engine.ledger.verify();
    expect(found.map(({ where }) => where)).to.include('checkpoint at block 0');
  });

  it('who swaps the contents of two entries, or two whole blocks, is found', async () => {
    const ledger = await openLedger();
    const ids = await append(ledger.db, 6);
    await seal(ledger, 3);
    const [one = '', other = ''] = [ids[1], ids[4]];
    const swap = `update lethe.ledger_entry e set at = o.at, kind = o.kind, body = o.body, digest = o.digest
      from lethe.ledger_entry o where e.id in ($1, $2) and o.id in ($1, $2) and o.id <> e.id`;
    await tamper(ledger, swap, [one, other]);
    expect(await findings(ledger)).to.deep.equal([
      `entry ${one} (block 1, position 1): its columns do not say what its text says`,
      `entry ${other} (block 2, position 1): its columns do not say what its text says`,
    ]);
    await tamper(ledger, swap, [one, other]);
    expect(await findings(ledger)).to.deep.equal([]);
    await tamper(ledger, `update lethe.ledger_block set number = -number`);
    await tamper(ledger, `update lethe.ledger_block set number = 3 + number`);
    const found = await findings(ledger);
    expect(found).to.include('block 1: it says that it is block 2');
    expect(found).to.include('block 2: it says that it is block 1');
  });
});

/** Every block with the root, the hash before it and the signature that somebody else would give it. */
async function resign(ledger: LedgerBench, forger: ReturnType<typeof newSigningKey>): Promise<void> {
  let previous: string | null = null;
  for (const { number, body } of await ledger.admin<{ number: string; body: string }>(
    'select number, body from lethe.ledger_block order by number',
  )) {
    const entries = await ledger.admin<{ body: string }>(
      `select e.body from lethe.ledger_entry e join lethe.ledger_sealed s on s.entry_id = e.id
       where s.block = $1 order by s.position`,
      [number],
    );
    const root = merkleRoot(entries.map((entry) => leafHash(entry.body)));
    const text = canonicalJson({ ...(JSON.parse(body) as object), previous, root, key: forger.fingerprint });
    previous = sha256(text);
    await tamper(
      ledger,
      'update lethe.ledger_block set body = $1, hash = $2, signature = $3 where number = $4',
      [text, previous, signText(text, forger), number],
    );
  }
}
