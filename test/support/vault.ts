import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore } from '../../src/vault/folder-store.js';
import { vaultOver, type Vault } from '../../src/vault/vault.js';

/** Where the vault of a test database stands: every process that is told its URL finds the same one. */
export const vaultFolder = (url: string): string =>
  join(tmpdir(), `lethe-vault-${new URL(url).pathname.slice(1)}`);

export const vaultOf = (url: string): Vault => vaultOver(folderStore(vaultFolder(url)));

export function dropVault(url: string): void {
  rmSync(vaultFolder(url), { recursive: true, force: true });
}
