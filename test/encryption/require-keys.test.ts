import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import type { Queryable } from '../../src/db/database.js';
import { checkRoot, requireKeys } from '../../src/encryption/require-keys.js';
import type { Keys } from '../../src/keys/keys.js';
import type { KeyProvider, RootKey } from '../../src/keys/provider.js';

const KEY = 'alias/lethe';
const PATIENCE_MS = 50;

/** Answers as it is told to; `closed` counts. */
function provider(check: () => Promise<RootKey>): Pick<KeyProvider, 'name' | 'key' | 'check' | 'close'> & {
  closed: number;
} {
  const it = {
    name: 'aws-kms' as const,
    key: KEY,
    check,
    closed: 0,
    close: (): Promise<void> => {
      it.closed += 1;
      return Promise.resolve();
    },
  };
  return it;
}

const good = (): Promise<RootKey> => Promise.resolve({ id: KEY, isMultiRegion: false });
const never = (): Promise<RootKey> => new Promise(() => undefined);
const failing = (code: 'key_service_refuses' | 'key_service_unavailable') => (): Promise<RootKey> =>
  Promise.reject(new LetheError(code, { key: KEY, reason: 'the test says so' }));

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'good',
    (error: unknown) => (error instanceof LetheError ? error.message : String(error)),
  );

const encrypting = { query: () => Promise.resolve({ rows: [{ state: 'on', map_id: 'm' }], count: 1 }) };
const start = (check: () => Promise<RootKey>): Promise<string> =>
  outcome(requireKeys(encrypting as unknown as Queryable, { provider: provider(check) } as unknown as Keys));

describe('the question whether the root key may be used', () => {
  it('is cancelled when it is given up, and says after how long', async () => {
    const silent = provider(never);
    expect(await outcome(checkRoot(silent, PATIENCE_MS))).to.include(
      `the key service (${KEY}) cannot be reached: no answer within 0.05 seconds`,
    );
    expect(silent.closed).to.equal(1);
  });

  it('closes nothing where it is answered, well or not', async () => {
    for (const check of [good, failing('key_service_refuses'), failing('key_service_unavailable')]) {
      const answering = provider(check);
      await outcome(checkRoot(answering, PATIENCE_MS));
      expect(answering.closed).to.equal(0);
    }
  });

  it('keeps nobody from starting while the key service is away, and everybody while it refuses', async () => {
    expect(await start(good)).to.equal('good');
    expect(await start(failing('key_service_unavailable'))).to.equal('good');
    expect(await start(failing('key_service_refuses'))).to.include(`refuses ${KEY}`);
  });
});
