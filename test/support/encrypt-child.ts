/* A second process for the tests of the first encryption: `node --import tsx encrypt-child.ts <job.json>`. */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/core/clock.js';
import { loadMap } from '../../src/datamap/load.js';
import { openPostgres } from '../../src/db/postgres.js';
import { encryptDatabase } from '../../src/encryption/convert.js';
import { openKeys } from '../../src/keys/open-keys.js';
import type { Keys } from '../../src/keys/keys.js';

export interface EncryptJob {
  readonly url: string;
  /** The key file, and the folder of the vault. */
  readonly file: string;
  readonly folder: string;
}

export const keysOfJob = ({ file, folder }: Omit<EncryptJob, 'url'>): Promise<Keys> =>
  openKeys(
    {
      root: { provider: 'local', file },
      epochs: { every: 'P90D', afterDestruction: 'P7D', keptFor: 'P30D' },
    },
    { vaultPlace: { folder }, vaultId: () => Promise.resolve('vault-of-the-test'), clock: systemClock },
  );

/** Says `ready`, waits for a line, encrypts, and says `done`. */
async function run(file: string): Promise<void> {
  const job = JSON.parse(readFileSync(file, 'utf8')) as EncryptJob;
  const [db, keys, graph] = [
    await openPostgres(job.url),
    await keysOfJob(job),
    await loadMap('native', {}, '.'),
  ];
  console.log('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  process.stdin.pause();
  await encryptDatabase({ db, graph, clock: systemClock, keyring: keys.keyring }, 'officer');
  await keys.close();
  await db.close();
  console.log('done');
}

const [, script = '', file] = process.argv;
if (/encrypt-child\.[jt]s$/.test(script) && file !== undefined) await run(file);
