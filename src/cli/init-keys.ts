import { basename, dirname, resolve } from 'node:path';
import { keysConfig, type Surroundings, configSchema } from '../config.js';
import { LetheError } from '../core/errors.js';
import type { MapGraph } from '../datamap/graph.js';
import type { KeysConfig } from '../keys/keys.js';
import { createKeyFile } from '../keys/key-file.js';
import type { NamedVault } from './init-vault.js';

/** Beside lethe.json. */
const KEY_FILE = 'lethe-keys.json';
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
      'What customers write is stored as it is. To store it encrypted: `lethe init --keys local` or `--keys aws-kms` (docs/keys.md).',
    ];
  const { root } = named.config;
  return root.provider === 'local'
    ? [
        `What customers write is stored encrypted; the root of its keys is ${basename(root.file)}. Without that file nothing can be read:`,
        'keep a copy of it, and keep it out of the vault, out of version control, and out of every backup of the vault or the database.',
      ]
    : [
        `What customers write is stored encrypted; the root of its keys is ${root.key} in AWS KMS, and epoch keys are where LETHE_EPOCHS_URL says.`,
      ];
}
