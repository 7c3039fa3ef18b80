/* Uses the key service once, as a command would: `node --import tsx kms-child.ts <key>`. Says what was loaded and what was warned of. */
import { createRequire } from 'node:module';
import { openProvider } from '../../src/keys/open-provider.js';

const loaded = (): boolean =>
  Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('@aws-sdk'));

const key = process.argv[2] ?? '';
const provider = openProvider({ provider: 'aws-kms', key, epochs: 'file:///nowhere' });
const before = loaded();
const { id } = await provider.check();
process.emitWarning('a warning of somebody else');
console.log(JSON.stringify({ before, after: loaded(), id }));
await provider.close();
