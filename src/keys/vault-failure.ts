import { LetheError } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';
import type { KeyStore } from './key-store.js';

/** What a key store is asked, but for what takes the caller's own work or ends it. */
export type KeyStoreAnswers = Omit<KeyStore, 'alone' | 'close'>;

/** The same store, of which whatever fails is `vault_unreadable`. */
export function failingAsVault(place: string, store: KeyStoreAnswers): KeyStoreAnswers {
  const asked = Object.entries(store).map(([name, ask]) => [
    name,
    async (...given: readonly unknown[]): Promise<unknown> => {
      try {
        return await (ask as (...given: readonly unknown[]) => Promise<unknown>)(...given);
      } catch (error) {
        throw vaultFailure(place, error);
      }
    },
  ]);
  return Object.fromEntries(asked) as KeyStoreAnswers;
}

/** Of a failed system call its code, of a failed query its message: neither holds a key. */
export function vaultFailure(place: string, error: unknown): LetheError {
  if (error instanceof LetheError && error.code === 'vault_unreadable') return error;
  const reason = error instanceof LetheError ? error.message : systemReason(error);
  return new LetheError('vault_unreadable', { place, reason });
}
