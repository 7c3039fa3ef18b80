import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** A folder may import from lower floors, and from its own; `same: true` also from its neighbours. */
const FLOORS: Readonly<Record<string, number>> = {
  core: 0,
  db: 1,
  documents: 1,
  log: 1,
  datamap: 2,
  vault: 2,
  ledger: 3,
  keys: 3,
  policy: 4,
  encryption: 4,
  publication: 5,
  access: 5,
  consent: 5,
  tokens: 5,
  intake: 5,
  disposal: 6,
  retention: 7,
  recording: 7,
  tickets: 7,
  transparency: 7,
  doctor: 8,
  'config.ts': 8,
  'config-keys.ts': 8,
  'engine.ts': 8,
  'engine-parts.ts': 8,
  'rescue.ts': 8,
  'index.ts': 9,
  demo: 9,
  http: 9,
  jobs: 9,
  cli: 10,
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const textOf = (file: string): string => readFileSync(join(SRC, file), 'utf8');
const specifiers = (file: string): readonly string[] =>
  [...textOf(file).matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, specifier = '']) => specifier);

const imports: readonly Import[] = files.flatMap((from) =>
  specifiers(from)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({
      from,
      to: relative(SRC, join(SRC, dirname(from), specifier)).replace(/\.js$/, '.ts'),
    })),
);
const folderOf = (file: string): string => file.split('/')[0] ?? file;

describe('the architecture', () => {
  it('gives every folder of src a floor', () => {
    expect([...new Set(files.map(folderOf))].filter((folder) => FLOORS[folder] === undefined)).to.deep.equal(
      [],
    );
  });

  it('lets a folder import only from lower floors', () => {
    const upward = imports.filter(({ from, to }) => {
      const [a, b] = [folderOf(from), folderOf(to)];
      return a !== b && (FLOORS[b] ?? 99) >= (FLOORS[a] ?? 0) && !(FLOORS[a] === 8 && FLOORS[b] === 8);
    });
    expect(upward).to.deep.equal([]);
  });

  it('has no import cycle', () => {
    const next = new Map(
      files.map((file) => [file, imports.filter(({ from }) => from === file).map(({ to }) => to)]),
    );
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const to of next.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).to.deep.equal([]);
  });

  it('reads the environment in config.ts alone', () => {
    expect(files.filter((file) => /process\.env\b/.test(textOf(file)))).to.deep.equal(['config.ts']);
  });

  it('lets one folder import a third-party package (zod and sql-template-tag excepted)', () => {
    const users = new Map<string, Set<string>>();
    for (const file of files)
      for (const specifier of specifiers(file)) {
        if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
        const name = specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/');
        users.set(name, (users.get(name) ?? new Set()).add(folderOf(file)));
      }
    const shared = [...users].filter(
      ([name, folders]) => !['zod', 'sql-template-tag'].includes(name) && folders.size > 1,
    );
    expect(shared.map(([name, folders]) => `${name}: ${[...folders].join(', ')}`)).to.deep.equal([]);
  });

  // encryption/ puts a ciphertext in the place of each value, once; it destroys none
  it('opens the door to destruction in disposal/, tickets/ and encryption/ alone', () => {
    const users = imports.filter(({ to }) => to === 'db/disposal-door.ts').map(({ from }) => folderOf(from));
    expect(users.filter((folder) => !['disposal', 'tickets', 'encryption'].includes(folder))).to.deep.equal(
      [],
    );
  });

  it('lets only the database folder run unchecked statements', () => {
    const users = imports
      .filter(({ to }) => to === 'db/unchecked.ts')
      .map(({ from }) => from)
      .sort();
    expect(users).to.deep.equal(['db/disposal-door.ts', 'db/migrate.ts', 'db/port.ts']);
  });

  it('imports no test code', () => {
    expect(imports.filter(({ to }) => to.startsWith('..'))).to.deep.equal([]);
  });
});
