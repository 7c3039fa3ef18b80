import type { MapTable } from '../datamap/graph.js';
import type { Queryable } from '../db/database.js';
import type { Encryption, StoredValue, Value } from '../encryption/encryption.js';
import { lossOf } from '../encryption/lost-keys.js';

/** What becomes of a value when it is known. */
type Show = (value: Value) => void;
/** The code of the error that says why it never will be. */
type Lose = (code: string) => void;

/**
 * The protected values of one answer. They are decrypted together, once it is known what is shown: what nobody is shown needs no
 * key, and where one cannot be decrypted nothing of the answer may be shown, unless it is a list.
 */
export class ProtectedValues {
  private readonly stored: StoredValue[] = [];
  private readonly shows: Show[] = [];
  private readonly loses: Lose[] = [];

  /** Shows what stands in a column: at once where it is not protected or nothing, else when it is decrypted. */
  add(
    table: MapTable,
    column: string,
    row: string,
    value: Value,
    show: Show,
    lose: Lose = () => undefined,
  ): void {
    if (value === null || table.columns.get(column)?.isProtected !== true) {
      show(value);
      return;
    }
    this.stored.push({ table: table.id, column, row, value });
    this.shows.push(show);
    this.loses.push(lose);
  }

  /**
   * Asks nothing of anybody where there are none.
   * @param on the transaction they were read in, where one is open
   * @throws LetheError as Encryption.decrypt
   */
  async decrypt(encryption: Encryption, on?: Queryable): Promise<void> {
    if (this.stored.length === 0) return;
    const values = await encryption.decrypt(this.stored, on);
    this.shows.forEach((show, index) => {
      show(values[index] ?? null);
    });
  }

  /**
   * The same of many records, of which one whose key is gone must not take the others with it: its values are lost, each by name.
   * @throws LetheError as Encryption.decrypt, but for a key that was destroyed, is not in the vault, or is damaged there
   */
  async decryptEach(encryption: Encryption): Promise<void> {
    try {
      await this.decrypt(encryption);
    } catch (error) {
      if (lossOf(error) === null) throw error;
      for (const index of this.stored.keys()) await this.decryptOne(encryption, index);
    }
  }

  private async decryptOne(encryption: Encryption, index: number): Promise<void> {
    const stored = this.stored.slice(index, index + 1);
    try {
      const [value = null] = await encryption.decrypt(stored);
      this.shows[index]?.(value);
    } catch (error) {
      const code = lossOf(error);
      if (code === null) throw error;
      this.loses[index]?.(code);
    }
  }
}

/**
 * Some columns of one row, as they were before they were encrypted.
 * @param on the transaction it was read in, where one is open
 * @throws LetheError as Encryption.decrypt
 */
export async function decryptedRow<V extends Readonly<Record<string, Value>>>(
  encryption: Encryption,
  table: MapTable,
  row: string,
  values: V,
  on?: Queryable,
): Promise<V> {
  const [decrypted, all]: [Record<string, Value>, ProtectedValues] = [{}, new ProtectedValues()];
  for (const [column, value] of Object.entries(values))
    all.add(table, column, row, value, (plain) => {
      decrypted[column] = plain;
    });
  await all.decrypt(encryption, on);
  return decrypted as V;
}
