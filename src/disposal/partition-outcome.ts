import { sqlstateOf } from '../db/failures.js';
import { crossing, REFERRED_TO } from './crossing.js';

/** What became of a partition that a plan takes whole. */
export type PartitionOutcome =
  | {
      readonly kind: 'dropped';
      readonly records: number;
      /** Rows it took a statement to lock or to delete: those of dropped children cost nothing. */
      readonly touched: number;
    }
  /** It does not go as a whole: its records go one by one, each with its own exceptions. */
  | { readonly kind: 'rows'; readonly why: string }
  /** Somebody uses it now. */
  | { readonly kind: 'busy'; readonly why: string }
  /** Another process has it in hand. */
  | { readonly kind: 'elsewhere' };

/** Ends the transaction of a partition that does not go: whatever was deleted with it is there again. */
export class NotWhole extends Error {
  constructor(readonly outcome: Exclude<PartitionOutcome, { readonly kind: 'dropped' }>) {
    super(outcome.kind);
  }
}

export const rowByRow = (why: string): NotWhole => new NotWhole({ kind: 'rows', why });
export const inUse = (why: string): NotWhole => new NotWhole({ kind: 'busy', why });
export const elsewhere = (): NotWhole => new NotWhole({ kind: 'elsewhere' });

/**
 * The outcome that a failed attempt stands for. What the server refuses to do to a partition it may well do row by row, and
 * if not, the rows' own batch will say so; errors of other kinds are thrown on.
 */
export function outcomeOf(error: unknown): PartitionOutcome {
  if (error instanceof NotWhole) return error.outcome;
  const state = crossing(error);
  if (state === REFERRED_TO)
    return { kind: 'rows', why: 'rows that the data map does not reach refer to it' };
  if (state !== null) return { kind: 'busy', why: state };
  const refused = sqlstateOf(error);
  if (refused === undefined) throw error;
  return { kind: 'rows', why: `the server refused to drop it (${refused})` };
}
