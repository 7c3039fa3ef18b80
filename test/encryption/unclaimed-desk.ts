import { expect } from 'chai';
import type { Clock } from '../../src/core/clock.js';
import { LetheError } from '../../src/core/errors.js';
import type { Database } from '../../src/db/database.js';
import { throughDoor } from '../../src/db/disposal-door.js';
import { sql } from '../../src/db/sql.js';
import { encryptionOver } from '../../src/encryption/encryption-over.js';
import { type ClaimsContext } from '../../src/encryption/unclaimed-keys.js';
import { engineOver, type Engine } from '../../src/engine.js';
import type { Keyring } from '../../src/keys/keyring.js';
import type { Keys } from '../../src/keys/keys.js';
import { requireOwnVault } from '../../src/ledger/vault-link.js';
import { rescueOver, type Rescue } from '../../src/rescue.js';
import { KEYED, RULES } from '../disposal/keyed-desk.js';
import { freshDatabase } from '../support/database.js';
import { realKeys, type RealKeys } from '../support/real-keys.js';
import { type Yesterday } from '../support/restore.js';
import { dispose, openDesk, policiesOf, TODAY, type Desk } from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

export const closing: (() => Promise<unknown>)[] = [];
export const AWAY = { place: 'memory', reason: 'the test says so' };
export const PEOPLE = ['1', '2', '3'];

/** A help desk that encrypts, and has disposed of its old tickets: its vault knows it. */
export async function encryptingDesk(
  order: Parameters<typeof realKeys>[0] = {},
): Promise<{ desk: Desk; real: RealKeys; keys: Keys; engine: Engine }> {
  const real = await realKeys({ clock: TODAY, ...order });
  closing.push(real.drop);
  const desk = await openDesk(KEYED);
  await desk.admin(
    `insert into lethe.encryption (state, map_id, begun_at, done_at) values ('on', $1, '2021-01-01', '2021-01-01')`,
    [desk.graph.id],
  );
  await requireOwnVault(desk.db, vaultOf(desk.url));
  const { keys } = real;
  const engine = engineOf(desk, desk.db, keys);
  await dispose(engine);
  return { desk, real, keys, engine };
}

export const engineOf = (
  desk: Desk,
  db: Database,
  keys: Keys,
  clock: Clock = TODAY,
  url = desk.url,
): Engine => engineOver({ ...partsOf(desk, db, keys, url), clock });

export const partsOf = ({ graph }: Desk, db: Database, keys: Keys, url: string) => ({
  db,
  graph,
  clock: TODAY,
  keys,
  vault: vaultOf(url),
  policiesInForce: () => Promise.resolve(policiesOf(graph, RULES)),
});

/** The copy's, whose vault is a copy of today's; its keys are the ones that are there. */
export const urlOf = (desk: Desk, name: string): string =>
  Object.assign(new URL(desk.url), { pathname: `/${name}` }).href;

export const rescueOf = (desk: Desk, { db }: Pick<Yesterday, 'db'>, keys: Keys, name: string): Rescue =>
  rescueOver(partsOf(desk, db, keys, urlOf(desk, name)));

export const lookingAt = (desk: Desk, keys: Keys): ClaimsContext & { readonly keys: Keys } => ({
  db: desk.db,
  clock: TODAY,
  keys,
  vault: vaultOf(desk.url),
  actor: 'actor-1',
  patienceMs: 0,
});

export const encryptionOf = ({ graph }: Desk, db: Database, { keyring }: Keys) =>
  encryptionOver({ db, graph, keyring, clock: TODAY });

export const customer = (key: string) => ({
  table: 'customers',
  row: key,
  owner: { record: 'customer', key },
});

/** The customers' names under keys of theirs, which are made on need. */
export async function writeNames(desk: Desk, db: Database, keys: Keys): Promise<void> {
  const encryption = encryptionOf(desk, db, keys);
  for (const key of PEOPLE)
    await throughDoor(db, async (tx) => {
      const { name } = await encryption.encrypt(tx, customer(key), { name: `Name ${key}` });
      await tx.query(sql`update shop.customers set name = ${name} where id = ${key}::bigint`);
    });
}

export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** Opened at the latest when the test is over. */
export function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  closing.push(() => {
    open();
    return opened;
  });
  return { opened, open };
}

/** A keyring's methods, which are its class's. */
export const methodsOf = (keyring: Keyring): Keyring => ({
  open: (ids) => keyring.open(ids),
  known: (ids) => keyring.known(ids),
  make: (use, count) => keyring.make(use, count),
  named: (use) => keyring.named(use),
  addVersion: (use, above) => keyring.addVersion(use, above),
  dropVersion: (use, version) => keyring.dropVersion(use, version),
  destroy: (ids, at) => keyring.destroy(ids, at),
  close: () => keyring.close(),
});

export const refuses = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => expect.fail('it did not fail'),
    () => undefined,
  );

/** Somebody has asked who holds locks. */
export const isWaiting = async ({ admin }: Desk): Promise<boolean> =>
  (
    await admin(
      `select from pg_stat_activity where query like '%lethe.migration%' and pid <> pg_backend_pid() and datname = current_database()`,
    )
  ).length > 0;

/** What a copy of the database shows of the names to whoever has the vault: values, or the codes of what refuses. */
export async function readNames(
  desk: Desk,
  { db }: Pick<Yesterday, 'db'>,
  keys: Keys,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ row: string; value: string }>(sql`
    select id::text as row, name as value from shop.customers where id <= 3 order by id`);
  const encryption = encryptionOf(desk, db, keys);
  return Promise.all(
    rows.map((row) =>
      encryption.decrypt([{ table: 'customers', column: 'name', ...row }]).then(
        ([value]) => String(value),
        (error: unknown) => (error instanceof LetheError ? error.code : String(error)),
      ),
    ),
  );
}

export const NAMES = PEOPLE.map((key) => `Name ${key}`);
export const GONE = PEOPLE.map(() => 'key_destroyed');

export const keysOfPersons = async ({ store }: Keys): Promise<number> =>
  (await store.counts()).reduce((sum, { use, count }) => (use === 'subject' ? sum + count : sum), 0);

export const told = async (on: Database, kind: string): Promise<readonly unknown[]> => {
  const { rows } = await on.query<{ counts: unknown }>(sql`
    select body::jsonb -> 'counts' as counts from lethe.ledger_entry where kind = ${kind}`);
  return rows.map(({ counts }) => counts);
};

export const inDatabase = async (): Promise<{ readonly url: string }> => {
  const { url, drop } = await freshDatabase();
  closing.push(drop);
  return { url };
};
export const KINDS: readonly (readonly [string, () => Promise<{ readonly url?: string }>])[] = [
  ['in a folder', () => Promise.resolve({})],
  ['in a database', inDatabase],
];
