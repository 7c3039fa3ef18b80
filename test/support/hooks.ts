import { dropTemplates } from './database.js';
import { preferMemory } from './server-folder.js';
import { stopServer } from './server.js';

if (process.env['LETHE_SOAK'] === undefined) preferMemory();

/** Mocha's root hooks. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await dropTemplates();
    await stopServer();
  },
};
