import type { EpochState, KeyStore } from './key-store.js';
import type { KeyId } from './key.js';

export interface WatchedFor {
  /** Keys that somebody destroyed, here or in another process. */
  readonly destroyed: (ids: readonly KeyId[]) => void;
  readonly epochs: (epochs: readonly EpochState[]) => void;
  /** At every beat; false: nothing is held any more that would have to be watched for. */
  readonly beat: () => boolean;
}

/**
 * Asks the vault what others have destroyed and which epochs there are: before a key is used, when it was not asked for so many
 * milliseconds, and at that beat while keys are held. A vault that does not answer stops the use of keys that are open, too.
 */
export class VaultWatch {
  /** Newest first, as they were when the vault was last asked. */
  epochs: readonly EpochState[] = [];
  /** Null: nothing was held before. */
  private position: number | null = null;
  private askedAt = -Infinity;
  private asking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: KeyStore,
    private readonly everyMs: number,
    private readonly watcher: WatchedFor,
  ) {}

  /** @throws LetheError `vault_unreadable` */
  async fresh(): Promise<void> {
    if (performance.now() - this.askedAt >= this.everyMs) await this.ask();
  }

  /** Throws as fresh. Those who ask at the same time are answered together. */
  ask(): Promise<void> {
    this.asking ??= this.read().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** Does not keep the process alive. */
  start(): void {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => {
      this.beat();
    }, this.everyMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private beat(): void {
    if (this.watcher.beat())
      this.ask().catch(() => undefined); // whoever uses a key next is told
    else this.stop();
  }

  private async read(): Promise<void> {
    const at = performance.now();
    if (this.position === null) this.position = await this.store.lastDestroyed();
    else this.position = await this.readFrom(this.position);
    this.epochs = await this.store.epochs();
    this.watcher.epochs(this.epochs);
    this.askedAt = at;
  }

  private async readFrom(from: number): Promise<number> {
    const { ids, position } = await this.store.destroyedSince(from);
    if (ids.length === 0) return position;
    this.watcher.destroyed(ids);
    return this.readFrom(position);
  }
}
