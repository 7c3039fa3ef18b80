import { LRUCache } from 'lru-cache';
import { KEY_BYTES, type KeyId, type OpenKey } from './key.js';

export interface KeyCacheLimits {
  /** Keys at most. */
  readonly atMost: number;
  /** Milliseconds from opening, however often a key is used. */
  readonly forMs: number;
}

/**
 * Opened data keys, few enough and for a while. What is kept here is wiped the moment it is let go; what is handed out is a copy,
 * because its holder may be about to use it just then, and a key of zeros must never encrypt or decrypt anything.
 */
export class KeyCache {
  private readonly kept: LRUCache<KeyId, Buffer>;

  constructor({ atMost, forMs }: KeyCacheLimits) {
    this.kept = new LRUCache({
      max: atMost,
      ttl: forMs,
      dispose: (secret) => {
        secret.fill(0);
      },
    });
  }

  get size(): number {
    return this.kept.size;
  }

  /** Takes the secret over: nobody else uses it from here on. Returns a copy. */
  keep({ id, secret }: OpenKey): OpenKey {
    const copy = { id, secret: copyOf(secret) };
    this.kept.set(id, secret);
    return copy;
  }

  /** A copy; null: it is not here. */
  copy(id: KeyId): OpenKey | null {
    const secret = this.kept.get(id);
    return secret === undefined ? null : { id, secret: copyOf(secret) };
  }

  wipe(ids: Iterable<KeyId>): void {
    for (const id of ids) this.kept.delete(id);
  }

  /** Wipes those whose time is over. */
  wipeOld(): void {
    this.kept.purgeStale();
  }

  wipeAll(): void {
    this.kept.clear();
  }
}

/** Wipes a copy's memory when its holder has dropped it: it is held by a second view, which nobody else has. */
const dropped = new FinalizationRegistry<Buffer>((memory) => {
  memory.fill(0);
});

/** In memory of its own: not a slice of the pool that other buffers are cut from. */
function copyOf(secret: Buffer): Buffer {
  const memory = new ArrayBuffer(KEY_BYTES);
  const copy = Buffer.from(memory);
  secret.copy(copy);
  dropped.register(copy, Buffer.from(memory));
  return copy;
}
