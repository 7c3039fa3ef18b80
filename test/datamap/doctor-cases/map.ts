import type { Json } from '../maps.js';

/** A small desk that fits its map without a finding. */
export const DDL = `
  create table people (id bigint primary key, name text, email text);
  create table tickets (id int primary key, person bigint references people (id), state text, size varchar(10), closed timestamp);
  create table notes (id int primary key, ticket int not null references tickets (id), author bigint references people (id), body text);
  create table events (id int primary key, object text, object_id int);
  create table logs (ticket int, words text);
  create index on tickets (person); create index on notes (ticket); create index on notes (author)`;

export const text = { type: 'text', category: 'user.content' };
export const number = { type: 'int', reason: 'a number' };
export const tables = {
  people: {
    key: { id: 'bigint' },
    concept: 'customer',
    columns: { id: { type: 'bigint', reason: 'a number' }, name: text, email: text },
  },
  tickets: {
    key: { id: 'int' },
    concept: 'ticket',
    record: "this.state <> 'merged'",
    columns: {
      id: number,
      person: { type: 'bigint', reason: 'a number' },
      state: { type: 'text', reason: 'a state' },
      size: { ...text, length: 10 },
      closed: { type: 'timestamp', zone: 'UTC', unset: ['1970-01-01 00:00:00'], reason: 'a time' },
    },
    facts: {
      state: { column: 'state' },
      noted: { type: 'boolean', sql: 'this.id in (select n.ticket from notes n)' },
    },
  },
  notes: {
    key: { id: 'int' },
    columns: { id: number, ticket: number, author: { type: 'bigint', reason: 'a number' }, body: text },
  },
  events: {
    key: { id: 'int' },
    columns: { id: number, object: { type: 'text', reason: 'a kind' }, object_id: number },
    discriminator: { column: 'object', ignored: { Setting: 'configuration' } },
  },
  logs: { columns: { ticket: number, words: text } },
};
export const notes = { child: 'notes', parent: 'tickets', on: { ticket: 'id' }, then: 'delete' };
export const events = {
  child: 'events',
  parent: 'tickets',
  on: { object_id: 'id' },
  where: { object: 'Ticket' },
  then: 'delete',
};
const logs = { child: 'logs', parent: 'tickets', on: { ticket: 'id' }, then: 'delete' };
export const authors = { child: 'notes', parent: 'people', on: { author: 'id' }, then: 'clear' };
export const requesters = { child: 'tickets', parent: 'people', on: { person: 'id' }, then: 'clear' };
export const edges = [notes, events, logs, authors, requesters];

export const MAP: Json = { tables, edges };

export const table = (id: keyof typeof tables, more: Json): Json => ({
  tables: { ...tables, [id]: { ...tables[id], ...more } },
});
export const column = (id: keyof typeof tables, name: string, entry: Json): Json =>
  table(id, { columns: { ...tables[id].columns, [name]: entry } });
export const edge = (index: number, more: Json): Json => ({
  edges: edges.map((one, at) => (at === index ? { ...one, ...more } : one)),
});

/** What the doctor finds when one thing does not fit. */
export interface DoctorCase {
  readonly what: string;
  /** Statements after DDL. */
  readonly ddl?: string;
  readonly map?: Json;
  readonly parameters?: Readonly<Record<string, string>>;
  /** `severity code thing`, all of them. */
  readonly finds: readonly string[];
  /** Must be in the first finding's message or statement. */
  readonly saying?: string;
}
