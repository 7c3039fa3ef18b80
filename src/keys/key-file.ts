import { createHmac, randomBytes } from 'node:crypto';
import { LetheError } from '../core/errors.js';
import { createFile } from '../vault/durable-file.js';
import { rewriteFile } from './contended-file.js';
import {
  documentText,
  parseDocument,
  storedEpochs,
  withEpoch,
  withoutEpoch,
  withReplaced,
  type EpochDocument,
} from './epoch-document.js';
import type { EpochStore } from './epoch-store.js';
import { KEY_BYTES } from './key.js';
import { onFile, readPrivate, type FileTroubles } from './private-file.js';

/**
 * The local key file: a root secret, and the living epoch keys wrapped under it. JSON, mode 600, replaced as a whole at each change.
 * Whoever has a copy of it and a copy of the vault from the same time can read what was encrypted then.
 */
export interface KeyFile {
  readonly path: string;
  /** The caller wipes it. */
  root(): Promise<Buffer>;
  readonly epochs: EpochStore;
}

/**
 * Makes a key file with a new root secret, durably; false: it is there, and nothing was changed.
 * @throws LetheError `key_file_unusable`
 */
export function createKeyFile(path: string): Promise<boolean> {
  const content: EpochDocument = {
    kind: 'lethe keys',
    version: 1,
    generation: 0,
    draft: randomBytes(8).toString('hex'),
    root: randomBytes(KEY_BYTES).toString('base64'),
    epochs: [],
  };
  return onFile(troublesOf(path), () => createFile(path, documentText(content)));
}

/** Everything throws `key_file_unsafe` and `key_file_unusable`. */
export function keyFile(path: string): KeyFile {
  const troubles = troublesOf(path);
  const read = (at = path): Promise<EpochDocument> => readKeyFile(at, troubles);
  const rewrite = (edit: (now: EpochDocument) => EpochDocument | null): Promise<void> =>
    onFile(troubles, () => rewriteFile(path, read, edit));
  return {
    path,
    root: async () => Buffer.from((await read()).root ?? '', 'base64'),
    epochs: {
      place: path,
      all: async () => storedEpochs(await read()),
      put: (epoch) => rewrite((now) => withEpoch(now, epoch)),
      replace: (epoch) => rewrite((now) => withReplaced(now, epoch)),
      remove: (id) => rewrite((now) => withoutEpoch(now, id)),
      close: () => Promise.resolve(), // nothing is kept open
    },
  };
}

/** Tells one root secret from another; says nothing of it. */
export const rootFingerprint = (root: Buffer): string =>
  createHmac('sha256', root).update('lethe:key-file:1 fingerprint').digest('hex').slice(0, 32);

async function readKeyFile(path: string, troubles: FileTroubles): Promise<EpochDocument> {
  const text = await readPrivate(path, troubles);
  if (text === null) throw troubles.unusable('there is no such file');
  const document = parseDocument(text);
  if (document?.kind !== 'lethe keys' || document.root === undefined)
    throw troubles.unusable('it is damaged, or no key file');
  return document;
}

const troublesOf = (file: string): FileTroubles => ({
  unsafe: (mode) => new LetheError('key_file_unsafe', { file, mode }),
  unusable: (reason) => new LetheError('key_file_unusable', { file, reason }),
});
