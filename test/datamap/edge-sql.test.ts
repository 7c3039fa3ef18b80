import { expect } from 'chai';
import { belongsTo, joined } from '../../src/datamap/edge-sql.js';
import { sqlstateOf } from '../../src/db/failures.js';
import { raw } from '../../src/db/sql.js';
import { bothDatabases } from '../support/database.js';
import { edgeOf, mapOf, type Json } from './maps.js';

const DDL = `
  create table parents (id int, no int, kind text, name text);
  create table children (id int primary key, parent_id int, parent_no int, ref text, type text, flag boolean, n int);
  create table links1 (id int, child_id int, type text); create table links2 (link1 int, parent_id int);
  create table types (id int, name text);
  insert into parents values (1, 1, 'a', 'one'), (2, 1, 'b', 'it''s'), (3, 1, 'a', null);
  insert into children values (1, 1, 1, 'x/1', 'A', true, 1), (2, 2, 1, 'x/it''s', 'B', false, 2), (3, 2, 2, 'y', 'A', null, 3),
    (4, null, 1, null, null, null, null), (5, 9, 1, 'x/9', 'B', true, 1);
  insert into links1 values (10, 1, 'T'), (11, 2, 'T'), (12, 3, 'U'), (13, 5, 'T');
  insert into links2 values (10, 2), (11, 2), (12, 2), (13, 9);
  insert into types values (1, 'keep'), (2, 'take'), (3, 'take')`;

const via = [
  { table: 'links1', where: { type: 'T' }, child: 'child_id', parent: 'id' },
  { table: 'links2', child: 'link1', parent: 'parent_id' },
];

/** Form of an edge → children of the parents 1, 2 and 3 by it. */
const FORMS: readonly (readonly [string, Json, readonly number[]])[] = [
  ['a column', { on: { parent_id: 'id' } }, [1, 2, 3]],
  ['several columns', { on: { parent_id: 'id', parent_no: 'no' } }, [1, 2]],
  [
    'an expression of the parent',
    { on: { ref: { sql: ":site || '/' || coalesce(parent.name, parent.id::text)" } } },
    [2],
  ],
  [
    'an expression that is null for some parents',
    { on: { parent_id: { sql: "case when parent.kind = 'a' then parent.id end" } } },
    [1],
  ],
  ['a column and an expression', { on: { parent_id: 'id', parent_no: { sql: 'parent.no + 1' } } }, [3]],
  ['a constant', { on: { parent_id: 'id' }, where: { type: 'A' } }, [1, 3]],
  ['several constants', { on: { parent_id: 'id' }, where: { type: 'A', n: 3 } }, [3]],
  ['a list', { on: { parent_id: 'id' }, where: { n: [1, 2] } }, [1, 2]],
  ['a boolean', { on: { parent_id: 'id' }, where: { flag: false } }, [2]],
  ['null', { on: { parent_id: 'id' }, where: { flag: null } }, [3]],
  [
    'a value from a query',
    { on: { parent_id: 'id' }, where: { n: { sql: "select t.id from types t where t.name = 'keep'" } } },
    [1],
  ],
  [
    'values from a query',
    { on: { parent_id: 'id' }, where: { n: { in: "select t.id from types t where t.name = 'take'" } } },
    [2, 3],
  ],
  ['link tables', { on: { id: 'id' }, via }, [1, 2]],
  ['link tables and a constant', { on: { id: 'id' }, via, where: { type: 'B' } }, [2]],
];

const graphOf = (edge: Json) =>
  mapOf(
    {
      parameters: { site: { type: 'text' } },
      tables: { parents: { key: { id: 'int' } }, children: { key: { id: 'int' } }, links1: {}, links2: {} },
      edges: [{ child: 'children', parent: 'parents', then: 'delete', ...edge }],
    },
    { site: 'x' },
  );

bothDatabases('an edge in SQL', (open) => {
  it('finds exactly the children of its parents, in every form, alone and as a join', async () => {
    const { db, admin } = await open();
    await admin(DDL);
    for (const [form, entry, expected] of FORMS) {
      const edge = edgeOf(graphOf(entry), 0);
      const { links, condition } = joined(edge);
      const statements = [
        `select child.id from children child where ${belongsTo(edge, '(select * from parents)')} order by 1`,
        `select distinct child.id from children child, parents parent${links} where ${condition} order by 1`,
      ];
      for (const statement of statements) {
        const { rows } = await db.query<{ id: number }>(raw(statement));
        expect(rows.map(({ id }) => id)).to.deep.equal(expected, form);
      }
    }
  });

  it('with a mistyped column is an error, and never a condition that is true for every row', async () => {
    const { db, admin } = await open();
    await admin(DDL);
    const mistyped: readonly Json[] = [
      { on: { kind: 'id' } }, // a column of the parent only
      { on: { parent_id: 'parent_id' } }, // a column of the child only
      { on: { parent_id: { sql: 'parent.parent_id' } } },
      { on: { parent_id: 'id' }, where: { kind: 'a' } },
      { on: { id: 'id' }, via: [{ table: 'links1', child: 'parent_no', parent: 'id' }] },
    ];
    for (const entry of mistyped) {
      const edge = edgeOf(graphOf(entry), 0);
      const states = await Promise.all(
        [
          `select from children child where ${belongsTo(edge, 'parents')}`,
          `select from children child, parents parent${joined(edge).links} where ${joined(edge).condition}`,
        ].map((statement) => db.query(raw(statement)).then(() => 'ran', sqlstateOf)),
      );
      expect(states).to.deep.equal(['42703', '42703'], JSON.stringify(entry));
    }
  });
});
