import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/core/clock.js';
import { createKeyFile, keyFile } from '../src/keys/key-file.js';
import { keyringOver } from '../src/keys/keyring-over.js';
import type { Keys } from '../src/keys/keys.js';
import { localProvider } from '../src/keys/local-provider.js';
import { openKeyStore } from '../src/keys/open-key-store.js';
import type { KeyProvider } from '../src/keys/provider.js';
import { rotateEpoch } from '../src/keys/rotate-epoch.js';
import type { VaultPlace } from '../src/vault/open.js';
import { byTurns, rounded, seconds, type Bench, type BenchOptions } from './bench.js';
import { serverLine, templateDatabase, withClient } from './databases.js';

const PAGE = 1000;
const OPENED = 1000;

/**
 * Keys a second in a rotation, of a vault in a database against reading and updating as many bare rows by the thousand, and of a
 * vault in a folder; and how often the provider is asked when 1,000 subjects' keys are opened one by one at the same time.
 */
const rotationOf =
  (count: number): Bench =>
  async (options) => {
    const keys = options.small ? 2000 : count;
    const dataset = `${keys} keys`;
    options.say(`keys: ${dataset}; ${await serverLine()}`);
    const template = await templateDatabase(() => Promise.resolve());
    try {
      const [ours, theirs] = await byTurns(
        options,
        {
          name: 'rotation in a database',
          run: () => template.onCopy((url) => inFolder((folder) => rotation({ url, folder }, keys))),
        },
        { name: 'bare rows', run: () => template.onCopy((url) => bareRows(url, keys)) },
      );
      const folders: number[] = [];
      for (let run = 1; run <= options.runs; run += 1)
        folders.push(await inFolder((folder) => rotation({ folder }, keys)));
      const folder = folders.toSorted((a, b) => a - b)[Math.floor(folders.length / 2)] ?? NaN;
      options.say(
        `  ${perSecond(keys, ours)} keys a second in a database, ${perSecond(keys, theirs)} bare rows a second; ${perSecond(keys, folder)} keys a second in a folder`,
      );
      const calls = await providerCalls(options);
      return {
        bench: 'keys',
        ratio: rounded(theirs / ours),
        bound: 'report',
        dataset,
        runs: options.runs,
        keysPerSecondInDatabase: perSecond(keys, ours),
        bareRowsPerSecond: perSecond(keys, theirs),
        keysPerSecondInFolder: perSecond(keys, folder),
        providerCallsForThousandSubjects: calls,
      };
    } finally {
      await template.drop();
    }
  };

export const keys = rotationOf(100_000);
export const keysMillion = rotationOf(1_000_000);

const perSecond = (count: number, time: number): number => Math.round(count / time);

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-bench-keys-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Calls {
  opened: number;
}

/** Keys beside a vault; a second time over the same files is another process. */
async function keysAt(place: VaultPlace, calls: Calls = { opened: 0 }): Promise<Keys> {
  const file = join(place.folder, 'root.key');
  await createKeyFile(file);
  const real = localProvider(keyFile(file));
  const provider: KeyProvider = {
    ...real,
    openKey: (wrapped, context) => {
      calls.opened += 1;
      return real.openKey(wrapped, context);
    },
  };
  const store = await openKeyStore({ ...place, folder: join(place.folder, 'vault') });
  const { epochs } = keyFile(file);
  const vaultId = (): Promise<string> => Promise.resolve('bench');
  const keyring = keyringOver({ store, epochs, provider, vaultId, clock: systemClock });
  return {
    keyring,
    store,
    epochs,
    provider,
    rhythm: { every: 'P90D', afterDestruction: 'P7D', keptFor: 'P30D' },
    vaultId,
    close: async () => {
      await keyring.close();
      await store.close();
    },
  };
}

/** Seconds that it takes to put so many keys under a new epoch. */
async function rotation(place: VaultPlace, count: number): Promise<number> {
  const opened = await keysAt(place);
  try {
    for (let made = 0; made < count; made += PAGE) await opened.keyring.make('ticket', PAGE);
    return await seconds(async () => {
      const { moved } = await rotateEpoch(opened, { at: systemClock.now() });
      if (moved !== count) throw new Error(`${moved} keys were moved`);
    });
  } finally {
    await opened.close();
  }
}

/** The same table and index; rows are read by the thousand and written back with other bytes, nothing is locked or looked after. */
const bareRows = (url: string, count: number): Promise<number> =>
  withClient(url, async (client) => {
    await client.query(`create table bare (id uuid primary key, use text, epoch uuid, wrapped bytea);
      create index on bare (epoch, id)`);
    const [from, to] = [randomUUID(), randomUUID()];
    await client.query(
      `insert into bare select gen_random_uuid(), 'ticket', $1, decode(repeat('ab', 60), 'hex') from generate_series(1, $2)`,
      [from, count],
    );
    return seconds(async () => {
      for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
        const { rows } = await client.query<{ id: string }>(
          'select id, use, epoch, wrapped from bare where epoch = $1 and id > $2 order by id limit $3',
          [from, after, PAGE],
        );
        const last = rows.at(-1);
        if (last === undefined) return;
        await client.query(
          `update bare set epoch = $3, wrapped = n.wrapped
             from unnest($1::uuid[], $2::bytea[]) n (id, wrapped) where bare.id = n.id`,
          [rows.map(({ id }) => id), rows.map(() => randomBytes(60)), to],
        );
        after = last.id;
      }
    });
  });

async function providerCalls({ say }: BenchOptions): Promise<number> {
  return inFolder(async (folder) => {
    const maker = await keysAt({ folder });
    const made = await maker.keyring.make('subject', OPENED);
    const calls = { opened: 0 };
    const reader = await keysAt({ folder }, calls);
    const time = await seconds(() => Promise.all(made.map(({ id }) => reader.keyring.open([id]))));
    await reader.close();
    await maker.close();
    say(
      `  ${OPENED} subjects' keys opened in ${(time * 1000).toFixed(0)} ms: the provider was asked ${calls.opened} times`,
    );
    return calls.opened;
  });
}
