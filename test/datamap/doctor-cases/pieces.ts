import { column, edge, table, type DoctorCase } from './map.js';

/** Cases about SQL of the map. */
export const PIECES: readonly DoctorCase[] = [
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
];
