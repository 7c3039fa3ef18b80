import { basename, dirname, join, resolve } from 'node:path';
import { configSchema, databaseConfig, type Config, type Surroundings } from '../config.js';
import { keysConfig } from '../config-keys.js';
import { systemClock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Database, Queryable } from '../db/database.js';
import { encryptDatabase } from '../encryption/convert.js';
import { requireKeys } from '../encryption/require-keys.js';
import { encryptionState, type EncryptionState } from '../encryption/state.js';
import { isKeyFileUnmade } from '../encryption/unmade-key-file.js';
import { openOwnKeys } from '../engine-parts.js';
import type { KeysConfig } from '../keys/keys.js';
import { createKeyFile } from '../keys/key-file.js';
import type { Vault } from '../vault/vault.js';
import type { NamedVault } from './init-vault.js';
import { POLICIES_FOLDER } from './install-files.js';

/** Beside lethe.json. */
export const KEY_FILE = 'lethe-keys.json';
export const KEY_PROVIDERS = ['local', 'aws-kms', 'none'] as const;

/** What the command line says of keys. */
export interface KeyOptions {
  readonly keys?: (typeof KEY_PROVIDERS)[number];
  readonly kmsKey?: string;
  readonly keyFile?: string;
}

/**
 * What cannot all be meant is followed in nothing.
 * @throws LetheError `input_invalid`
 */
export function requireConsistent({ keys, kmsKey, keyFile }: KeyOptions): void {
  const refuse = (what: string, reason: string): LetheError =>
    new LetheError('input_invalid', { what, reason });
  if (keyFile === '') throw refuse('--key-file', 'must not be empty');
  if (kmsKey === '') throw refuse('--kms-key', 'must not be empty');
  if (keyFile !== undefined && kmsKey !== undefined)
    throw refuse('--key-file', 'is for a key file, and --kms-key is for AWS KMS: name one of them');
  if (keyFile !== undefined && keys !== undefined && keys !== 'local')
    throw refuse('--key-file', `is for --keys local, and --keys ${keys} is given`);
  if (kmsKey !== undefined && keys !== undefined && keys !== 'aws-kms')
    throw refuse('--kms-key', `is for --keys aws-kms, and --keys ${keys} is given`);
}

export interface NewInstallation {
  /** Of lethe.json, absolute. */
  readonly path: string;
  readonly graph: MapGraph;
  readonly isEmbedded: boolean;
  readonly vault: NamedVault;
}

/** The keys of a new installation. */
export interface NamedKeys {
  /** `keys` of lethe.json. */
  readonly option: { readonly provider: 'local' | 'aws-kms'; readonly file?: string; readonly key?: string };
  readonly config: KeysConfig;
}

/** On the command line a mistake has another name than in lethe.json, which is not written yet. */
const WORDS = { keys: '--keys', file: '--key-file', key: '--kms-key' };

/**
 * Where a new installation's keys are to be; null: nothing is encrypted. On the embedded database a key file is made unless somebody
 * says otherwise: there it costs nobody a decision about a key service.
 * @throws LetheError `config_invalid`
 */
export function namedKeys(
  around: Surroundings,
  { keys, kmsKey, keyFile }: KeyOptions,
  { path, graph, isEmbedded, vault }: NewInstallation,
): NamedKeys | null {
  const isProtected = protects(graph);
  const wanted = keys ?? (kmsKey !== undefined ? 'aws-kms' : keyFile !== undefined ? 'local' : undefined);
  const provider = wanted ?? (isProtected && isEmbedded && vault.place ? 'local' : 'none');
  if (provider === 'none') return null;
  if (!isProtected)
    throw new LetheError('config_invalid', {
      problems: `--keys: the data map "${graph.id}" says of no column that it is to be stored encrypted`,
    });
  const option =
    provider === 'local'
      ? { provider, file: keyFile ?? KEY_FILE }
      : { provider, ...(kmsKey === undefined ? {} : { key: kmsKey }) };
  const places = {
    environment: around.environment,
    configFile: path,
    policies: join(dirname(path), POLICIES_FOLDER),
    vault: vault.place,
    database: databaseConfig(around),
  };
  return { option, config: keysConfig(configSchema.shape.keys.unwrap().parse(option), places, WORDS) };
}

const protects = ({ tables }: MapGraph): boolean =>
  [...tables.values()].some((table) => table.protected !== null);

/**
 * The keys that lethe.json has already, where the command line names the same ones: what an init before has begun goes on. Null:
 * nothing is said of keys, and nothing is encrypted unasked.
 * @throws LetheError `config_invalid` where lethe.json has others, or none
 */
export function agreedKeys(
  { keys, kmsKey, keyFile }: KeyOptions,
  known: Pick<Config, 'keys' | 'folder'>,
  shown: string,
): KeysConfig | null {
  if (keys === undefined && kmsKey === undefined && keyFile === undefined) return null;
  if (!known.keys) {
    if (keys === 'none') return null;
    throw new LetheError('config_invalid', {
      problems: `${shown} is here already: add "keys" to it, and run \`lethe keys encrypt\``,
    });
  }
  const { root } = known.keys;
  const there = root.provider === 'local' ? root.file : root.key;
  const isSame =
    (keys ?? root.provider) === root.provider &&
    (kmsKey === undefined || (root.provider === 'aws-kms' && kmsKey === there)) &&
    (keyFile === undefined || (root.provider === 'local' && resolve(known.folder, keyFile) === there));
  if (isSame) return known.keys;
  throw new LetheError('config_invalid', {
    problems: `${shown} is here already, and its "keys" are others (${root.provider}, ${there}): leave these options out, or edit it while nothing is encrypted`,
  });
}

export interface NewDatabase {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly config: Config;
  readonly vault: Vault;
  /** Name of who asked for it. */
  readonly actor: string;
}

/**
 * Turns encryption on while there is nothing to encrypt, or little: a database that is in use keeps working. What is on stays so.
 * @throws LetheError what requireKeys and encryptDatabase throw
 */
export async function encryptNew({ db, graph, config, vault, actor }: NewDatabase): Promise<void> {
  const keys = await openOwnKeys(config, vault, systemClock);
  if (!keys) return;
  try {
    // an init before may have come no further
    if (await isKeyFileUnmade(db, keys)) await createKeyFile(keys.provider.key);
    await requireKeys(db, keys);
    await encryptDatabase({ db, graph, clock: systemClock, keyring: keys.keyring }, actor);
  } finally {
    await keys.close();
  }
}

/** Before lethe.json names it; one that is there stays as it is, and where something is encrypted a missing one is a lost one. */
export async function makeKeyFile(on: Queryable, named: NamedKeys | null): Promise<void> {
  if (named?.config.root.provider !== 'local' || (await encryptionState(on)) !== 'off') return;
  await createKeyFile(named.config.root.file);
}

/** What lethe.json is told. */
export const keysOption = (named: NamedKeys | null): { readonly keys?: NamedKeys['option'] } =>
  named === null ? {} : { keys: named.option };

/** What init says of it; nothing where there is nothing to encrypt. */
export function keysLines(graph: MapGraph, keys: KeysConfig | null): readonly string[] {
  if (!protects(graph)) return [];
  if (keys === null)
    return [
      'What customers write is stored as it is. To encrypt it, add "keys": {"provider": "local"} or your AWS KMS key to lethe.json and run `lethe keys encrypt`: docs/keys.md.',
    ];
  const { root } = keys;
  return root.provider === 'local'
    ? keyFileLines(root.file)
    : [
        `What customers write is stored encrypted: the root of its keys is ${root.key} in AWS KMS, epoch keys are where LETHE_EPOCHS_URL says.`,
      ];
}

/** Nobody asked this init to encrypt. */
export const notEncryptedLines = (
  state: EncryptionState,
  { keys }: Config,
  shown: string,
): readonly string[] =>
  keys && state === 'off'
    ? [`${shown} names keys, and nothing is encrypted with them yet: \`lethe keys encrypt\`.`]
    : [];

/** What goes with a new key file. */
export const keyFileLines = (file: string): readonly string[] => [
  `What customers write is stored encrypted: the root of its keys is ${basename(file)}, and without it nothing of that can be read.`,
  'Keep a copy of it somewhere else; it belongs neither into the vault, nor into version control, nor into backups of vault or database.',
];
