import { randomBytes } from 'node:crypto';
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
import { onFile, readPrivate, type FileTroubles } from './private-file.js';

/** Epoch keys in a file of their own: JSON, mode 600, replaced as a whole. It is made with the first key. */
export function epochFile(path: string): EpochStore {
  const troubles = troublesOf(path);
  const read = async (at: string): Promise<EpochDocument> => (await readEpochs(at, troubles)) ?? EMPTY;
  const rewrite = (edit: (now: EpochDocument) => EpochDocument | null): Promise<void> =>
    onFile(troubles, () => rewriteFile(path, read, edit));
  return {
    place: path,
    all: async () => storedEpochs(await read(path)),
    put: async (epoch) => {
      const first = { ...EMPTY, draft: randomBytes(8).toString('hex') };
      if ((await readEpochs(path, troubles)) === null)
        await onFile(troubles, () => createFile(path, documentText(first)));
      await rewrite((now) => withEpoch(now, epoch));
    },
    replace: async (epoch) => {
      if ((await readEpochs(path, troubles)) !== null) await rewrite((now) => withReplaced(now, epoch));
    },
    remove: async (id) => {
      if ((await readEpochs(path, troubles)) !== null) await rewrite((now) => withoutEpoch(now, id));
    },
    close: () => Promise.resolve(), // nothing is kept open
  };
}

const EMPTY: EpochDocument = {
  kind: 'lethe epochs',
  version: 1,
  generation: 0,
  draft: '0'.repeat(16),
  epochs: [],
};

/** Null where there is no file. */
async function readEpochs(path: string, troubles: FileTroubles): Promise<EpochDocument | null> {
  const text = await readPrivate(path, troubles);
  if (text === null) return null;
  const document = parseDocument(text);
  if (document?.kind !== 'lethe epochs')
    throw troubles.unusable('the file is damaged, or holds something else');
  return document;
}

const troublesOf = (place: string): FileTroubles => {
  const unusable = (reason: string): LetheError => new LetheError('epochs_unreadable', { place, reason });
  return { unusable, unsafe: (mode) => unusable(`others can read it (mode ${mode}); chmod 600 it`) };
};
