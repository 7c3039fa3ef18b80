import { expect } from 'chai';
import { canonicalJson } from '../../src/core/canonical-json.js';
import { sha256 } from '../../src/core/digest.js';
import { leafHash, merkleRoot, auditPath, rootByPath } from '../../src/ledger/merkle.js';
import { proofProblem, proveEntry } from '../../src/ledger/proof.js';
import { isProof, verifyProof } from '../../src/ledger/verify-proof.js';
import { newSigningKey, signText } from '../../src/vault/signing-key.js';
import {
  append,
  closeLedgers,
  exported,
  fileFindings,
  findings,
  openLedger,
  seal,
  tamper,
  type LedgerBench,
} from '../support/ledger.js';

/** Three blocks of three entries. */
async function nine(): Promise<LedgerBench & { readonly ids: readonly string[] }> {
  const ledger = await openLedger();
  const ids = await append(ledger.db, 9);
  await seal(ledger, 3);
  return { ...ledger, ids };
}

describe('verify on the database', () => {
  afterEach(closeLedgers);

  it('names the entry of which one byte was flipped', async () => {
    const ledger = await nine();
    const [id] = ledger.ids.slice(4);
    await tamper(
      ledger,
      `update lethe.ledger_entry set body = replace(body, '"n":4', '"n":5') where id = $1`,
      [id],
    );
    const found = await findings(ledger);
    expect(found).to.deep.equal([
      `entry ${id ?? ''} (block 2, position 1): its text was changed: it does not have its digest any more`,
    ]);
  });

  it('names the block when entry and digest were changed together', async () => {
    const ledger = await nine();
    const [id] = ledger.ids.slice(4);
    await tamper(
      ledger,
      `with changed as (select replace(body, '"n":4', '"n":5') as body from lethe.ledger_entry where id = $1)
       update lethe.ledger_entry e set body = c.body, digest = encode(sha256(convert_to(c.body, 'UTF8')), 'hex') from changed c where id = $1`,
      [id],
    );
    expect(await findings(ledger)).to.deep.equal([
      'block 2: its entries are not the ones it sealed, or not in that order',
    ]);
  });

  it('names an entry whose columns were changed', async () => {
    const ledger = await nine();
    await tamper(ledger, `update lethe.ledger_entry set kind = 'other' where id = $1`, [ledger.ids[0]]);
    expect(await findings(ledger)).to.deep.equal([
      `entry ${ledger.ids[0] ?? ''} (block 1, position 0): its columns do not say what its text says`,
    ]);
  });

  for (const [what, change] of [
    ['body', `body = replace(body, '"entries":3', '"entries":4')`],
    ['hash', `hash = translate(hash, '0123456789abcdef', '123456789abcdef0')`],
    ['signature', `signature = translate(signature, '0123456789', '1234567890')`],
  ] as const)
    it(`names the block whose ${what} was changed`, async () => {
      const ledger = await nine();
      await tamper(ledger, `update lethe.ledger_block set ${change} where number = 2`);
      const found = await findings(ledger);
      expect(found[0]).to.match(/^block 2: its (text|signature)/);
    });

  it('finds the last entries deleted, and the last blocks with all that is in them', async () => {
    const ledger = await nine();
    await tamper(ledger, `delete from lethe.ledger_entry where id = $1`, [ledger.ids[8]]);
    expect(await findings(ledger)).to.deep.equal([
      `entry ${ledger.ids[8] ?? ''} (block 3, position 2): missing`,
    ]);
    await tamper(
      ledger,
      'delete from lethe.ledger_entry where id in (select entry_id from lethe.ledger_sealed where block = 3)',
    );
    await tamper(ledger, 'delete from lethe.ledger_sealed where block = 3');
    await tamper(ledger, 'delete from lethe.ledger_block where number = 3');
    expect(await findings(ledger)).to.deep.equal([
      'the end of the ledger: blocks 3 to 3 are missing; the vault has sealed them',
    ]);
  });

  it('finds a block deleted in the middle, and places without an entry', async () => {
    const ledger = await nine();
    await tamper(ledger, 'delete from lethe.ledger_block where number = 2');
    const found = await findings(ledger);
    expect(found).to.include('block 2: missing');
    expect(found.filter((line) => line.endsWith('its block 2 is not there'))).to.have.length(3);
    await tamper(ledger, 'delete from lethe.ledger_sealed where block = 2');
    expect(await findings(ledger)).to.include(
      `entry ${ledger.ids[3] ?? ''}: it is in no block and does not wait for one`,
    );
  });

  it('finds two entries that changed places, within a block and across', async () => {
    const ledger = await nine();
    const swap = async (a: number, b: number): Promise<void> => {
      const rows = await ledger.admin<{ entry_id: string; block: string; position: number }>(
        'select * from lethe.ledger_sealed where entry_id in ($1, $2)',
        [ledger.ids[a], ledger.ids[b]],
      );
      await tamper(ledger, 'delete from lethe.ledger_sealed where entry_id in ($1, $2)', [
        ledger.ids[a],
        ledger.ids[b],
      ]);
      const [one, other] = rows;
      if (!one || !other) throw new Error('two places');
      await tamper(ledger, 'insert into lethe.ledger_sealed values ($1, $2, $3), ($4, $5, $6)', [
        one.entry_id,
        other.block,
        other.position,
        other.entry_id,
        one.block,
        one.position,
      ]);
    };
    await swap(0, 1);
    expect(await findings(ledger)).to.deep.equal([
      'block 1: its entries are not the ones it sealed, or not in that order',
    ]);
    await swap(0, 1);
    expect(await findings(ledger)).to.deep.equal([]);
    await swap(2, 6);
    expect(await findings(ledger)).to.have.length(2);
  });

  it('finds an entry put in, sealed or not', async () => {
    const ledger = await nine();
    const body = canonicalJson({ v: 1, id: 'forged', at: '2024-01-02T00:00:00.000000Z', kind: 'test' });
    await tamper(
      ledger,
      `insert into lethe.ledger_entry values ('forged', '2024-01-02T00:00:00Z', 'test', $1, $2)`,
      [body, sha256(body)],
    );
    expect(await findings(ledger)).to.deep.equal([
      'entry forged: it is in no block and does not wait for one',
    ]);
    await tamper(ledger, `insert into lethe.ledger_sealed values ('forged', 3, 3)`);
    expect(await findings(ledger)).to.deep.equal(['block 3: it sealed 3 entries, and 4 are there']);
  });

  it('finds a chain rewritten whole by somebody with every right on the database, but without the vault’s key', async () => {
    const ledger = await nine();
    const forger = newSigningKey();
    const rows = await ledger.admin<{ number: string; body: string }>(
      'select number, body from lethe.ledger_block order by number',
    );
    let previous: string | null = null;
    for (const { number, body } of rows) {
      const text = canonicalJson({ ...(JSON.parse(body) as object), previous, key: forger.fingerprint });
      previous = sha256(text);
      await tamper(
        ledger,
        'update lethe.ledger_block set body = $1, hash = $2, signature = $3 where number = $4',
        [text, previous, signText(text, forger), number],
      );
    }
    await tamper(ledger, 'insert into lethe.ledger_key values ($1, $2)', [
      forger.fingerprint,
      forger.publicKey,
    ]);
    const found = await findings(ledger);
    expect(found.slice(0, 3)).to.deep.equal(
      [1, 2, 3].map(
        (n) =>
          `block ${n}: signed with key ${forger.fingerprint}, which is not one of the keys to be trusted`,
      ),
    );
    expect(found[3]).to.equal('block 3: it is not the block that the vault sealed');
  });

  it('trusts only the pinned key', async () => {
    const ledger = await nine();
    const { fingerprint } = await ledger.vault.signingKey();
    expect(await findings(ledger, [fingerprint])).to.deep.equal([]);
    expect(await findings(ledger, ['0'.repeat(64)])).to.have.length(3);
  });
});

describe('verify of an export', () => {
  afterEach(closeLedgers);

  it('needs nothing but the file, and pins the key', async () => {
    const ledger = await nine();
    const file = await exported(ledger);
    const { fingerprint } = await ledger.vault.signingKey();
    expect(await fileFindings(file)).to.deep.equal([]);
    expect(await fileFindings(file, [fingerprint])).to.deep.equal([]);
    expect(await fileFindings(file, ['0'.repeat(64)])).to.not.deep.equal([]);
    expect(file.toString()).to.not.include('PRIVATE');
  });

  it('finds every single flipped bit, wherever it is', async () => {
    const ledger = await openLedger();
    await append(ledger.db, 2);
    const file = await exported(ledger);
    for (let at = 0; at < file.length; at += 1)
      for (const bit of [0, 5]) {
        const flipped = Buffer.from(file);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(await fileFindings(flipped), `byte ${at}, bit ${bit}`).to.not.deep.equal([]);
      }
  });

  it('names the entry that was changed', async () => {
    const ledger = await nine();
    const file = Buffer.from((await exported(ledger)).toString().replace('\\"n\\":4', '\\"n\\":5'));
    expect(await fileFindings(file)).to.deep.equal([
      `entry ${ledger.ids[4] ?? ''} (block 2, position 1): its text was changed: it does not have its digest any more`,
    ]);
  });

  it('finds what was cut off, added or left out', async () => {
    const file = (await exported(await nine())).toString();
    const lines = file.split('\n').slice(0, -1);
    const text = (parts: readonly string[]): Buffer => Buffer.from(parts.map((line) => `${line}\n`).join(''));
    expect(await fileFindings(text(lines.slice(0, -1)))).to.include(
      'the end of the file: it has no trailer: it was cut off',
    );
    expect(await fileFindings(text([...lines, '{}']))).to.deep.equal([
      `line ${lines.length + 1}: it stands after the end`,
    ]);
    expect(await fileFindings(Buffer.from(file.slice(0, -1)))).to.not.deep.equal([]);
    expect(await fileFindings(text([...lines.slice(0, 3), ...lines.slice(4)]))).to.not.deep.equal([]);
    expect(await fileFindings(text([...lines.slice(0, -5), lines.at(-1) ?? '']))).to.not.deep.equal([]);
    expect(await fileFindings(Buffer.alloc(0))).to.not.deep.equal([]);
  });
});

describe('an inclusion proof', () => {
  afterEach(closeLedgers);

  it('shows one entry in its block without the others, and nothing else', async () => {
    const ledger = await openLedger();
    const ids = await append(ledger.db, 7);
    await seal(ledger);
    const { fingerprint } = await ledger.vault.signingKey();
    for (const id of ids) {
      const proof = await proveEntry(ledger.db, id);
      expect(proofProblem(proof, [fingerprint])).to.equal(null);
      expect(proof.entry).to.include(id);
      for (const other of ids.filter((one) => one !== id))
        expect(JSON.stringify(proof)).to.not.include(other);
      expect(proofProblem({ ...proof, entry: proof.entry.replace('"n"', '"m"') })).to.match(/path/);
      expect(proofProblem({ ...proof, position: (proof.position + 1) % 7 })).to.match(/path/);
      expect(proofProblem({ ...proof, path: proof.path.slice(1) })).to.match(/path/);
      expect(proofProblem({ ...proof, key: newSigningKey() })).to.match(/key/);
    }
  });

  it('is checked as a file, by whoever has nothing else, and any changed character is found', async () => {
    const ledger = await openLedger();
    const [first = '', second = ''] = await append(ledger.db, 3);
    await seal(ledger);
    const { fingerprint } = await ledger.vault.signingKey();
    const file = JSON.stringify(await proveEntry(ledger.db, first));
    expect([isProof(file), isProof(JSON.stringify(JSON.parse(file), null, 2))]).to.deep.equal([true, true]);
    expect(isProof((await exported(ledger)).toString())).to.equal(false);
    expect(verifyProof(file, [fingerprint])).to.deep.include({
      ok: true,
      entry: first,
      block: 1,
      problem: null,
    });
    expect(verifyProof(file, ['0'.repeat(64)])).to.include({ ok: false, entry: first });
    expect(verifyProof(file.replaceAll(first, second)).problem).to.match(/path/);
    // of a key the fingerprint counts: its PEM has more than one spelling
    for (let at = 0; at < file.indexOf('"publicKey"'); at += 1) {
      const other = file[at] === '0' ? '1' : '0';
      const changed = `${file.slice(0, at)}${other}${file.slice(at + 1)}`;
      expect(verifyProof(changed, [fingerprint]).ok, `character ${at}`).to.equal(false);
    }
    for (const text of ['', '{}', 'null', file.slice(0, -2)])
      expect(verifyProof(text)).to.include({ ok: false, entry: null });
  });

  it('holds for every leaf of every small tree (RFC 6962)', () => {
    const leaves = Array.from({ length: 20 }, (_, n) => leafHash(String(n)));
    for (let size = 1; size <= leaves.length; size += 1) {
      const some = leaves.slice(0, size);
      some.forEach((leaf, index) => {
        expect(rootByPath(leaf, index, size, auditPath(some, index))).to.equal(merkleRoot(some));
      });
    }
    // RFC 6962 test vectors: the tree of one empty leaf, and of eight leaves (certificate-transparency, merkletree)
    expect(merkleRoot([leafHash('')])).to.equal(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });
});
