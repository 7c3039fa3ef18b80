import { joined, type Pieces } from '../core/pieces.js';
import type { Queryable, Tx } from '../db/database.js';
import type { IndexKind } from './normal-forms.js';

/** What stands, or is to stand, in a protected column. */
export type Value = string | Uint8Array | null;

/** Whose key a value is under. */
export interface Owner {
  /** Record name: `customer`, `ticket`. */
  readonly record: string;
  readonly key: string;
}

/** A row that is written: its key is known before it is stored, because every value is bound to it. */
export interface Place {
  /** Id of the table in the data map. */
  readonly table: string;
  readonly row: string;
  readonly owner: Owner;
}

/** What was read from a protected column. */
export interface StoredValue {
  readonly table: string;
  readonly column: string;
  readonly row: string;
  readonly value: Value;
}

/** Bytes that are read piece by piece. */
export interface FlowingValue {
  /** Their first piece, of a hundred bytes or more, or all there are. */
  readonly stored: StoredValue & { readonly value: Uint8Array };
  /** Of all as they are stored. */
  readonly size: number;
  /** What follows; once. */
  readonly rest: Pieces;
}

export interface PlainBytes {
  readonly size: number;
  /**
   * Once. Each piece is authenticated; that the end was not cut off is known at the end alone, and thrown as `envelope_invalid`:
   * nobody acts on what came before then.
   */
  readonly pieces: Pieces;
}

/** What a person is found by. */
export interface IndexEntry extends Owner {
  readonly kind: IndexKind;
  /** Null: they have none any more. */
  readonly value: string | null;
  /** ISO 3166: what a phone number without a country's prefix is read by; null: nobody knows. */
  readonly country: string | null;
}

/**
 * Stores and reads the columns that the map protects. Where encryption is off everything stays as it is, and nothing is asked of
 * the vault.
 */
export interface Encryption {
  /** Whether this transaction stores encrypted. */
  isOn(on: Queryable): Promise<boolean>;
  /**
   * The values as they are to be stored; columns that the map does not protect, and nulls, stay as they are. The owner's key is
   * made on first need.
   * @throws LetheError `keys_unset` and what Keyring.open throws: nothing is stored in the clear instead
   */
  encrypt<V extends Readonly<Record<string, Value>>>(on: Tx, place: Place, values: V): Promise<V>;
  /**
   * The values in their order, as they were before they were encrypted: text for text columns, bytes for bytes. All keys are asked
   * for at once.
   * @param on the transaction they were read in, where one is open: the embedded database has no second session
   * @throws LetheError `envelope_invalid`, `value_unencrypted`, `keys_unset`, and what Keyring.open throws
   */
  decrypt(values: readonly StoredValue[], on?: Queryable): Promise<readonly Value[]>;
  /** The same of bytes that flow by, in the memory of a few pieces where they are stored in chunks. Throws as decrypt. */
  decryptBytes(value: FlowingValue, on?: Queryable): Promise<PlainBytes>;
  /**
   * What to look for in lethe.blind_index: a digest for each living version; null where encryption is off.
   * @param country what a phone number without a prefix is read by; without one it is found where it was stored without one
   */
  digests(
    on: Queryable,
    kind: IndexKind,
    wanted: string,
    country?: string | null,
  ): Promise<readonly Uint8Array[] | null>;
  /** Makes the person findable, or not any more; false, and nothing is stored, when somebody else has a unique value. */
  index(on: Tx, entry: IndexEntry): Promise<boolean>;
}

/** For an installation without keys. */
export const NO_ENCRYPTION: Encryption = {
  isOn: () => Promise.resolve(false),
  encrypt: (_tx, _place, values) => Promise.resolve(values),
  decrypt: (values) => Promise.resolve(values.map(({ value }) => value)),
  decryptBytes: ({ stored, size, rest }) =>
    Promise.resolve({
      size,
      pieces: joined(stored.value, rest),
    }),
  digests: () => Promise.resolve(null),
  index: () => Promise.resolve(true),
};
