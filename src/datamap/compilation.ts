import type { DataMapFile } from './schema.js';
import type { PieceForm } from './sql-piece.js';

export type Report = (path: string, message: string) => void;

/** What the parts of the compiler share: the file, the parameter values and where findings go. */
export interface Compilation {
  readonly file: DataMapFile;
  readonly report: Report;
  /** Checks a piece of SQL, reports what is wrong with it and binds its parameters; ready for parentheses around it. */
  readonly piece: (path: string, text: string, form: PieceForm) => string;
}
