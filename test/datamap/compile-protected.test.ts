import { expect } from 'chai';
import { isOwnTable, type MapTable } from '../../src/datamap/graph.js';
import { loadMap } from '../../src/datamap/load.js';
import { freshDatabase, migratedTemplate } from '../support/database.js';
import { mapOf, problemsOf, tableOf, type Json } from './maps.js';

const text = { type: 'text', category: 'user.content' };

const people = {
  key: { id: 'bigint' },
  concept: 'customer',
  protected: { columns: ['name', 'mail'], owners: [{ record: 'customer', sql: 'this.id' }] },
  columns: {
    name: text,
    mail: { ...text, column: 'Mail_Address', unique: 'ignoringCase' },
    country: { type: 'text', reason: 'a country' },
  },
};
const cases = {
  key: { id: 'int' },
  concept: 'ticket',
  columns: {
    person: { type: 'bigint', reason: 'points' },
    topic: text,
    state: { type: 'text', reason: 'a state' },
  },
};
const BASE = { people, cases };

const sealed = (different: Json): Json => ({
  tables: { ...BASE, people: { ...people, protected: { ...people.protected, ...different } } },
});
const withPeople = (different: Json): Json => ({ tables: { ...BASE, people: { ...people, ...different } } });
const fact = (sql: string, table = 'people'): Json => ({
  tables: { ...BASE, [table]: { ...BASE[table as 'people'], facts: { f: { type: 'boolean', sql } } } },
});
const edge = (different: Json): Json => ({
  tables: BASE,
  edges: [{ child: 'cases', parent: 'people', on: { person: 'id' }, then: 'clear', ...different }],
});
const identifier = (different: Json, tables: Json = BASE): Json => ({
  tables,
  subject: {
    record: 'people',
    key: 'id',
    edges: [],
    identifiers: [{ kind: 'email', table: 'people', column: 'mail', ...different }],
  },
});

describe('a table with protected columns', () => {
  it('knows them, and under whose key each row’s are', () => {
    const graph = mapOf({ tables: BASE });
    const table = tableOf(graph, 'people');
    expect(table.protected?.columns.map(({ id, name }) => [id, name])).to.deep.equal([
      ['name', 'name'],
      ['mail', 'Mail_Address'],
    ]);
    expect(table.protected?.owners).to.deep.equal([{ record: 'customer', keySql: '(this.id)' }]);
    expect([...table.columns.values()].map(({ isProtected }) => isProtected)).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect(tableOf(graph, 'cases').protected).to.equal(null);
  });

  const REFUSED: readonly (readonly [string, Json, string])[] = [
    [
      'a column it has not',
      sealed({ columns: ['nome'] }),
      'tables.people.protected.columns: the table has no mapped column "nome"',
    ],
    [
      'a number',
      {
        tables: {
          ...BASE,
          cases: {
            ...cases,
            protected: { columns: ['person'], owners: [{ record: 'ticket', sql: 'this.id' }] },
          },
        },
      },
      'tables.cases.protected.columns: "person" is bigint',
    ],
    ['its key', withPeople({ key: { name: 'text' } }), 'tables.people.protected.columns: "name" is the key'],
    [
      'rows that have no key',
      { tables: { ...BASE, leaf: { columns: people.columns, protected: people.protected } } },
      'tables.leaf.protected: a value is bound to its row',
    ],
    [
      'an owner nobody knows',
      sealed({ owners: [{ record: 'client', sql: 'this.id' }] }),
      'tables.people.protected.owners[0].record: no table has the concept "client"',
    ],
    [
      'an owner known by a protected column',
      sealed({ owners: [{ record: 'customer', sql: 'this.name' }] }),
      'tables.people.protected.owners[0].sql: has the word "name"',
    ],
    [
      'a fact of one',
      withPeople({ facts: { mail: { column: 'mail' } } }),
      'tables.people.facts.mail.column: "mail" is stored encrypted: no condition can ask for it',
    ],
    [
      'partitions by one',
      withPeople({ partition: { by: 'name' } }),
      'tables.people.partition.by: "name" is stored encrypted',
    ],
    [
      'kinds told by one',
      withPeople({ discriminator: { column: 'name' } }),
      'tables.people.discriminator.column: "name" is stored encrypted',
    ],
    [
      'a constant for "not set"',
      withPeople({ columns: { ...people.columns, name: { ...text, unset: [''] } } }),
      'tables.people.columns.name.unset: "name" is stored encrypted',
    ],
    [
      'an edge over one of the parent',
      edge({ on: { topic: 'name' } }),
      'edges[0].on: "name" of "people" is stored encrypted',
    ],
    [
      'an edge over one of the child',
      edge({ child: 'people', parent: 'cases', on: { name: 'topic' } }),
      'edges[0].on: "name" of "people"',
    ],
    [
      'an edge over one, in SQL',
      edge({ on: { topic: { sql: 'lower(parent.name)' } } }),
      'edges[0].on.topic: has the word "name"',
    ],
    [
      'an edge of rows told by one',
      edge({ child: 'people', parent: 'cases', on: { country: 'state' }, where: { mail: 'a@b.example' } }),
      'edges[0].where: "mail" of "people"',
    ],
    [
      'an edge through one',
      edge({ via: [{ table: 'people', child: 'name', parent: 'id' }] }),
      'edges[0].via[0]: "name" of "people"',
    ],
    [
      'a constant written into one',
      edge({ child: 'people', parent: 'cases', on: { country: 'state' }, set: { name: 'removed' } }),
      'edges[0].set: "name" of "people"',
    ],
    [
      'an identifier of a kind that has no normal form',
      identifier({ kind: 'login' }),
      'subject.identifiers[0].kind: "mail" is stored encrypted, and can be found as one of email, phone, customerNumber',
    ],
    [
      'an identifier in some rows alone',
      identifier({ where: { country: 'DE' } }),
      'subject.identifiers[0].where: "mail" is stored encrypted',
    ],
    [
      'an identifier of another table',
      identifier(
        { table: 'cases', column: 'topic', owner: 'person' },
        {
          ...BASE,
          cases: {
            ...cases,
            protected: { columns: ['topic'], owners: [{ record: 'ticket', sql: 'this.id' }] },
          },
        },
      ),
      'subject.identifiers[0].table: "topic" is stored encrypted: only a column of "people" can be found',
    ],
    [
      'two identifiers of a kind',
      {
        tables: BASE,
        subject: {
          record: 'people',
          key: 'id',
          edges: [],
          identifiers: [
            { kind: 'email', table: 'people', column: 'mail' },
            { kind: 'email', table: 'people', column: 'name' },
          ],
        },
      },
      'subject.identifiers[1].kind: another protected column is the email already',
    ],
    [
      'derived data that reads one',
      {
        tables: BASE,
        edges: [],
        derived: [
          { when: 'cases', collect: 'select p.name from people p', run: 'update people set country = null' },
        ],
      },
      'derived[0].collect: has the word "name"',
    ],
    [
      'derived data that writes one',
      {
        tables: BASE,
        edges: [],
        derived: [{ when: 'cases', collect: 'select 1', run: 'update people set name = country' }],
      },
      'derived[0].run: has the word "name"',
    ],
  ];
  for (const [what, map, finding] of REFUSED)
    it(`refuses ${what}`, () => {
      expect(problemsOf(map).join('\n')).to.contain(finding);
    });

  it('may be emptied by an edge, and found by the kinds that have a normal form', () => {
    expect(
      problemsOf(edge({ child: 'people', parent: 'cases', on: { country: 'state' }, set: { name: null } })),
    ).to.deep.equal([]);
    expect(problemsOf(identifier({}))).to.deep.equal([]);
  });
});

describe('a piece of SQL in a map', () => {
  const READS = [
    'this.name is null',
    'this."name" is null',
    'this . NAME is null',
    '(this).name is null',
    'name(this) is null',
    `"Mail_Address" like '%@b.example'`,
    `lower(this.mail_address) = 'a'`,
    'exists (select from people p where p.name = this.country)',
    'exists (select from test.people as p order by p.name)',
    'to_json(this)::text <> $$x$$',
    "this::text like '%Ann%'",
    'this is not null',
    'exists (select this)',
    'exists (select * from people)',
    'exists (select p.* from people p)',
    'exists (select 1, p from people p)',
    'exists (select people from people)',
    'exists (select distinct * from people)',
    'exists (select from people p(a, b) where b is null)',
    'exists (select from cases natural join people)',
    'exists (table people)',
    'exists (select from cases c join people p using (name))',
    'exists (select row_to_json(p) from cases c, people p)',
    'exists (with x as (select p.* from people p) select from x)',
    // a parenthesis stands where tables are named, too
    "exists (select from (people p cross join cases c) where p::text <> '')",
    "exists (select from (people cross join cases) p where p::text <> '')",
    "exists (select from (people cross join cases) as j(a, b, c, d) where b <> '')",
    "exists (select from cases c, (people cross join cases) j (a, b, c, d) where b <> '')",
    "exists (select from cases c left join ((people p cross join cases e) cross join cases d) on true where p::text <> '')",
    "exists (select from cases c left join (people cross join cases d) j on true where j::text <> '')",
    "exists (select from only (people) p where p::text <> '')",
    "exists (select from only (people) as p(a, b) where b <> '')",
    "exists (select from people * p where p::text <> '')",
    // lists of tables that go on after a condition, or after a word that is a name there
    "exists (select from cases c join cases d on c.id = d.id or true, people p where p::text <> '')",
    "exists (select from cases set, test.people p where p::text <> '')",
    "exists (select from cases values, people p where p::text <> '')",
    "exists (select from people set where set::text <> '')",
    `exists (select from people "left" where "left"::text <> '')`,
    // FROM that names no table, and what follows a parenthesis but is no alias
    "exists (select from people p where trim(leading from p::text) <> '')",
    "exists (select from people p where substring('x' from p::text) <> '')",
    'exists (select from people p where null is distinct from p)',
    'exists (select from people p where null is not distinct from (p))',
    'exists (select from (select distinct on (p.id) p as x from people p) y)',
    'exists (select from people p order by p.id using <, p)',
  ];
  for (const sql of READS)
    it(`is refused where it reads what is stored encrypted: ${sql}`, () => {
      expect(problemsOf(fact(sql)).join('\n')).to.match(/tables\.people\.facts\.f\.sql: .*stored encrypted/);
    });

  it('is refused in another table, too, once it mentions the protected one', () => {
    expect(
      problemsOf(fact('(select p.name from people p where p.id = this.person) is null', 'cases')),
    ).to.have.length(1);
    expect(
      problemsOf(fact('exists (select p from people p where p.id = this.person)', 'cases')),
    ).to.have.length(1);
  });

  const FREE = [
    "this.country = 'name'",
    'this.id in (select c.person from cases c)',
    '(select count(*) from people p where p.country = this.country) > 1',
    'exists (select from people p, cases c where c.person = p.id and p.id = this.id)',
    'exists (select from people as p where p.id = this.id)',
    'exists (select from test.people where people.id = this.id)',
    'exists (select from (people p cross join cases c) where p.id = c.person)',
    'exists (select from (test.people cross join cases) where people.id = cases.person)',
    'exists (select from only (people) p where p.id = this.id)',
    'exists (select from cases c join cases d on c.id = d.id, people p where p.id = c.person)',
    'exists (select from cases c left join (people p join cases d using (id)) on p.id = c.person)',
    'exists (select distinct on (p.id) p.id from people p where p.country is distinct from this.country)',
    "exists (select from people p where trim(leading '0' from p.country) <> substring(p.country from 2))",
    'exists (select from (select p.id from people p) x where x.id = this.id)',
    'exists (select from people p join cases c using (id) where p.id = 1 and (c.id in (1))) and (true)',
    'exists (select from (select c.person from cases c) people where people.person = this.id)',
    'this.id * 2 > 3',
    "this.country = 'x' -- name",
  ];
  for (const sql of FREE)
    it(`may read everything else: ${sql}`, () => {
      expect(problemsOf(fact(sql))).to.deep.equal([]);
    });

  for (const run of [
    'update cases set state = null from people p where p.id = cases.person',
    'update people set country = null',
    'delete from people where id = 1',
    'delete from cases using people p where p.id = cases.person',
  ])
    it(`may write what is not stored encrypted: ${run}`, () => {
      const derived = [{ when: 'cases', collect: 'select 1', run }];
      expect(problemsOf({ tables: BASE, edges: [], derived })).to.deep.equal([]);
    });

  it('may use the same words where no protected table is meant', () => {
    expect(problemsOf(fact('exists (select from tags name where name.name is null)', 'cases'))).to.deep.equal(
      [],
    );
  });
});

describe('the native map', () => {
  it('has no piece of SQL that reads a protected column: the server says so, too', async () => {
    const { admin, drop } = await freshDatabase({ template: await migratedTemplate(['desk']) });
    try {
      const graph = await loadMap('native', {}, '.');
      const tables = [...graph.tables.values()];
      const facts = tables.flatMap((table) =>
        [...table.facts.values()].map(({ expression }) => ({ table, expression })),
      );
      const records = tables.map((table) => ({ table, expression: table.record }));
      for (const [index, { table, expression }] of [...facts, ...records].entries())
        await admin(`create view v${index} as select ${expression} as read from ${table.sql} this`);
      const read = await admin<{ name: string }>(`
        select distinct n.nspname || '.' || t.relname || '.' || a.attname as name
        from pg_depend d join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
        join pg_class t on t.oid = d.refobjid and d.refclassid = 'pg_class'::regclass and t.relkind = 'r'
        join pg_namespace n on n.oid = t.relnamespace
        join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid`);
      const names = new Set(read.map(({ name }) => name));
      expect([...names], 'the question is one').to.include('desk.tickets.status');
      expect(protectedNames(tables).filter((name) => names.has(name))).to.deep.equal([]);
    } finally {
      await drop();
    }
  });

  it('protects what people are called and write, and nothing of Lethe’s own', async () => {
    const graph = await loadMap('native', {}, '.');
    const names = protectedNames([...graph.tables.values()]);
    expect(names).to.include.members([
      'desk.customers.email',
      'desk.messages.body',
      'desk.attachments.content',
    ]);
    expect([...graph.tables.values()].filter(isOwnTable).every((table) => table.protected === null)).to.equal(
      true,
    );
  });
});

const protectedNames = (tables: readonly MapTable[]): readonly string[] =>
  tables.flatMap(({ schema, name, protected: its }) =>
    (its?.columns ?? []).map((column) => `${schema}.${name}.${column.name}`),
  );
