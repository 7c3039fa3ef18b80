import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { serverUrl } from '../support/server.js';

const execute = promisify(execFile);

/** The lines a small run prints. */
async function small(name: string): Promise<readonly string[]> {
  const environment = { ...process.env, TEST_DATABASE_URL: await serverUrl() };
  const { stdout } = await execute(process.execPath, ['--import', 'tsx', 'bench/run.ts', name, '--small'], {
    env: environment,
  });
  return stdout.trimEnd().split('\n');
}

describe('benchmarks', () => {
  for (const name of ['retention-apply', 'retention-plan']) {
    it(`${name} runs on a few thousand rows, tells its story and prints its verdict last`, async () => {
      const lines = await small(name);
      expect(lines.length).to.be.greaterThan(1);
      const verdict = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
      expect(verdict).to.include({ bench: name, runs: 1 });
      expect(verdict['ratio']).to.be.a('number').greaterThan(0);
      expect(verdict['bound']).to.match(/^[<>]=\d/);
      expect(verdict['dataset']).to.be.a('string');
    });
  }
});
