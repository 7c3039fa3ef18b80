import type { Json } from './maps.js';

/** A small desk that fits its map without a finding. */
export const DDL = `
  create table people (id bigint primary key, name text, email text);
  create table tickets (id int primary key, person bigint references people (id), state text, size varchar(10), closed timestamp);
  create table notes (id int primary key, ticket int not null references tickets (id), author bigint references people (id), body text);
  create table events (id int primary key, object text, object_id int);
  create table logs (ticket int, words text);
  create index on tickets (person); create index on notes (ticket); create index on notes (author)`;

const text = { type: 'text', category: 'user.content' };
const number = { type: 'int', reason: 'a number' };
const tables = {
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
const notes = { child: 'notes', parent: 'tickets', on: { ticket: 'id' }, then: 'delete' };
const events = {
  child: 'events',
  parent: 'tickets',
  on: { object_id: 'id' },
  where: { object: 'Ticket' },
  then: 'delete',
};
const logs = { child: 'logs', parent: 'tickets', on: { ticket: 'id' }, then: 'delete' };
const authors = { child: 'notes', parent: 'people', on: { author: 'id' }, then: 'clear' };
const requesters = { child: 'tickets', parent: 'people', on: { person: 'id' }, then: 'clear' };
const edges = [notes, events, logs, authors, requesters];

export const MAP: Json = { tables, edges };

const table = (id: keyof typeof tables, more: Json): Json => ({
  tables: { ...tables, [id]: { ...tables[id], ...more } },
});
const column = (id: keyof typeof tables, name: string, entry: Json): Json =>
  table(id, { columns: { ...tables[id].columns, [name]: entry } });
const edge = (index: number, more: Json): Json => ({
  edges: edges.map((one, at) => (at === index ? { ...one, ...more } : one)),
});
const rows = (name: string, columns: string): string =>
  `insert into ${name} select ${columns} from generate_series(1, 3000) n; analyze ${name}`;

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

export const CASES: readonly DoctorCase[] = [
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
    what: 'a record predicate that is no condition',
    map: table('tickets', { record: 'this.id' }),
    finds: ['error piece_broken tables.tickets.record'],
  },
  {
    what: 'a mistyped column in a fact',
    map: table('tickets', { facts: { a: { type: 'text', sql: 'this.stat' } } }),
    finds: ['error piece_broken tables.tickets.facts.a'],
    saying: 'stat',
  },
  {
    what: 'a fact of another type',
    map: table('tickets', {
      facts: {
        a: { type: 'instant', sql: 'this.closed' },
        b: { type: 'number', sql: 'this.state' },
        c: { type: 'number', sql: 'this.id' },
      },
    }),
    finds: ['error fact_type tables.tickets.facts.a', 'error fact_type tables.tickets.facts.b'],
    saying: 'at time zone',
  },
  {
    what: 'an unset value that is none',
    map: column('tickets', 'closed', { type: 'timestamp', zone: 'UTC', unset: ['never'], reason: 'a time' }),
    finds: ['error piece_broken tables.tickets.columns.closed.unset'],
    saying: 'no date or time',
  },
  {
    what: 'a mistyped column in an edge',
    map: edge(1, { on: { objekt_id: 'id' } }),
    finds: ['error piece_broken edges[1] (events → tickets)'],
    saying: 'objekt_id',
  },
  {
    what: 'a column of the parent on the side of the child',
    map: edge(2, { on: { state: 'id' } }),
    finds: ['error piece_broken edges[2] (logs → tickets)'],
    saying: 'state',
  },
  {
    what: 'sides of an edge that cannot be compared',
    map: edge(2, { on: { words: 'id' } }),
    finds: ['error piece_broken edges[2] (logs → tickets)'],
  },
  {
    what: 'a constant that does not fit, without printing it',
    map: edge(1, { where: { object: 'Ticket', object_id: 'seven' } }),
    finds: ['error piece_broken edges[1] (events → tickets)'],
    saying: 'does not fit the type',
  },
  {
    what: 'a cleared value that does not fit',
    map: edge(3, { set: { author: 'nobody' } }),
    finds: ['error piece_broken edges[3] (notes → people)'],
  },
  {
    what: 'a broken way to a person',
    map: {
      subject: {
        record: 'people',
        key: 'id',
        identifiers: [{ kind: 'email', table: 'people', column: 'mail' }],
        edges: [{ as: 'author', child: 'notes', on: { writer: 'id' } }],
      },
    },
    finds: [
      'error piece_broken subject.edges[0] (notes → people)',
      'error piece_broken subject.identifiers[0]',
    ],
  },
  {
    what: 'a collect that reads more than keys',
    map: {
      derived: [
        { when: 'tickets', collect: 'select person from gone', run: 'update people set name = name' },
      ],
    },
    finds: ['error piece_broken derived[0].collect'],
    saying: 'person',
  },
  {
    what: 'a run that does not fit what was collected',
    map: {
      derived: [
        {
          when: 'tickets',
          collect: 'select distinct person from tickets where id in (select id from gone)',
          run: 'update people set name = null where id in (select who from collected)',
        },
      ],
    },
    finds: ['error piece_broken derived[0].run'],
    saying: 'who',
  },
  {
    what: 'no fault in sound derived data',
    map: {
      derived: [
        {
          when: 'tickets',
          collect: 'select distinct person from tickets where id in (select id from gone)',
          run: 'update people set name = null where id in (select person from collected)',
        },
      ],
    },
    finds: [],
  },

  {
    what: 'a parameter of another installation',
    map: { parameters: { site: { type: 'text', check: "select :site = 'here'" } } },
    parameters: { site: 'there' },
    finds: ['error parameter_mismatch parameters.site'],
  },
  {
    what: 'a parameter whose check gives nothing',
    map: { parameters: { site: { type: 'text', check: 'select :site = name from people' } } },
    parameters: { site: 'there' },
    finds: ['error parameter_mismatch parameters.site'],
  },
  {
    what: 'a check that cannot run',
    map: { parameters: { site: { type: 'text', check: 'select :site = nothing from people' } } },
    parameters: { site: 'there' },
    finds: ['error piece_broken parameters.site.check'],
  },
  {
    what: 'kinds of rows that no edge names',
    ddl: "insert into events values (1, 'Ticket', 1), (2, 'Setting', 1), (3, 'User', 1), (4, 'Group', 1), (5, null, 1)",
    finds: ['warning kind_without_edge tables.events.discriminator'],
    saying: '"Group", "User"',
  },
  {
    what: 'many kinds, of which it prints ten, shortened',
    ddl: "insert into events select n, repeat('x', 80) || n, 1 from generate_series(1, 30) n; insert into events select 100 + n, 'kind' || n, 1 from generate_series(10, 40) n",
    finds: ['warning kind_without_edge tables.events.discriminator'],
    saying: '"kind19" and more',
  },
  {
    what: 'no kinds where an edge takes them from a query',
    ddl: "insert into events values (3, 'User', 1)",
    map: edge(1, { where: { object: { in: "select 'Ticket'" } } }),
    finds: [],
  },

  {
    what: 'an edge that takes rows of every kind',
    map: edge(1, { where: {} }),
    finds: ['error edge_of_every_kind edges[1] (events → tickets)'],
    saying: 'takes rows of every kind; name the kind in "where" ("object")',
  },
  {
    what: 'a clear that names something else than the kind',
    map: edge(1, { where: { id: [1, 2] }, then: 'clear' }),
    finds: ['error edge_of_every_kind edges[1] (events → tickets)'],
  },
  {
    what: 'every kind beside an edge that names one',
    map: { edges: [...edges, { ...events, where: { id: 1 } }] },
    finds: ['error edge_of_every_kind edges[5] (events → tickets)'],
  },
  {
    what: 'no fault in every kind that is kept, found by key, by the kind itself or by a foreign key',
    ddl: 'alter table events add cause int references tickets (id)',
    map: {
      ...table('events', { columns: { ...tables.events.columns, cause: number } }),
      edges: [
        ...edges,
        { ...events, where: {}, then: 'keep', reason: 'they stay' },
        { ...events, where: {}, on: { id: 'id' } },
        { ...events, where: {}, on: { object: { sql: "'Ticket/' || parent.id" } } },
        { ...events, where: {}, on: { cause: 'id' } },
      ],
    },
    finds: [],
  },
  {
    what: 'no fault in another reference with a condition of its own',
    ddl: 'alter table events add cause int',
    map: {
      ...table('events', { columns: { ...tables.events.columns, cause: number } }),
      edges: [...edges, { ...events, on: { cause: 'id' }, where: { id: [1, 2] } }],
    },
    finds: [],
  },
  {
    what: 'a value that is looked up and not there',
    map: edge(1, { where: { object: { sql: "select p.name from people p where p.name = 'Ticket'" } } }),
    finds: ['warning value_missing edges[1] (events → tickets).where.object'],
    saying: 'gives no value: the edge takes nothing',
  },
  {
    what: 'a value that is looked up and there twice',
    ddl: "insert into people values (1, 'Ticket'), (2, 'Ticket')",
    map: edge(1, { where: { object: { sql: "select p.name from people p where p.name = 'Ticket'" } } }),
    finds: ['error value_not_single edges[1] (events → tickets).where.object'],
    saying: 'more than one row',
  },
  {
    what: 'no fault in a value that is there once',
    ddl: "insert into people values (1, 'Ticket')",
    map: edge(1, { where: { object: { sql: "select p.name from people p where p.name = 'Ticket'" } } }),
    finds: [],
  },
  {
    what: 'values of links and of ways to a person that are not there',
    map: {
      subject: {
        record: 'people',
        key: 'id',
        identifiers: [
          { kind: 'email', table: 'people', column: 'email', where: { id: { sql: 'select null::bigint' } } },
        ],
        edges: [
          {
            as: 'author',
            child: 'tickets',
            on: { id: 'id' },
            via: [
              {
                table: 'notes',
                child: 'ticket',
                parent: 'author',
                where: { body: { sql: "nullif('x', 'x')" } },
              },
            ],
          },
        ],
      },
    },
    finds: [
      'warning value_missing subject.edges[0] (tickets → people).via[0].where.body',
      'warning value_missing subject.identifiers[0].where.id',
    ],
  },

  {
    what: 'no index for a large table',
    ddl: rows('logs', "n, 'x'"),
    finds: ['hint index_missing edges[2] (logs → tickets)'],
    saying: 'create index concurrently on "public"."logs" ("ticket");',
  },
  {
    what: 'no index for an edge with a constant: a partial one',
    ddl: rows('events', "n, 'Ticket', n"),
    finds: ['hint index_missing edges[1] (events → tickets)'],
    saying: `("object_id") where "object" = 'Ticket';`,
  },
  {
    what: 'no fault in a partial index that fits',
    ddl: `${rows('events', "n, 'Ticket', n")}; create index on events (object_id) where object = 'Ticket'`,
    finds: [],
  },
  {
    what: 'a partial index for other rows',
    ddl: `${rows('events', "n, 'Ticket', n")}; create index on events (object_id) where object = 'User'`,
    finds: ['hint index_missing edges[1] (events → tickets)'],
  },
  {
    what: 'no fault in an index that begins with the constant',
    ddl: `${rows('events', "n, 'Ticket', n")}; create index on events (object, object_id)`,
    finds: [],
  },
  {
    what: 'an index that only knows the constant',
    ddl: `${rows('events', "n, 'Ticket', n")}; create index on events (object)`,
    finds: ['hint index_missing edges[1] (events → tickets)'],
  },
  {
    what: 'no index for a way to a person',
    ddl: rows('logs', "n, 'x'"),
    map: {
      edges: [notes, events, authors, requesters],
      subject: {
        record: 'people',
        key: 'id',
        edges: [
          {
            as: 'author',
            child: 'tickets',
            on: { id: 'id' },
            via: [{ table: 'logs', child: 'ticket', parent: 'ticket' }],
          },
        ],
      },
    },
    finds: ['hint index_missing subject.edges[0] (tickets → people).via[0]'],
  },
];
