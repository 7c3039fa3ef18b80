import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { keysConfig, wordsOfFile } from './config-keys.js';
import { ROLES, type Role } from './core/actor.js';
import { describeProblems, LetheError, type Problem } from './core/errors.js';
import { parsePeriod } from './core/period.js';
import { isTimeZone } from './core/zone.js';
import { readJsonFile } from './datamap/json-file.js';
import { zodProblems } from './datamap/zod-problems.js';
import type { KeysConfig } from './keys/keys.js';

/** In words of its own: those of core are about retention. */
const period = z
  .string()
  .refine(
    (text) => !('problem' in parsePeriod(text)),
    'must be a period of days, weeks, months or years, such as "P30D"; the shortest is "P1D"',
  );
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "22:00"');
const zone = z.string().refine(isTimeZone, 'must be an IANA time zone such as "Europe/Berlin"');

/** `lethe.json`: what an installation is. Secrets have no place in it; the database URL comes from the environment. */
export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  map: z.string().min(1).describe('a shipped data map by name, or the path of a map file'),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  policies: z.string().default('policies').describe('the folder of the policy files'),
  database: z
    .enum(['postgres', 'embedded'])
    .optional()
    .describe('which one this installation was made for; a command that would open the other one refuses'),
  vault: z
    .string()
    .min(1)
    .optional()
    .describe('the folder of the vault, unless LETHE_VAULT_URL names a database'),
  backups: z
    .strictObject({
      keptFor: period.describe('how long the oldest backup of the ticket database is kept, such as "P35D"'),
    })
    .optional()
    .describe('absent: nobody knows, and the journal of the vault is kept for ever'),
  keys: z
    .strictObject({
      provider: z.enum(['local', 'aws-kms']),
      file: z
        .string()
        .min(1)
        .optional()
        .describe('local: the key file; keep it apart from database and vault'),
      key: z.string().min(1).optional().describe('aws-kms: id, alias or ARN of the key'),
      epochs: z
        .strictObject({
          every: period.default('P30D').describe('a new epoch when the current one is older'),
          afterDestruction: period
            .default('P1D')
            .describe('a new epoch so long after a key was destroyed, so that copies of the vault lose it'),
          keptFor: period
            .default('P7D')
            .describe(
              'how long the key of a former epoch is kept: so long a backup of the vault can be put back',
            ),
        })
        .prefault({}),
    })
    .optional()
    .describe('absent: nothing is stored encrypted'),
  cooling: period
    .default('P7D')
    .describe('how long a published version waits that takes more than the one in force'),
  actors: z
    .record(z.string().trim().min(1), z.array(z.enum(ROLES)).min(1))
    .optional()
    .describe('who may do what, by name; absent: everybody who can run Lethe may do everything'),
  worker: z
    .strictObject({
      window: z
        .strictObject({ from: timeOfDay, to: timeOfDay, timeZone: zone })
        .optional()
        .describe('batches run only between these times of day'),
      rowsPerSecond: z.int().min(1).optional().describe('on average over all batches of one worker'),
      replicationLagSeconds: z
        .number()
        .positive()
        .optional()
        .describe('batches wait while a replica is further behind'),
      lockWaits: z
        .int()
        .min(0)
        .optional()
        .describe('batches wait while more sessions than this wait for a lock'),
    })
    .default({}),
});

export type WorkerConfig = z.infer<typeof configSchema>['worker'];

export interface Config {
  readonly map: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Absolute folders. */
  readonly folder: string;
  readonly policies: string;
  /** The policies' folder as the user would write it. */
  readonly policiesShown: string;
  readonly database: DatabaseConfig;
  /** Null: no vault is named; the ledger is written, but neither journaled nor sealed. */
  readonly vault: VaultConfig | null;
  /** Null: nothing is stored encrypted. */
  readonly keys: KeysConfig | null;
  /** How long the oldest backup is kept; null: nobody said. */
  readonly backups: { readonly keptFor: string } | null;
  /** ISO 8601: how long a published version waits that takes more than the one in force. */
  readonly cooling: string;
  /** Name → roles; null: nobody is told apart. */
  readonly actors: Readonly<Record<string, readonly Role[]>> | null;
  readonly worker: WorkerConfig;
}

export interface DatabaseConfig {
  /** Absent: the embedded database in `embedded`. */
  readonly url: string | undefined;
  readonly embedded: string;
}

/** The second store: keys, the journal of privacy acts, the last seal. */
export interface VaultConfig {
  /** Absent: the vault in `folder`. */
  readonly url: string | undefined;
  readonly folder: string;
}

/** The mark of a folder that `lethe demo` made: its presence means the files in it are the demo's. */
export const DEMO_MARK = 'demo.json';

/** Where a command runs and what the environment says; tests pass their own. */
export interface Surroundings {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const surroundings = (): Surroundings => ({ cwd: process.cwd(), environment: process.env });

/** The database a command run here talks to: DATABASE_URL, else the embedded one in `.lethe/`. */
export function databaseConfig({ cwd, environment }: Surroundings): DatabaseConfig {
  const url = environment['DATABASE_URL'];
  return { url: url === undefined || url === '' ? undefined : url, embedded: join(cwd, '.lethe') };
}

/**
 * Where the vault is: LETHE_VAULT_URL, else the folder lethe.json names, else nowhere.
 * @throws LetheError `config_invalid` when it would stand in the database it is to be kept apart from
 */
export function vaultConfig(around: Surroundings, folder: string, named?: string): VaultConfig | null {
  const [url, database] = [around.environment['LETHE_VAULT_URL'], databaseConfig(around)];
  if (url !== undefined && url !== '' && url === database.url)
    throw new LetheError('config_invalid', {
      problems:
        'LETHE_VAULT_URL and DATABASE_URL name the same database; the vault must stand in another one',
    });
  if (url !== undefined && url !== '') return { url, folder };
  return named === undefined ? null : { url: undefined, folder: resolve(folder, named) };
}

/** Who acts when `--as` says nothing: the operating system's user, asserted. */
export const systemUser = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
};

/**
 * Finds and reads the configuration: `--config`, else the demo's (in a demo folder, without DATABASE_URL), else `lethe.json`.
 * @throws LetheError `config_missing`, `config_invalid`
 */
export async function loadConfig(around: Surroundings, given?: string): Promise<Config> {
  const path = given === undefined ? defaultPath(around) : resolve(around.cwd, given);
  if (!existsSync(path))
    throw new LetheError('config_missing', { file: basename(path), folder: dirname(path) });
  const shown = basename(path);
  const problems: Problem[] = [];
  const content = await readJsonFile(path, shown, problems);
  const parsed = content === undefined ? undefined : configSchema.safeParse(content);
  if (parsed && !parsed.success) problems.push(...zodProblems(shown, parsed.error, content, configSchema));
  if (!parsed?.success) throw new LetheError('config_invalid', { problems: describeProblems(problems) });
  const folder = dirname(path);
  const database = databaseConfig(around);
  requireSame(database, parsed.data.database, shown);
  const vault = vaultConfig(around, folder, parsed.data.vault);
  const policies = resolve(folder, parsed.data.policies);
  const places = { environment: around.environment, configFile: path, policies, vault, database };
  return Object.freeze({
    map: parsed.data.map,
    parameters: parsed.data.parameters,
    folder,
    policies,
    policiesShown: parsed.data.policies,
    database,
    vault,
    keys: parsed.data.keys ? keysConfig(parsed.data.keys, places, wordsOfFile(shown)) : null,
    backups: parsed.data.backups ?? null,
    cooling: parsed.data.cooling,
    actors: parsed.data.actors ?? null,
    worker: parsed.data.worker,
  });
}

/** In a new shell without DATABASE_URL, an empty embedded database would answer in place of the ticket system's. */
function requireSame(
  { url }: DatabaseConfig,
  made: 'postgres' | 'embedded' | undefined,
  shown: string,
): void {
  const refuse = (problem: string): LetheError =>
    new LetheError('config_invalid', {
      problems: `${shown}: database: this installation works on ${problem}`,
    });
  if (made === 'postgres' && url === undefined) throw refuse('PostgreSQL, but DATABASE_URL is not set');
  if (made === 'embedded' && url !== undefined)
    throw refuse('its embedded database, but DATABASE_URL is set');
}

function defaultPath(around: Surroundings): string {
  const { url, embedded } = databaseConfig(around);
  if (url === undefined && existsSync(join(embedded, DEMO_MARK))) return join(embedded, 'lethe.json');
  return join(around.cwd, 'lethe.json');
}
