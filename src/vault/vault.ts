import { LetheError } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';
import type { Instant } from '../core/instant.js';
import type { Act } from './act.js';
import { actsOf, readLine, writeLine, type JournaledAct, type JournalRecord } from './journal.js';
import { newSigningKey, type PublicKey, type SigningKey } from './signing-key.js';
import type { DocumentName, VaultStore } from './store.js';

/** Which vault this is, and which database it belongs to. */
export interface VaultIdentity {
  readonly id: string;
  readonly database: string;
}

/** The last block, as the vault knows it. */
export interface Seal {
  readonly number: number;
  readonly hash: string;
  /** Journal position before which every act is settled: void, or committed and sealed up to this block. */
  readonly settled: number;
  /** After a restore and its replay: where the database's chain ended. The next block says what lies between. */
  readonly after?: { readonly number: number; readonly hash: string | null };
}

/** How far the journal was pruned: acts before a position are gone from it. */
export interface JournalReach {
  readonly position: number;
  /** Every act that is gone was sealed up to this block; a database that does not have it cannot be made whole. */
  readonly block: number;
  /** When it was last pruned, or looked at to no effect. */
  readonly at: Instant;
}

/** A public key and whether this vault made it; an adopted one is known from the database alone. */
export interface KnownKey extends PublicKey {
  readonly origin: 'own' | 'adopted';
}

interface Keys {
  readonly signing: SigningKey;
  readonly former: readonly KnownKey[];
}

/** The second store: keys, the journal of privacy acts, the last seal. Throws vault_unreadable. */
export interface Vault {
  readonly place: string;
  identity(): Promise<VaultIdentity | null>;
  /** Makes it this vault's identity unless it has one; returns the one it has. */
  identify(identity: VaultIdentity): Promise<VaultIdentity>;
  /** Made on first need. */
  signingKey(): Promise<SigningKey>;
  /** The signing key's first, then the former ones. */
  publicKeys(): Promise<readonly KnownKey[]>;
  /** Takes keys into the list that the database names and no vault vouches for. */
  adoptKeys(keys: readonly PublicKey[]): Promise<void>;
  /** A new signing key; the former one's public half is kept. The caller holds the sealing lock. */
  rotate(): Promise<SigningKey>;
  seal(): Promise<Seal | null>;
  /** The caller holds the sealing lock of the ticket database. */
  recordSeal(seal: Seal): Promise<void>;
  /** Before its commit: from here on the act is known, whatever happens. */
  intend(act: Act): Promise<void>;
  /** After its commit. */
  confirm(id: string): Promise<void>;
  /** The act never committed. */
  annul(id: string): Promise<void>;
  /** Before the commit of what does it again: this entry will stand for the act as well. */
  move(id: string, entry: string): Promise<void>;
  acts(from: number): Promise<{ readonly acts: readonly JournaledAct[]; readonly end: number }>;
  /** Null while the journal was never pruned. */
  reach(): Promise<JournalReach | null>;
  /** Forgets every act before a position. The caller holds the sealing lock and has closed the journal. */
  prune(reach: JournalReach): Promise<void>;
  close(): Promise<void>;
}

/** The vault over a store. */
export function vaultOver(store: VaultStore): Vault {
  const append = (record: JournalRecord): Promise<void> =>
    using(store, () => store.append(writeLine(record)));
  const identity = (): Promise<VaultIdentity | null> => readDocument<VaultIdentity>(store, 'identity');
  return {
    place: store.place,
    identity,
    identify: async (wanted) => {
      await createDocument(store, 'identity', wanted);
      return (await identity()) ?? wanted;
    },
    signingKey: async () => (await keysOf(store)).signing,
    publicKeys: async () => {
      const { signing, former } = await keysOf(store);
      return [publicPart(signing), ...former];
    },
    adoptKeys: async (keys) => {
      const { signing, former } = await keysOf(store);
      const known = new Set([signing, ...former].map(({ fingerprint }) => fingerprint));
      const adopted = keys
        .filter(({ fingerprint }) => !known.has(fingerprint))
        .map((key) => ({ ...key, origin: 'adopted' as const }));
      await writeDocument(store, 'keys', { signing, former: [...former, ...adopted] });
    },
    rotate: async () => {
      const { signing, former } = await keysOf(store);
      const next = newSigningKey();
      await writeDocument(store, 'keys', { signing: next, former: [publicPart(signing), ...former] });
      return next;
    },
    seal: () => readDocument<Seal>(store, 'seal'),
    recordSeal: (seal) => writeDocument(store, 'seal', seal),
    intend: (act) => append({ is: 'intent', act }),
    confirm: (id) => append({ is: 'done', id }),
    annul: (id) => append({ is: 'void', id }),
    move: (id, entry) => append({ is: 'moved', id, entry }),
    acts: async (from) => {
      const { lines, end } = await using(store, () => store.lines(from));
      return { acts: actsOf(lines.flatMap(({ position, line }) => recordAt(store, position, line))), end };
    },
    reach: () => readDocument<JournalReach>(store, 'reach'),
    prune: async (reach) => {
      // first the word, then the deed: between the two a backup is refused that could just have been made whole
      await writeDocument(store, 'reach', reach);
      await using(store, () => store.dropBefore(reach.position));
    },
    close: () => store.close(),
  };
}

const publicPart = ({ fingerprint, publicKey }: PublicKey): KnownKey => ({
  fingerprint,
  publicKey,
  origin: 'own',
});

/** Of several processes that come first at once, one makes the key and all use it. */
async function keysOf(store: VaultStore): Promise<Keys> {
  const known = await readDocument<Keys>(store, 'keys');
  if (known) return known;
  const fresh: Keys = { signing: newSigningKey(), former: [] };
  const created = await createDocument(store, 'keys', fresh);
  return created ? fresh : keysOf(store);
}

function recordAt(
  store: VaultStore,
  position: number,
  line: string,
): readonly { readonly position: number; readonly record: JournalRecord }[] {
  const record = readLine(line);
  if (record === 'damaged') throw unreadable(store, `its journal is damaged at ${position}`);
  return record === null ? [] : [{ position, record }];
}

async function readDocument<T>(store: VaultStore, name: DocumentName): Promise<T | null> {
  const text = await using(store, () => store.read(name));
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw unreadable(store, `its ${name} document is damaged`);
  }
}

const writeDocument = (store: VaultStore, name: DocumentName, content: object): Promise<void> =>
  using(store, () => store.write(name, JSON.stringify(content)));

const createDocument = (store: VaultStore, name: DocumentName, content: object): Promise<boolean> =>
  using(store, () => store.create(name, JSON.stringify(content)));

async function using<T>(store: VaultStore, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LetheError && error.code === 'vault_unreadable') throw error;
    // of a failed system call its code, of a failed query its message: neither holds what is stored
    throw unreadable(store, error instanceof LetheError ? error.message : systemReason(error));
  }
}

const unreadable = ({ place }: VaultStore, reason: string): LetheError =>
  new LetheError('vault_unreadable', { place, reason });
