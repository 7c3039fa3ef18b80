import { edge, type DoctorCase } from './map.js';

/** Cases about values that an edge looks up. */
export const VALUES: readonly DoctorCase[] = [
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
];
