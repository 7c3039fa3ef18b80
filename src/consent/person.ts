import { LetheError } from '../core/errors.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { empty, raw, sql, type Sql } from '../db/sql.js';
import type { MapColumn, MapGraph, MapTable } from '../datamap/graph.js';
import { keyAmong } from '../datamap/key-sql.js';
import type { Encryption } from '../encryption/encryption.js';
import { keyText, parseRecord, recordName } from '../datamap/record-ref.js';

/** The record of a person who consents, or is asked to. */
export interface Person {
  readonly table: MapTable;
  readonly concept: string;
  readonly key: string;
  /** `customer/12` */
  readonly name: string;
  /** Employees are seldom free to refuse: of them, policies say so, or they are not asked. */
  readonly isEmployee: boolean;
}

/** Agents are the controller's employees. */
const EMPLOYEE = 'agent';

/**
 * Reads `customer/12`.
 * @throws LetheError `input_invalid` for a record that is no person
 */
export function readPerson(graph: MapGraph, text: string): Person {
  const { table, key } = parseRecord(graph, text);
  const concept = table.concept ?? '';
  const isEmployee = concept === EMPLOYEE;
  if (!isEmployee && graph.subject?.table !== table)
    throw new LetheError('input_invalid', {
      what: 'record',
      reason: `a person consents: write it as ${[graph.subject?.table.concept, EMPLOYEE].filter((name) => name && graph.records.has(name)).join('/… or ')}/…`,
    });
  return { table, concept, key: keyText(key), name: recordName(table, keyText(key)), isEmployee };
}

/** What the person's record tells that consent depends on. */
export interface PersonFacts {
  /** `2009-05-01`, in the column of that category, where the map has one. */
  readonly bornOn: string | null;
  /** ISO 3166. */
  readonly place: string | null;
}

/** A person whose record is there. */
export interface KeptPerson {
  readonly place: string | null;
  /** The day of birth as it is stored: encrypted, perhaps. */
  readonly born: { readonly column: MapColumn; readonly value: string } | null;
}

/**
 * Keeps the person's record there until the transaction ends; null when it is gone, or never was. Where the map forbids its
 * deletion there is nothing to lock out, and the least rights have no UPDATE on it, which a lock takes.
 */
export const keepPerson = (tx: Tx, person: Person): Promise<KeptPerson | null> =>
  readPersonRow(tx, person, person.table.forbidsDelete === null ? sql`for key share` : empty);

export const personExists = async (db: Queryable, person: Person): Promise<boolean> =>
  (await readPersonRow(db, person, empty)) !== null;

/**
 * When they were born, for the few who must know: the only thing of consent that may need a key. Null: nobody knows.
 * @throws LetheError as Encryption.decrypt
 */
export async function birthdayOf(
  encryption: Encryption,
  tx: Tx,
  { table, key }: Person,
  { born }: Pick<KeptPerson, 'born'>,
): Promise<string | null> {
  if (born === null) return null;
  const { column, value } = born;
  const stored = { table: table.id, column: column.id, row: key, value };
  const [day = null] = column.isProtected ? await encryption.decrypt([stored], tx) : [value];
  return typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day) ? day : null;
}

interface PersonRow extends Row {
  readonly born_on: string | null;
  readonly place: string | null;
}

async function readPersonRow(db: Queryable, { table, key }: Person, lock: Sql): Promise<KeptPerson | null> {
  const column = columnOf(table, 'user.demographic.date_of_birth', ['date', 'text']);
  const { rows } = await db.query<PersonRow>(sql`
    select ${textOf(column)} as born_on, ${textOf(columnOf(table, 'user.contact.address.country', ['text']))} as place
    from ${raw(table.sql)} this where ${raw(table.record)} and ${keyAmong(table, 'this', [key])} ${lock}`);
  const [row] = rows;
  if (!row) return null;
  return {
    born: column && row.born_on !== null ? { column, value: row.born_on } : null,
    place: row.place !== null && /^[A-Z]{2}$/.test(row.place) ? row.place : null,
  };
}

/** The column of a category; undefined where the map names none. */
const columnOf = (
  { columns }: MapTable,
  category: string,
  types: readonly MapColumn['type'][],
): MapColumn | undefined =>
  [...columns.values()].find((one) => one.category === category && types.includes(one.type));

const textOf = (column: MapColumn | undefined): Sql =>
  column === undefined ? sql`null::text` : raw(`this.${column.sql}::text`);

export const unknownPerson = ({ name, concept }: Person): LetheError =>
  new LetheError('record_unknown', { record: name, example: `${concept}/12` });
