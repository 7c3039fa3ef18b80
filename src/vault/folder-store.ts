import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile, replaceFile, whenMissing } from './durable-file.js';
import { appendLine, dropLinesBefore, readLines } from './folder-journal.js';
import type { DocumentName, VaultStore } from './store.js';

/**
 * A vault in a folder (mode 700, files 600). Documents are replaced by renaming a synced file; the journal is one file that
 * several processes append to: each line is one write to a file opened with O_APPEND.
 */
export function folderStore(folder: string): VaultStore {
  const path = (name: DocumentName): string => join(folder, `${name}.json`);
  const journal = join(folder, 'journal.ndjson');
  return {
    place: folder,
    read: (name) =>
      whenMissing<string | null>(
        () => readFile(path(name), 'utf8'),
        () => null,
      ),
    write: (name, content) => replaceFile(path(name), content),
    create: (name, content) => createFile(path(name), content),
    append: (line) => appendLine(journal, line),
    lines: (from) => readLines(journal, from),
    dropBefore: (position) => dropLinesBefore(journal, position),
    close: () => Promise.resolve(), // nothing is kept open
  };
}
