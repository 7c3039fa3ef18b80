import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import type { Queryable, Row } from '../db/database.js';
import { sql } from '../db/sql.js';
import { damagedKeys } from '../keys/damaged-keys.js';
import type { EpochStore } from '../keys/epoch-store.js';
import { NAMED_USES, type NamedUse } from '../keys/key.js';
import type { EpochState, KeyStore } from '../keys/key-store.js';
import type { Keys } from '../keys/keys.js';
import type { KeyProvider } from '../keys/provider.js';
import { unclaimedTold, type UnclaimedTold } from './claims-store.js';
import { encryptedRows } from './progress.js';
import { encryptionState, type EncryptionState } from './state.js';

/** What there is of encryption, its keys and where they come from. It opens no key, and needs no key service. */
export interface KeysOverview {
  readonly encryption: {
    readonly state: EncryptionState;
    /** Encrypted when it was turned on, by table. */
    readonly rows: Readonly<Record<string, number>>;
  };
  readonly dataKeys: DataKeys;
  /** Keys that were destroyed because no row of lethe.data_key named them, by what the ledger says. */
  readonly unclaimed: UnclaimedTold;
  /** Null: lethe.json names no keys. */
  readonly root: RootStatus | null;
  readonly epochs: EpochsStatus | null;
  /** Living versions of the keys that have some, newest first. */
  readonly versions: readonly { readonly use: NamedUse; readonly version: number; readonly since: Instant }[];
}

/** Keys of persons and tickets, by what the database says of them. */
export interface DataKeys {
  readonly subject: number;
  readonly ticket: number;
  /** Ended by a disposal, and not yet destroyed in the vault. */
  readonly pending: number;
  readonly destroyed: number;
}

export interface RootStatus {
  readonly provider: KeyProvider['name'];
  readonly key: string;
  /** ARN, or fingerprint; null where it cannot be asked. */
  readonly id: string | null;
  readonly isMultiRegion: boolean;
  /** Why it cannot be used; null: it can. */
  readonly problem: Trouble | null;
}

export interface Trouble {
  readonly code: string;
  readonly message: string;
}

export interface EpochsStatus {
  /** Where epoch keys are. */
  readonly place: string;
  /** Why it cannot be read, or what of the vault's keys no rotation can move; null: all is well. */
  readonly problem: Trouble | null;
  /** Newest first. */
  readonly list: readonly EpochStatus[];
}

export interface EpochStatus extends EpochState {
  /** Keys under it, of every use. */
  readonly keys: number;
  /** When its own key goes, and copies of the vault from its time lose their meaning; null: keys are under it, damaged ones too. */
  readonly goesAt: Instant | null;
  /** Whether its key is in its place; null where that cannot be read. */
  readonly isThere: boolean | null;
}

export async function keysOverview(on: Queryable, keys: Keys | null): Promise<KeysOverview> {
  return {
    encryption: { state: await encryptionState(on), rows: await encryptedRows(on) },
    dataKeys: await countDataKeys(on),
    unclaimed: await unclaimedTold(on),
    root: keys && (await rootStatus(keys.provider)),
    epochs: keys && (await epochsStatus(keys)),
    versions: keys ? await livingVersions(keys) : [],
  };
}

async function countDataKeys(on: Queryable): Promise<DataKeys> {
  const { rows } = await on.query<Row & Record<keyof DataKeys, string>>(sql`
    select count(*) filter (where ended_at is null and use = 'subject') as subject,
      count(*) filter (where ended_at is null and use = 'ticket') as ticket,
      count(*) filter (where ended_at is not null and (destroyed_at is null or back_at is not null)) as pending,
      count(*) filter (where destroyed_at is not null and back_at is null) as destroyed
    from lethe.data_key`);
  const [row] = rows;
  const of = (name: keyof DataKeys): number => Number(row?.[name] ?? 0);
  return { subject: of('subject'), ticket: of('ticket'), pending: of('pending'), destroyed: of('destroyed') };
}

async function rootStatus(provider: KeyProvider): Promise<RootStatus> {
  const { name, key } = provider;
  const found = await orTrouble(() => provider.check());
  return 'problem' in found
    ? { provider: name, key, id: null, isMultiRegion: false, problem: found.problem }
    : { provider: name, key, ...found.value, problem: null };
}

async function epochsStatus({ store, epochs, rhythm }: Keys): Promise<EpochsStatus> {
  const living = await orTrouble(() => epochs.all());
  const ids = 'problem' in living ? null : new Set(living.value.map(({ id }) => id));
  const counts = await store.counts();
  const list = (await store.epochs()).map((epoch) => ({
    ...epoch,
    keys: counts.reduce((sum, one) => (one.epoch === epoch.id ? sum + one.count : sum), 0),
    goesAt: epoch.state === 'empty' && epoch.emptiedAt ? afterPeriod(epoch.emptiedAt, rhythm.keptFor) : null,
    isThere: ids && ids.has(epoch.id),
  }));
  const problem = 'problem' in living ? living.problem : await troubleWithKeys(store);
  return { place: placeOf(epochs), problem, list };
}

async function troubleWithKeys(store: KeyStore): Promise<Trouble | null> {
  const damaged = await damagedKeys(store);
  return damaged && troubleOf(damaged);
}

const placeOf = ({ place }: EpochStore): string => place;

async function livingVersions({ store }: Keys): Promise<KeysOverview['versions']> {
  const found = await Promise.all(NAMED_USES.map((use) => store.named(use)));
  return found.flat().map(({ use, version, since }) => ({ use, version, since }));
}

function afterPeriod(start: Instant, text: string): Instant | null {
  const period = parsePeriod(text);
  return 'problem' in period ? null : dueOf(start, period, 'UTC', 'event');
}

/** What is away, or refuses, is part of what this is asked for. */
async function orTrouble<T>(
  ask: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly problem: Trouble }> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    return { problem: troubleOf(error) };
  }
}

const troubleOf = ({ code, message }: LetheError): Trouble => ({ code, message });
