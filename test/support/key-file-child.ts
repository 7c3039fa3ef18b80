/*
 * Makes or writes a key file, and at one of its steps is killed, or waits for a file `go`:
 * `node --import tsx key-file-child.ts <create|put> <path> <step> [<go>]`; a step is a function of node:fs/promises.
 */
import { existsSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { epochOf } from './epochs.js';

const [, , task, path = '', step = '', go] = process.argv;
const steps = createRequire(import.meta.url)('node:fs/promises') as Record<
  string,
  (...given: readonly unknown[]) => Promise<unknown>
>;
const real = steps[step];
steps[step] = async (...given) => {
  if (go === undefined) process.kill(process.pid, 'SIGKILL');
  console.log('waits');
  while (go === undefined || !existsSync(go)) await pause(5);
  return real?.(...given);
};
syncBuiltinESMExports();

const { createKeyFile, keyFile } = await import('../../src/keys/key-file.js');
if (task === 'create') console.log(String(await createKeyFile(path)));
else await keyFile(path).epochs.put(epochOf(`killed at ${step}`));
