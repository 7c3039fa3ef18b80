/* Another process at the place of the epoch keys: `node --import tsx epochs-child.ts <root as JSON> <name> <count>`. */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openEpochStore } from '../../src/keys/open-epoch-store.js';
import type { KeysConfig } from '../../src/keys/keys.js';
import { epochOf } from './epochs.js';

const [, , root = '', name = '', count = '0', go = ''] = process.argv;
const store = await openEpochStore(JSON.parse(root) as KeysConfig['root']);
console.log('ready');
while (go !== '' && !existsSync(go)) await pause(1);
for (let n = 0; n < Number(count); n++) {
  await store.put(epochOf(`${name}-${n}`));
  // what was said to be stored must be there, whatever becomes of this process
  console.log(`${name}-${n}`);
}
await store.close();
