import { stopServer } from './server.js';

/** Mocha's root hooks. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopServer();
  },
};
