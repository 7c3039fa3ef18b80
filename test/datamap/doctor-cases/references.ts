import type { Json } from '../maps.js';
import { authors, edge, edges, events, notes, number, requesters, tables, type DoctorCase } from './map.js';

const CONTENT = `
  create table contents (id int primary key);
  create table stores (id int primary key, note int references notes (id), content int references contents (id));
  create index on stores (note); create index on stores (content)`;
/** Notes have stores, and stores hold the reference to their content. */
const contents = (more: Json, ...others: readonly Json[]): Json => ({
  tables: {
    ...tables,
    contents: { key: { id: 'int' }, columns: { id: number } },
    stores: { key: { id: 'int' }, otherColumns: 'numbers' },
  },
  edges: [
    ...edges,
    { child: 'stores', parent: 'notes', on: { note: 'id' }, then: 'delete' },
    { child: 'contents', parent: 'stores', on: { id: 'content' }, then: 'delete', ...more },
    ...others,
  ],
});

/** Cases about foreign keys, edges and triggers. */
export const REFERENCES: readonly DoctorCase[] = [
  {
    what: 'a reference that cannot be cleared',
    ddl: 'alter table notes alter author set not null',
    finds: ['error clear_not_null edges[3] (notes → people).set.author'],
  },
  {
    what: 'a foreign key of an unmapped table',
    ddl: 'create table extra (ticket int references tickets (id) on delete no action)',
    map: { ignoredTables: { extra: 'for the test' } },
    finds: ['error foreign_key_unmapped tables.tickets'],
  },
  {
    what: 'a cascade into an unmapped table',
    ddl: 'create table extra (ticket int references tickets (id) on delete cascade)',
    map: { ignoredTables: { extra: 'for the test' } },
    finds: ['warning foreign_key_unmapped tables.tickets'],
    saying: 'deletes the referring rows',
  },
  {
    what: 'a foreign key without an edge, not valid or not',
    ddl: 'alter table logs add constraint l foreign key (ticket) references tickets (id) not valid',
    map: { edges: [notes, events, authors, requesters] },
    finds: ['error foreign_key_without_edge tables.logs'],
  },
  {
    what: 'a set null without an edge',
    ddl: 'alter table logs add foreign key (ticket) references tickets (id) on delete set null',
    map: { edges: [notes, events, authors, requesters] },
    finds: ['warning foreign_key_without_edge tables.logs'],
    saying: 'empties',
  },
  {
    what: 'a foreign key that edges cover in part',
    map: edge(0, { where: { body: 'x' } }),
    finds: ['warning foreign_key_partly tables.notes'],
  },
  {
    what: 'rows that are kept behind a foreign key',
    map: edge(4, { then: 'keep', reason: 'they stay' }),
    finds: ['hint kept_by_foreign_key edges[4] (tickets → people)'],
  },
  {
    what: 'rows that are kept, but go by a cascade',
    ddl: 'alter table tickets drop constraint tickets_person_fkey, add foreign key (person) references people (id) on delete cascade',
    map: edge(4, { then: 'keep', reason: 'they stay' }),
    finds: ['error kept_but_cascades edges[4] (tickets → people)'],
  },
  {
    what: 'rows that are kept, but emptied',
    ddl: 'alter table tickets drop constraint tickets_person_fkey, add foreign key (person) references people (id) on delete set null',
    map: edge(4, { then: 'keep', reason: 'they stay' }),
    finds: ['warning kept_but_emptied edges[4] (tickets → people)'],
  },
  {
    what: 'no fault in a foreign key onto content that goes with its last user',
    ddl: CONTENT,
    map: contents({ lastParent: true }),
    finds: [],
  },
  {
    what: 'no fault in one onto content that only one row can use',
    ddl: `${CONTENT}; create unique index on stores (content)`,
    map: contents({}),
    finds: [],
  },
  {
    what: 'a foreign key onto content that goes with its first user',
    ddl: CONTENT,
    map: contents({}),
    finds: ['error foreign_key_without_edge tables.stores'],
  },
  {
    what: 'a foreign key onto content that another edge takes regardless',
    ddl: CONTENT,
    map: contents(
      { lastParent: true },
      { child: 'contents', parent: 'notes', on: { id: 'id' }, then: 'delete' },
    ),
    finds: ['error foreign_key_without_edge tables.stores'],
  },
  {
    what: 'a foreign key onto content by another column than the edge',
    ddl: `${CONTENT}; alter table stores add first int references contents (id); create index on stores (first)`,
    map: contents({ lastParent: true }),
    finds: ['error foreign_key_without_edge tables.stores'],
    saying: 'stores.first',
  },
  {
    what: 'triggers and rules, those on change first',
    ddl: 'create function f() returns trigger language plpgsql as $$ begin return old; end $$; create trigger a before insert on notes for each row execute function f(); create trigger b after delete on notes for each row execute function f(); create trigger off after delete on notes for each row execute function f(); alter table notes disable trigger off; create rule r as on delete to logs do also select 1',
    finds: ['warning trigger tables.notes', 'warning trigger tables.logs', 'hint trigger tables.notes'],
    saying: '"b" (f)',
  },
  {
    what: "no trigger that calls one of Lethe's own functions, but one that has the names alone",
    ddl: `create schema if not exists lethe;
      create or replace function lethe.refuse_plaintext() returns trigger language plpgsql as $$ begin return new; end $$;
      create function refuse_plaintext() returns trigger language plpgsql as $$ begin return new; end $$;
      create trigger any_name before update on notes for each row execute function lethe.refuse_plaintext();
      create trigger lethe_refuses_updated before update on logs for each row execute function refuse_plaintext()`,
    finds: ['warning trigger tables.logs'],
  },
];
