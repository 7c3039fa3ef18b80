import { table, type DoctorCase } from './map.js';

/** Cases about tables and their keys. */
export const TABLES: readonly DoctorCase[] = [
  { what: 'nothing, where all is well', finds: [] },
  {
    what: 'a table that is not there',
    map: table('logs', { table: 'Logs' }),
    finds: ['error table_missing tables.logs', 'error table_unmapped public.logs'],
    saying: 'there is public.logs',
  },
  {
    what: 'a view',
    ddl: 'alter table logs rename to l; create view logs as select * from l',
    finds: ['error table_is_view tables.logs', 'error table_unmapped public.l'],
  },
  {
    what: 'a table nobody thought of',
    ddl: 'create table sessions (id int)',
    finds: ['error table_unmapped public.sessions'],
  },
  {
    what: 'a materialized copy',
    ddl: 'create materialized view report as select * from tickets',
    finds: ['error table_unmapped public.report'],
    saying: 'copy of other',
  },
  {
    what: 'no ignored table',
    ddl: 'create table sessions (id int); create view v as select 1',
    map: { ignoredTables: { sessions: 'short-lived', 'public.old': 'gone' } },
    finds: ['hint ignored_table_missing ignoredTables'],
  },
  {
    what: 'a partitioned table',
    ddl: 'drop table logs; create table logs (ticket int, words text) partition by range (ticket); create table logs1 partition of logs default',
    finds: ['hint table_partitioned tables.logs'],
  },
  {
    what: 'one partition',
    ddl: 'drop table logs; create table logs0 (ticket int, words text) partition by range (ticket); create table logs partition of logs0 default',
    map: { ignoredTables: { logs0: 'for the test' } },
    finds: ['warning table_is_partition tables.logs'],
  },
  {
    what: 'row level security',
    ddl: 'alter table logs enable row level security',
    finds: ['hint row_security tables.logs'],
  },
  {
    what: 'a key that is not unique',
    ddl: 'alter table notes drop constraint notes_pkey; create index on notes (id); create unique index on notes (id) where id > 0',
    finds: ['error key_not_unique tables.notes.key'],
  },
  {
    what: 'a key that can be null',
    ddl: 'alter table notes drop constraint notes_pkey, alter id drop not null; create unique index on notes (id)',
    finds: ['warning key_nullable tables.notes.key'],
  },
  {
    what: 'no fault in a wider key over a unique column',
    map: table('notes', { key: { id: 'int', ticket: 'int' } }),
    finds: [],
  },
];
