import { authors, events, notes, requesters, type DoctorCase } from './map.js';

const rows = (name: string, columns: string): string =>
  `insert into ${name} select ${columns} from generate_series(1, 3000) n; analyze ${name}`;

/** Cases about indexes. */
export const INDEXES: readonly DoctorCase[] = [
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
