/* A second process for the tests of the keys: `node --import tsx key-child.ts <task> <vault place as JSON> <arguments>`. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Instant } from '../../src/core/instant.js';
import { openKeyStore } from '../../src/keys/open-key-store.js';
import type { VaultPlace } from '../../src/vault/open.js';

const [, , task = '', place = '{}', ...args] = process.argv;
const store = await openKeyStore(JSON.parse(place) as VaultPlace);
const AT = '2026-11-21T00:00:00.000000Z' as Instant;

/** Adds keys a hundred at a time and says after each that they are there, until it is killed. */
async function add(): Promise<void> {
  const [epoch = ''] = args;
  for (;;) {
    const keys = Array.from({ length: 100 }, () => ({
      id: randomUUID(),
      use: 'ticket' as const,
      epoch,
      wrapped: randomBytes(60),
    }));
    if (!(await store.add(keys))) throw new Error('the epoch is over');
    console.log(keys.map(({ id }) => id).join(' '));
  }
}

/** Begins the first epoch, as several do at once; says which one began. */
async function begin(): Promise<void> {
  const id = randomUUID();
  console.log((await store.beginEpoch(id, null, AT)) ? id : 'another was first');
}

async function destroy(): Promise<void> {
  await store.destroy(args, AT);
}

/** Holds what only one may, until it is killed. */
async function hold(): Promise<void> {
  await store.alone(async () => {
    console.log('alone');
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  });
}

const tasks: Readonly<Record<string, () => Promise<void>>> = { add, begin, destroy, hold };
await tasks[task]?.();
await store.close();
