import type { JournalLine } from './journal.js';

export type DocumentName = 'identity' | 'keys' | 'seal' | 'reach';

/** Where a vault keeps its few documents and its journal: a folder, or a second database. What returns is durable. */
export interface VaultStore {
  /** For people: the folder, or host and name of the database. */
  readonly place: string;
  read(name: DocumentName): Promise<string | null>;
  /** Replaces the whole document, or leaves the old one. */
  write(name: DocumentName, content: string): Promise<void>;
  /** False, and nothing is written, when the document exists: of several processes one creates it. */
  create(name: DocumentName, content: string): Promise<boolean>;
  append(line: string): Promise<void>;
  /** Lines from a position on, in the order of their appending; `end` is where the next reading begins. */
  lines(from: number): Promise<{ readonly lines: readonly JournalLine[]; readonly end: number }>;
  /**
   * Destroys the lines before a position; the others keep theirs. Of what is appended meanwhile a line may be lost: the caller
   * sees to it that these are confirmations of acts that are settled already, and no intents.
   */
  dropBefore(position: number): Promise<void>;
  close(): Promise<void>;
}
