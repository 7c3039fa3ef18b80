import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LetheError } from './core/errors.js';
import type { EpochRhythm, KeysConfig } from './keys/keys.js';

/** `keys` of lethe.json as it is written. */
export interface KeysOption {
  readonly provider: 'local' | 'aws-kms';
  readonly file?: string | undefined;
  readonly key?: string | undefined;
  readonly epochs: EpochRhythm;
}

/** What keys must stand apart from. Paths are absolute. */
export interface KeysSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** lethe.json, or what --config names. */
  readonly configFile: string;
  readonly policies: string;
  /** Null: none is named. */
  readonly vault: { readonly url: string | undefined; readonly folder: string } | null;
  readonly database: { readonly url: string | undefined; readonly embedded: string };
}

/** How a mistake is called by who made it: by its place in a file, or as an option of the command line. */
export interface KeysWords {
  readonly keys: string;
  readonly file: string;
  readonly key: string;
}

export const wordsOfFile = (shown: string): KeysWords => ({
  keys: `${shown}: keys`,
  file: `${shown}: keys.file`,
  key: `${shown}: keys.key`,
});

const EPOCHS = 'LETHE_EPOCHS_URL';

/**
 * What encrypts, from lethe.json and LETHE_EPOCHS_URL.
 * @throws LetheError `config_invalid` where something is missing, or would stand in what it protects, or in its way
 */
export function keysConfig(option: KeysOption, around: KeysSurroundings, words: KeysWords): KeysConfig {
  if (!around.vault) throw refused(words.keys, 'they stand in the vault, and none is named');
  const { provider, epochs } = option;
  return provider === 'local'
    ? { root: { provider, file: keyFileOf(option, around, words) }, epochs }
    : { root: { provider, key: keyOf(option, words), epochs: epochsPlaceOf(around) }, epochs };
}

function keyFileOf({ file, key }: KeysOption, around: KeysSurroundings, words: KeysWords): string {
  if (key !== undefined) throw refused(words.key, 'is for aws-kms; a key file is named by "file"');
  // who set it believes that epoch keys are there
  if (around.environment[EPOCHS])
    throw refused(
      EPOCHS,
      'is for aws-kms: a key file holds its epoch keys itself. Unset it, or let the keys be in AWS KMS (docs/keys.md)',
    );
  const path = resolve(dirname(around.configFile), file ?? 'lethe-keys.json');
  if (isFolder(path)) throw refused(words.file, 'is a folder; name a file in it, such as lethe-keys.json');
  requireApart(path, around, words.file);
  return path;
}

function keyOf({ file, key }: KeysOption, words: KeysWords): string {
  if (key === undefined)
    throw refused(words.key, 'is missing: aws-kms needs id, alias or ARN of a symmetric key');
  if (file !== undefined) throw refused(words.file, 'is for the local provider; aws-kms needs none');
  return key;
}

function epochsPlaceOf(around: KeysSurroundings): string {
  const { [EPOCHS]: place, DATABASE_URL, LETHE_VAULT_URL } = around.environment;
  if (!place)
    throw refused(
      EPOCHS,
      'is not set: with aws-kms, epoch keys need a place of their own, postgres://… or file:///…, that no backup of the vault takes along',
    );
  if ([DATABASE_URL, LETHE_VAULT_URL].some((other) => other && databaseAt(other) === databaseAt(place)))
    throw refused(EPOCHS, 'names the database of the tickets or of the vault; it must be another');
  const path = pathAt(place);
  if (path !== null) requireApart(path, around, EPOCHS);
  return place;
}

/**
 * Not in what is backed up with that which the keys protect, nor where Lethe writes or reads files of its own.
 * @throws LetheError `config_invalid`
 */
function requireApart(path: string, around: KeysSurroundings, word: string): void {
  const { configFile, policies, vault, database } = around;
  if (leadsTo(path) === leadsTo(configFile))
    throw refused(word, `is the configuration itself (${basename(configFile)}); name another file`);
  if (isWithin(policies, path))
    throw refused(word, 'is in the folder of the policies, where every file is one; put it elsewhere');
  if (vault && vault.url === undefined && isWithin(vault.folder, path))
    throw refused(word, 'is in the folder of the vault, whose backups would take it along; put it elsewhere');
  if (database.url === undefined && isWithin(embeddedPart(around), path))
    throw refused(
      word,
      'is in the folder of the embedded database, whose backups would take it along; put it elsewhere',
    );
}

/** The demo has everything in that folder, its configuration too: there it is the database's own part. */
const embeddedPart = ({ configFile, database: { embedded } }: KeysSurroundings): string =>
  isWithin(embedded, configFile) ? join(embedded, 'db') : embedded;

const refused = (word: string, problem: string): LetheError =>
  new LetheError('config_invalid', { problems: `${word}: ${problem}` });

/** What cannot be looked at is for whoever opens it to tell. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

const isWithin = (folder: string, path: string): boolean =>
  `${leadsTo(path)}${sep}`.startsWith(`${leadsTo(folder)}${sep}`);

/** Where a path leads to through links; its end need not be there yet. */
function leadsTo(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(leadsTo(above), basename(path));
  }
}

/** Null: it is no file, or cannot be read, which whoever opens it says. */
function pathAt(url: string): string | null {
  try {
    return resolve(fileURLToPath(url));
  } catch {
    return null;
  }
}

/** Host, port and name: two URLs of one database may differ in user and options. */
function databaseAt(text: string): string {
  if (!URL.canParse(text)) return text;
  const { protocol, hostname, port, pathname, searchParams } = new URL(text);
  if (!protocol.startsWith('postgres')) return text;
  const host = searchParams.get('host') ?? hostname.toLowerCase();
  return `${host}:${searchParams.get('port') ?? (port === '' ? '5432' : port)}${pathname}`;
}
