import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { LetheError } from '../core/errors.js';
import { KEY_BYTES } from './key.js';
import { rootFingerprint, type KeyFile } from './key-file.js';
import type { EpochContext, KeyProvider } from './provider.js';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The provider of the embedded default: the root secret of a key file, read at each use and wiped after it. */
export function localProvider(file: KeyFile): KeyProvider {
  const withRoot = async <T>(use: (root: Buffer) => T): Promise<T> => {
    const root = await file.root();
    try {
      return use(root);
    } finally {
      root.fill(0);
    }
  };
  const makeKey: KeyProvider['makeKey'] = (context) =>
    withRoot((root) => {
      const secret = randomBytes(KEY_BYTES);
      return { secret, wrapped: wrap(root, context, secret) };
    });
  const openKey: KeyProvider['openKey'] = (wrapped, context) =>
    withRoot((root) => unwrap(root, context, Buffer.from(wrapped), file.path));
  return {
    name: 'local',
    key: file.path,
    check: () => withRoot((root) => ({ id: rootFingerprint(root), isMultiRegion: false })),
    makeKey,
    makeWrappedKey: async (context) => {
      const { secret, wrapped } = await makeKey(context);
      secret.fill(0);
      return wrapped;
    },
    openKey,
    rewrapKey: async (wrapped, context) => {
      const secret = await openKey(wrapped, context);
      try {
        return await withRoot((root) => wrap(root, context, secret));
      } finally {
        secret.fill(0);
      }
    },
    close: () => Promise.resolve(), // nothing is kept open
  };
}

/** nonce (12) · ciphertext (32) · tag (16): AES-256-GCM, NIST SP 800-38D. */
function wrap(root: Buffer, context: EpochContext, secret: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, root, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(context));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

function unwrap(root: Buffer, context: EpochContext, wrapped: Buffer, file: string): Buffer {
  try {
    const decipher = createDecipheriv(ALGORITHM, root, wrapped.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(boundTo(context));
    decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
    // the only copy, and not in the pool that other buffers are cut from
    const secret = decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES));
    decipher.final();
    return secret;
  } catch {
    throw new LetheError('key_damaged', { key: context.epoch, epoch: file });
  }
}

const boundTo = ({ vault, epoch }: EpochContext): Buffer =>
  Buffer.from(canonicalJson(['lethe/epoch/1', vault, epoch]));
