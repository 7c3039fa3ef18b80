import { LetheError } from '../core/errors.js';
import type { EpochId, EpochStore } from './epoch-store.js';
import type { KeyProvider } from './provider.js';

/** Where epoch keys come from. */
export interface EpochSource {
  readonly epochs: EpochStore;
  readonly provider: KeyProvider;
  /** What they are bound to. */
  vaultId(): Promise<string>;
}

interface Opened {
  /** Null when it was let go. */
  secret: Buffer | null;
}

interface Opening {
  readonly key: Promise<Opened>;
  /** By performance.now(); Infinity while it is being opened. */
  until: number;
}

/** Epoch keys that are opened: each one once for a while, however many ask for it at the same time. */
export class EpochKeys {
  private readonly opened = new Map<EpochId, Opening>();
  private isClosed = false;

  /** @param forMs milliseconds from opening, however often a key is used: then the provider has a say again */
  constructor(
    private readonly source: EpochSource,
    private readonly forMs = Infinity,
  ) {}

  get size(): number {
    return this.opened.size;
  }

  /**
   * Runs `work`, which must return at once, with an epoch's key: the key is wiped only between two such runs.
   * @throws LetheError `epoch_lost`, and as the provider and the epoch store do
   */
  async using<T>(id: EpochId, work: (secret: Buffer) => T): Promise<T> {
    for (;;) {
      const { secret } = await this.open(id);
      // no await between this question and the work
      if (secret !== null) return work(secret);
    }
  }

  /** Wipes those that are not to be kept, also those that are just being opened. */
  letGo(isKept: (id: EpochId) => boolean): void {
    for (const [id, { key }] of this.opened)
      if (!isKept(id)) {
        this.opened.delete(id);
        key.then(wipe, () => undefined);
      }
  }

  /** Wipes those whose time is over. */
  wipeOld(): void {
    const now = performance.now();
    this.letGo((id) => (this.opened.get(id)?.until ?? 0) > now);
  }

  /** Wipes all, and opens none any more. */
  close(): void {
    this.isClosed = true;
    this.letGo(() => false);
  }

  private open(id: EpochId): Promise<Opened> {
    if (this.isClosed) return Promise.reject(keysClosed());
    this.wipeOld();
    const known = this.opened.get(id);
    if (known !== undefined) return known.key;
    const opening: Opening = { key: this.unwrap(id), until: Infinity };
    this.opened.set(id, opening);
    opening.key.then(
      () => {
        opening.until = performance.now() + this.forMs;
      },
      () => {
        // the next one tries again
        if (this.opened.get(id) === opening) this.opened.delete(id);
      },
    );
    return opening.key;
  }

  private async unwrap(epoch: EpochId): Promise<Opened> {
    const { epochs, provider } = this.source;
    const stored = (await epochs.all()).find(({ id }) => id === epoch);
    if (stored === undefined) throw new LetheError('epoch_lost', { epoch, place: epochs.place });
    const vault = await this.source.vaultId();
    return { secret: await provider.openKey(stored.wrapped, { epoch, vault }) };
  }
}

function wipe(opened: Opened): void {
  opened.secret?.fill(0);
  opened.secret = null;
}

/** Somebody goes on who was not told that the engine is closed. */
export const keysClosed = (): LetheError =>
  new LetheError('vault_unreadable', { place: 'its keys', reason: 'they were closed' });
