import { basename, dirname, resolve } from 'node:path';
import { configSchema, keysConfig, type Config, type Surroundings } from '../config.js';
import { systemClock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Database } from '../db/database.js';
import { encryptDatabase } from '../encryption/convert.js';
import { openOwnKeys } from '../engine-parts.js';
import type { KeysConfig } from '../keys/keys.js';
import { createKeyFile } from '../keys/key-file.js';
import type { Vault } from '../vault/vault.js';
import type { NamedVault } from './init-vault.js';

/** Beside lethe.json. */
export const KEY_FILE = 'lethe-keys.json';
export const KEY_PROVIDERS = ['local', 'aws-kms', 'none'] as const;

/** What the command line says of keys. */
export interface KeyOptions {
  readonly keys?: (typeof KEY_PROVIDERS)[number];
  readonly kmsKey?: string;
  readonly keyFile?: string;
}

export interface NewInstallation {
  /** Of lethe.json. */
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
      ? { provider, file: keyFile ?? KEY_FILE, ...(kmsKey === undefined ? {} : { key: kmsKey }) }
      : {
          provider,
          ...(kmsKey === undefined ? {} : { key: kmsKey }),
          ...(keyFile === undefined ? {} : { file: keyFile }),
        };
  const folder = dirname(resolve(around.cwd, path));
  const parsed = configSchema.shape.keys.parse(option);
  const config = keysConfig(around, folder, { keys: parsed, vault: vault.place?.folder });
  return config && { option, config };
}

const protects = ({ tables }: MapGraph): boolean =>
  [...tables.values()].some((table) => table.protected !== null);

/** @throws LetheError `config_invalid`: lethe.json is there, and says it or does not */
export function refuseKeyOptions({ keys, kmsKey, keyFile }: KeyOptions): void {
  if (keys === undefined && kmsKey === undefined && keyFile === undefined) return;
  throw new LetheError('config_invalid', {
    problems: 'lethe.json is here already: add "keys" to it, and run `lethe keys encrypt`',
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
 * Turns encryption on while there is nothing to encrypt, or little: a database that is in use keeps working.
 * @throws LetheError what encryptDatabase throws
 */
export async function encryptNew({ db, graph, config, vault, actor }: NewDatabase): Promise<void> {
  const keys = await openOwnKeys(config, vault, systemClock);
  if (!keys) return;
  try {
    await encryptDatabase({ db, graph, clock: systemClock, keyring: keys.keyring }, actor);
  } finally {
    await keys.close();
  }
}

/** Makes the key file that lethe.json is to name; one that is there stays as it is. */
export async function makeKeyFile(named: NamedKeys | null): Promise<void> {
  if (named?.config.root.provider === 'local') await createKeyFile(named.config.root.file);
}

/** What lethe.json is told. */
export const keysOption = (named: NamedKeys | null): { readonly keys?: NamedKeys['option'] } =>
  named === null ? {} : { keys: named.option };

/** What init says of it; nothing where there is nothing to encrypt. */
export function keysLines(graph: MapGraph, named: NamedKeys | null): readonly string[] {
  if (!protects(graph)) return [];
  if (named === null)
    return [
      'What customers write is stored as it is. To encrypt it, add "keys": {"provider": "local"} or your AWS KMS key to lethe.json and run `lethe keys encrypt`: docs/keys.md.',
    ];
  const { root } = named.config;
  return root.provider === 'local'
    ? keyFileLines(root.file)
    : [
        `What customers write is stored encrypted: the root of its keys is ${root.key} in AWS KMS, epoch keys are where LETHE_EPOCHS_URL says.`,
      ];
}

/** What goes with a new key file. */
export const keyFileLines = (file: string): readonly string[] => [
  `What customers write is stored encrypted: the root of its keys is ${basename(file)}, and without it nothing of that can be read.`,
  'Keep a copy of it somewhere else; it belongs neither into the vault, nor into version control, nor into backups of vault or database.',
];
