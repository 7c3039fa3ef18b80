import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { namedVault, tieVault, vaultLine, vaultOption } from '../../src/cli/init-vault.js';
import { migrate } from '../../src/db/migrate.js';
import { openPostgres } from '../../src/db/postgres.js';
import type { Database } from '../../src/db/database.js';
import { sql } from '../../src/db/sql.js';
import { requireOwnVault } from '../../src/ledger/vault-link.js';
import { openVault } from '../../src/vault/open.js';
import { nodeArguments } from '../support/compiled.js';
import { freshDatabase } from '../support/database.js';
import { refusal } from '../support/small-desk.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const opened: (() => Promise<void>)[] = [];
const closeAll = async (): Promise<void> => {
  for (const close of opened.splice(0).reverse()) await close();
};

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'lethe-init-test-'));
  opened.push(() => {
    rmSync(path, { recursive: true });
    return Promise.resolve();
  });
  return path;
};

async function database(): Promise<{ readonly url: string; readonly db: Database }> {
  const { url, drop } = await freshDatabase();
  opened.push(drop);
  const db = await openPostgres(url, { max: 2 });
  opened.push(() => db.close());
  await migrate(db);
  return { url, db };
}

const namedIn = (
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
  wanted: string | false = 'lethe-vault',
) => namedVault({ cwd, environment }, 'lethe.json', wanted);

describe('the vault of a new installation', () => {
  afterEach(closeAll);

  it('is a folder beside lethe.json, unless the environment names a database or nobody wants one', () => {
    const named = namedIn('/desk');
    expect(named.place).to.deep.equal({ url: undefined, folder: '/desk/lethe-vault' });
    expect(vaultOption(named)).to.deep.equal({ vault: 'lethe-vault' });
    expect(vaultLine(named)).to.include('lethe-vault/');
    const url = 'postgres://safe/vault';
    const inDatabase = namedIn('/desk', { LETHE_VAULT_URL: url });
    expect(inDatabase.place).to.include({ url });
    expect(vaultOption(inDatabase)).to.deep.equal({});
    const without = namedIn('/desk', {}, false);
    expect([without.place, vaultOption(without)]).to.deep.equal([null, {}]);
    expect(vaultLine(without)).to.include('no vault');
  });

  it('is tied to the database at once, and the same one when init runs again', async () => {
    const [{ db }, cwd] = [await database(), folder()];
    await tieVault(db, namedIn(cwd));
    await tieVault(db, namedIn(cwd));
    await requireOwnVault(db, await openVault({ folder: join(cwd, 'lethe-vault') }));
  });

  it('is refused when the folder holds the vault of another database, used or not', async () => {
    const [one, other, cwd] = [await database(), await database(), folder()];
    await tieVault(one.db, namedIn(cwd));
    const error = await refusal(tieVault(other.db, namedIn(cwd)), 'vault_foreign');
    expect(error.message).to.include(join(cwd, 'lethe-vault')).and.to.include('lethe init --vault FOLDER');
    await tieVault(other.db, namedIn(cwd, {}, 'another'));
  });

  it('on a second machine with a folder of its own is refused, and the message names the way out', async () => {
    const { db } = await database();
    await tieVault(db, namedIn(folder()));
    const second = folder();
    const error = await refusal(tieVault(db, namedIn(second)), 'vault_lost');
    expect(error.message).to.include('needs the same vault').and.to.include('LETHE_VAULT_URL');
    expect(existsSync(join(second, 'lethe-vault')), 'nothing is made').to.equal(false);
    await refusal(tieVault(db, namedIn(second, {}, false)), 'vault_unset');
  });
});

function run(
  { cwd, url }: { readonly cwd: string; readonly url: string },
  args: readonly string[],
): { readonly code: number | null; readonly output: string } {
  const env = { ...process.env, LETHE_VAULT_URL: '', DATABASE_URL: url };
  const child = spawnSync(process.execPath, [...nodeArguments(MAIN), ...args], {
    cwd,
    env,
    encoding: 'utf8',
  });
  return { code: child.status, output: child.stdout + child.stderr };
}

describe('lethe init, and the keys', () => {
  afterEach(closeAll);

  it('makes nothing in a database that belongs to another installation', async () => {
    const [{ url, db }, cwd] = [await database(), folder()];
    await tieVault(db, namedIn(folder()));
    const schemas = async (): Promise<number> =>
      (await db.query(sql`select 1 from pg_catalog.pg_namespace where nspname = 'desk'`)).count;
    const anew = run({ cwd, url }, ['init']);
    expect([anew.code, anew.output.includes('[vault_lost]')], anew.output).to.deep.equal([1, true]);
    const config = { map: 'native', database: 'postgres', vault: 'lethe-vault' };
    writeFileSync(join(cwd, 'lethe.json'), JSON.stringify(config));
    await (
      await openVault({ folder: join(cwd, 'lethe-vault') })
    ).identify({ id: 'vault-b', database: 'database-b' });
    const again = run({ cwd, url }, ['init']);
    expect([again.code, again.output.includes('[vault_foreign]')], again.output).to.deep.equal([1, true]);
    expect(await schemas()).to.equal(0);
  });

  it('names a vault by default; keys are shown by fingerprint, rotated, and the ledger verifies under both', async () => {
    const { url, drop } = await freshDatabase();
    opened.push(drop);
    const cwd = folder();
    const lethe = (...args: readonly string[]) => run({ cwd, url }, args);
    const made = lethe('init');
    expect(made.code, made.output).to.equal(0);
    expect(made.output).to.include('The vault is in lethe-vault/');
    expect(JSON.parse(readFileSync(join(cwd, 'lethe.json'), 'utf8'))).to.include({ vault: 'lethe-vault' });
    const rotated = lethe('keys', 'rotate', 'signing', '--as', 'officer', '--json');
    expect(rotated.code, rotated.output).to.equal(0);
    const { from, to } = JSON.parse(rotated.output) as { from: string; to: string };
    const verified = lethe('ledger', 'verify', '--json', '--key', from, '--key', to);
    expect(verified.code, verified.output).to.equal(0);
    expect(JSON.parse(verified.output)).to.deep.include({ ok: true, keys: [to] });
    const status = lethe('keys', 'status', '--json');
    const { place, keys } = JSON.parse(status.output) as {
      place: string;
      keys: readonly { fingerprint: string; state: string; since: string | null }[];
    };
    expect(place).to.equal(join(cwd, 'lethe-vault'));
    expect(keys.map(({ fingerprint, state }) => [fingerprint, state])).to.deep.equal([
      [to, 'signing'],
      [from, 'former'],
    ]);
    expect(keys[0]?.since).to.match(/^\d{4}-/);
    expect(keys[1]?.since).to.equal(null);
    expect(readdirSync(join(cwd, 'lethe-vault'))).to.include('keys.json');
    expect(status.output + rotated.output).to.not.include('PRIVATE');
  });
});
