import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { literal } from './sql.js';

/** `lethe` is always there; `desk` holds the native help desk's tables. */
export type MigrationSet = 'lethe' | 'desk';

export interface Migration {
  readonly set: string;
  readonly number: number;
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text with Unix line ends, so that a checkout on Windows is no other content. */
  readonly digest: string;
}

/** The same folder seen from src/db and from dist/db: the package ships it as it is. */
export const MIGRATIONS = fileURLToPath(new URL('../../src/db/migrations', import.meta.url));

/** Made in code, because the other files are recorded in it. */
export const BOOTSTRAP = `create schema if not exists lethe;
create table if not exists lethe.migration (
  set_name text not null,
  number int not null,
  name text not null,
  digest text not null,
  applied_at timestamptz not null default now(),
  primary key (set_name, number)
);
`;

/** Every file of the sets, in the order in which they are applied: set by set, by number. */
export function readMigrations(sets: readonly MigrationSet[], folder = MIGRATIONS): Migration[] {
  return withLethe(sets).flatMap((set) => readSet(set, join(folder, set)));
}

const withLethe = (sets: readonly MigrationSet[]): MigrationSet[] => [
  ...new Set(['lethe' as const, ...sets]),
];

function readSet(set: string, folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}-[\w-]+\.sql$/.test(file))
    .sort()
    .map((file) => readOne(set, folder, file));
}

function readOne(set: string, folder: string, file: string): Migration {
  const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
  const digest = createHash('sha256').update(text).digest('hex');
  return { set, number: Number(file.slice(0, 4)), name: file.slice(0, -'.sql'.length), text, digest };
}

/** The vault's schema, which stands in a database of its own: files that can be run again, and the table they are recorded in. */
export const readVaultMigrations = (folder = MIGRATIONS): Migration[] =>
  readSet('vault', join(folder, 'vault'));
export const VAULT_BOOTSTRAP = `create schema if not exists lethe_vault;
create table if not exists lethe_vault.migration (
  number int primary key,
  name text not null,
  digest text not null,
  applied_at timestamptz not null default now()
);
`;

/** The schema of the place of the epoch keys, which can be run again and stands in a database of its own. */
export const readEpochsSchema = (folder = MIGRATIONS): string =>
  readFileSync(join(folder, 'epochs', '0001-epochs.sql'), 'utf8');

/** The statement that records a migration as applied. */
export function recordOf({ set, number, name, digest }: Migration): string {
  const values = [literal(set), String(number), literal(name), literal(digest)].join(', ');
  return `insert into lethe.migration (set_name, number, name, digest) values (${values});`;
}

/** The same, in the vault. */
export const vaultRecordOf = ({ number, name, digest }: Migration): string =>
  `insert into lethe_vault.migration (number, name, digest) values (${String(number)}, ${literal(name)}, ${literal(digest)});`;

/** The whole schema as one text for a DBA to run; afterwards `migrate` finds nothing left to do. */
export function migrationsText(sets: readonly MigrationSet[] = [], folder = MIGRATIONS): string {
  const files = readMigrations(sets, folder).map(
    (one) => `-- ${one.set}/${one.name}\n${one.text.trim()}\n${recordOf(one)}\n`,
  );
  return ['begin;\n', BOOTSTRAP, ...files, 'commit;\n'].join('\n');
}
