import { edge, edges, events, number, table, tables, type DoctorCase } from './map.js';

/** Cases about kinds of rows in one table. */
export const KINDS: readonly DoctorCase[] = [
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
];
