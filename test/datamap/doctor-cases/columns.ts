import { column, number, table, tables, text, type DoctorCase } from './map.js';

/** Cases about columns. */
export const COLUMNS: readonly DoctorCase[] = [
  {
    what: 'a column that is not there',
    map: column('tickets', 'Size', text),
    finds: ['error column_missing tables.tickets.columns.Size'],
    saying: 'there is "size"',
  },
  {
    what: 'a key column that is not there',
    map: table('notes', { key: { no: 'int' } }),
    finds: ['error column_missing tables.notes.key.no'],
  },
  {
    what: 'a column of another type',
    map: column('tickets', 'size', { type: 'int', reason: 'x y z' }),
    finds: ['error column_type tables.tickets.columns.size'],
    saying: '"type": "text"',
  },
  {
    what: 'a key of another type',
    map: table('people', { key: { id: 'int' } }),
    finds: ['error column_type tables.people.key.id'],
  },
  {
    what: 'a column compared without case',
    ddl: "create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); alter table tickets alter size type varchar(10) collate ci",
    finds: ['error column_collation tables.tickets.columns.size'],
  },
  {
    what: 'no fault in that when the map folds it',
    ddl: "create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); alter table tickets alter size type varchar(10) collate ci",
    map: column('tickets', 'size', { ...text, length: 10, fold: 'ascii' }),
    finds: [],
  },
  {
    what: 'a length the column cannot hold',
    map: column('tickets', 'size', { ...text, length: 11 }),
    finds: ['warning column_length tables.tickets.columns.size'],
  },
  {
    what: 'a column that an encrypted value does not fit',
    ddl: 'alter table people alter email type varchar(120)',
    map: table('people', {
      columns: { ...tables.people.columns, email: { ...text, length: 120 } },
      protected: { columns: ['name', 'email'], owners: [{ record: 'customer', sql: 'this.id' }] },
    }),
    finds: ['error column_protected tables.people.columns.email'],
    saying: 'it must be text, without a length',
  },
  {
    what: 'a length nobody declared',
    map: column('tickets', 'size', text),
    finds: ['hint column_length tables.tickets.columns.size'],
  },
  {
    what: 'text without an answer',
    map: column('tickets', 'state', { type: 'text' }),
    finds: ['warning column_without_answer tables.tickets.columns.state'],
  },
  {
    what: 'new columns: text as an error, others as a warning',
    ddl: 'alter table notes add comment text, add flags jsonb, add votes int',
    finds: [
      'error column_unmapped public.notes.comment',
      'error column_unmapped public.notes.flags',
      'warning column_unmapped public.notes.votes',
    ],
  },
  {
    what: 'no new columns that have an answer',
    ddl: 'alter table notes add comment text, add votes int, add lock int, add made timestamptz',
    map: {
      ...table('notes', { ignoredColumns: { comment: 'always empty', gone: 'not there' } }),
      everyTable: {
        columns: { made: { type: 'timestamptz', reason: 'a time' } },
        ignoredColumns: { votes: 'a number', lock: 'a number' },
      },
    },
    finds: ['hint ignored_column_missing tables.notes.ignoredColumns.gone'],
  },
  {
    what: 'text columns that only "otherColumns" answers',
    ddl: 'alter table notes add comment text, add votes int',
    map: table('notes', { otherColumns: 'a number and a remark' }),
    finds: ['hint column_only_other tables.notes.otherColumns'],
    saying: 'comment',
  },
  {
    what: 'a column of everyTable of another type',
    map: {
      everyTable: { columns: { words: { type: 'int' } } },
      ...table('logs', { columns: { ticket: number } }),
    },
    finds: ['error column_type tables.logs.columns.words'],
  },
];
