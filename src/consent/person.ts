import { LetheError } from '../core/errors.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { empty, raw, sql, type Sql } from '../db/sql.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { keyAmong } from '../datamap/key-sql.js';
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

interface FactsRow extends Row {
  readonly born_on: string | null;
  readonly place: string | null;
}

/**
 * Keeps the person's record there until the transaction ends; null when it is gone, or never was. Where the map forbids its
 * deletion there is nothing to lock out, and the least rights have no UPDATE on it, which a lock takes.
 */
export const keepPerson = (tx: Tx, person: Person): Promise<PersonFacts | null> =>
  readFacts(tx, person, person.table.forbidsDelete === null ? sql`for key share` : empty);

export const personExists = async (db: Queryable, person: Person): Promise<boolean> =>
  (await readFacts(db, person, empty)) !== null;

async function readFacts(db: Queryable, { table, key }: Person, lock: Sql): Promise<PersonFacts | null> {
  const { rows } = await db.query<FactsRow>(sql`
    select ${columnOf(table, 'user.demographic.date_of_birth', 'date')} as born_on,
      ${columnOf(table, 'user.contact.address.country', 'text')} as place
    from ${raw(table.sql)} this where ${raw(table.record)} and ${keyAmong(table, 'this', [key])} ${lock}`);
  const [row] = rows;
  if (!row) return null;
  return {
    bornOn: row.born_on !== null && /^\d{4}-\d\d-\d\d$/.test(row.born_on) ? row.born_on : null,
    place: row.place !== null && /^[A-Z]{2}$/.test(row.place) ? row.place : null,
  };
}

/** The column of a category as text; null where the map names none. */
function columnOf({ columns }: MapTable, category: string, type: 'date' | 'text'): Sql {
  const column = [...columns.values()].find((one) => one.category === category && one.type === type);
  return column === undefined ? sql`null::text` : raw(`this.${column.sql}::text`);
}

export const unknownPerson = ({ name, concept }: Person): LetheError =>
  new LetheError('record_unknown', { record: name, example: `${concept}/12` });
