import { once } from 'node:events';
import { LetheError } from '../src/core/errors.js';
import { actor, withDesk } from './desk-engine.js';

/** One worker process: says that it is ready, waits for a word, applies the plan in DATABASE_URL's database. */
const [, , plan = ''] = process.argv;
await withDesk(process.env['DATABASE_URL'] ?? '', async (desk) => {
  await desk.retention.status(); // its connection is open before the clock starts
  console.log('ready');
  await once(process.stdin, 'data');
  process.stdin.pause();
  try {
    await desk.retention.apply(plan, actor('worker'));
  } catch (error) {
    // the others were first to finish it
    if (!(error instanceof LetheError && error.code === 'plan_finished')) throw error;
  }
});
