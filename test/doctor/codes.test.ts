import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ERROR_CODES } from '../../src/core/error-codes.js';

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(at(path), 'utf8');

describe('the codes of coverage', () => {
  it('are in docs/doctor.md, each in the row of a table, and no others', () => {
    const sources = readdirSync(at('src/doctor/')).map((file) => read(`src/doctor/${file}`));
    const codes = sources.flatMap((text) =>
      [...text.matchAll(/(?:\b(?:error|warning|hint)|: warning\)|: error\))\(\s*'([a-z_]+)'/g)].map(
        ([, code]) => code,
      ),
    );
    const known = new Set([...codes, 'backlog', 'clock_skew', 'schema']);
    const rows = read('docs/doctor.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const listed = new Set(
      rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z_]+)`/g)].map(([, code]) => code)),
    );
    expect(known.size).to.be.greaterThan(25);
    expect([...known].filter((code) => !listed.has(code))).to.deep.equal([]);
    expect([...listed].filter((code) => !known.has(code) && !((code ?? '') in ERROR_CODES))).to.deep.equal(
      [],
    );
  });
});
