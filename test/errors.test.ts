import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ERROR_CODES } from '../src/core/error-codes.js';

describe('docs/errors.md', () => {
  it('lists exactly the codes of the error table, with their exit codes', () => {
    const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| `(\w+)` \| (\d) \|/gm)].map(
      ([, code, exit]) => `${code ?? ''} ${exit ?? ''}`,
    );
    const known = Object.entries(ERROR_CODES).map(([code, { exitCode }]) => `${code} ${exitCode}`);
    expect(listed.sort()).to.deep.equal(known.sort());
  });
});
