import type { EpochId } from './epoch-store.js';
import type { KeyFolder } from './key-folder.js';
import type { EpochState, NamedVersion } from './key-store.js';
import type { KeyUse } from './key.js';

/** What a folder of keys has few of: replaced as a whole, in the transaction that changes it. */
export interface Register {
  readonly format: 1;
  /** Newest first. */
  readonly epochs: readonly NumberedEpoch[];
  /** Also those that were ended: their numbers are not used again. */
  readonly named: readonly (NamedVersion & { readonly isEnded: boolean })[];
  /** Position of the last destruction. */
  readonly destroyed: number;
}

export interface NumberedEpoch extends EpochState {
  /** What its keys have in its place. */
  readonly number: number;
  /** Of the keys under it, by use. */
  readonly counts: Readonly<Partial<Record<KeyUse, number>>>;
}

const NAME = Buffer.from('register');
const EMPTY: Register = { format: 1, epochs: [], named: [], destroyed: 0 };

/** Throws where it is of a later format. */
export function readRegister({ register }: KeyFolder): Register {
  const bytes = register.get(NAME);
  if (bytes === undefined) return EMPTY;
  const read = JSON.parse(bytes.toString('utf8')) as Omit<Register, 'format'> & { readonly format: number };
  if (read.format !== EMPTY.format)
    throw Object.assign(new Error('format'), { code: 'its keys are of a later version of Lethe' });
  return { ...read, format: EMPTY.format };
}

/** In a transaction. */
export function writeRegister({ register }: KeyFolder, content: Register): void {
  register.putSync(NAME, Buffer.from(JSON.stringify(content)));
}

export const epochOfId = ({ epochs }: Register, id: EpochId): NumberedEpoch | undefined =>
  epochs.find((one) => one.id === id);

export const epochNumbered = ({ epochs }: Register, number: number): NumberedEpoch | undefined =>
  epochs.find((one) => one.number === number);

export const keysUnder = ({ counts }: NumberedEpoch): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** The register with one epoch changed. */
export const withEpoch = (
  register: Register,
  id: EpochId,
  change: (epoch: NumberedEpoch) => NumberedEpoch,
): Register => ({
  ...register,
  epochs: register.epochs.map((epoch) => (epoch.id === id ? change(epoch) : epoch)),
});

/** The register with so many keys more, or fewer, under an epoch. */
export const counted = (register: Register, id: EpochId, use: KeyUse, by: number): Register =>
  withEpoch(register, id, (epoch) => ({
    ...epoch,
    counts: { ...epoch.counts, [use]: (epoch.counts[use] ?? 0) + by },
  }));
