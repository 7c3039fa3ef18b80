import type { MapTable } from '../datamap/graph.js';
import type { Queryable } from '../db/database.js';
import type { Encryption, StoredValue, Value } from '../encryption/encryption.js';

/**
 * The protected values of one answer. They are decrypted together, once it is known what is shown: what nobody is shown needs no
 * key, and where one cannot be decrypted nothing of the answer may be shown.
 */
export class ProtectedValues {
  private readonly stored: StoredValue[] = [];
  private readonly shows: ((value: Value) => void)[] = [];

  /** Shows what stands in a column: at once where it is not protected or nothing, else when it is decrypted. */
  add(table: MapTable, column: string, row: string, value: Value, show: (value: Value) => void): void {
    if (value === null || table.columns.get(column)?.isProtected !== true) {
      show(value);
      return;
    }
    this.stored.push({ table: table.id, column, row, value });
    this.shows.push(show);
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
