import { randomBytes, randomUUID } from 'node:crypto';
import { LetheError } from '../../src/core/errors.js';
import type { Instant } from '../../src/core/instant.js';
import { KEY_BYTES, type NamedUse, type OpenKey } from '../../src/keys/key.js';
import type { Keyring, NamedKey } from '../../src/keys/keyring.js';

/** A keyring that keeps its keys in memory, for tests of what uses one. The real one is over a vault and a provider. */
export class MemoryKeyring implements Keyring {
  readonly keys = new Map<string, OpenKey>();
  readonly gone = new Map<string, Instant>();
  readonly versions = new Map<NamedUse, NamedKey[]>();
  /** Set: the key service is away. */
  isAway = false;

  open(ids: readonly string[]): Promise<ReadonlyMap<string, OpenKey>> {
    return Promise.resolve(ids).then((asked) => new Map(asked.map((id) => [id, this.opened(id)])));
  }

  known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(ids.filter((id) => this.keys.has(id))));
  }

  make(_use: 'subject' | 'ticket', count: number): Promise<readonly OpenKey[]> {
    if (this.isAway) return Promise.reject(away());
    return Promise.resolve(Array.from({ length: count }, () => this.newKey()));
  }

  async named(use: NamedUse): Promise<readonly NamedKey[]> {
    if (this.isAway) throw away();
    if (!this.versions.has(use)) await this.addVersion(use);
    return this.versions.get(use) ?? [];
  }

  addVersion(use: NamedUse, above = 0): Promise<number> {
    const known = this.versions.get(use) ?? [];
    const version = Math.max(known[0]?.version ?? 0, above) + 1;
    this.versions.set(use, [{ ...this.newKey(), version }, ...known]);
    return Promise.resolve(version);
  }

  dropVersion(use: NamedUse, version: number): Promise<void> {
    this.versions.set(
      use,
      (this.versions.get(use) ?? []).filter((one) => one.version !== version),
    );
    return Promise.resolve();
  }

  destroy(ids: readonly string[], at: Instant): Promise<void> {
    for (const id of ids) {
      this.keys.get(id)?.secret.fill(0);
      this.keys.delete(id);
      this.gone.set(id, at);
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private opened(id: string): OpenKey {
    if (this.isAway) throw away();
    const at = this.gone.get(id);
    if (at !== undefined) throw new LetheError('key_destroyed', { key: id, at });
    const key = this.keys.get(id);
    if (!key) throw new LetheError('key_unknown', { key: id });
    return key;
  }

  private newKey(): OpenKey {
    const key = { id: randomUUID(), secret: randomBytes(KEY_BYTES) };
    this.keys.set(key.id, key);
    return key;
  }
}

const away = (): LetheError =>
  new LetheError('key_service_unavailable', { key: 'memory', reason: 'the test says so' });
