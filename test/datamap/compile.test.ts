import { expect } from 'chai';
import { mapOf, problemsOf, tableOf, type Json } from './maps.js';

const tickets = { key: { id: 'int' }, concept: 'ticket' };

describe('a data map', () => {
  it('reports everything that is wrong with it at once, each with its path', () => {
    const problems = problemsOf({
      parameters: { site: { type: 'text' }, no: { type: 'int' } },
      everyTable: { columns: { made: { type: 'int', column: 'created' } } },
      tables: {
        tickets: {
          ...tickets,
          record: 'this.a = :sight',
          columns: {
            at: { type: 'timestamp' },
            day: { type: 'date', zone: 'Europe/Bonn' },
            n: { type: 'int', zone: 'UTC', fold: 'ascii' },
            body: { type: 'text', decode: ['base64'] },
            doc: { type: 'json' },
          },
          facts: { a: { column: 'nope' }, b: { column: 'body' }, c: { column: 'doc' } },
        },
        others: { table: 'tickets', concept: 'ticket' },
        users: { key: { id: 'int' }, forbids: { delete: 'everything refers to it' } },
        leaf: {},
      },
      ignoredTables: { 'public.leaf': 'not needed' },
      edges: [
        { child: 'nowhere', parent: 'nobody', on: { a: 'b' }, then: 'delete' },
        { child: 'leaf', parent: 'leaf', on: { a: { sql: '1; 2' } }, then: 'delete', lastParent: true },
        {
          child: 'leaf',
          parent: 'tickets',
          on: { a: 'id', b: 'id' },
          via: [{ table: 'link', child: 'x', parent: 'y' }],
          then: 'keep',
          reason: 'because',
        },
        { child: 'users', parent: 'tickets', on: { id: 'id' }, where: { a: { in: 'true' } }, then: 'delete' },
      ],
      derived: [
        { when: 'leaf', collect: 'update t set a = 1', run: 'select 1' },
        { when: 'none', collect: 'select 1', run: 'update t set a = 1' },
      ],
      subject: {
        record: 'users',
        key: 'login',
        identifiers: [
          { kind: 'email', table: 'mails', column: 'a' },
          { kind: 'email', table: 'leaf', column: 'a' },
        ],
        edges: [{ as: 'author', child: 'mails', on: { a: 'id' } }],
      },
    });
    expect(problems.map((line) => line.replace(/: .*/, ''))).to.have.members([
      'parameters.site',
      'parameters.no',
      'everyTable.columns.made.column',
      'tables.tickets.record',
      'tables.tickets.columns.at.zone',
      'tables.tickets.columns.day.zone',
      'tables.tickets.columns.n.zone',
      'tables.tickets.columns.n.fold',
      'tables.tickets.facts.a.column',
      'tables.tickets.facts.b.column',
      'tables.tickets.facts.c.column',
      'tables.others',
      'tables.others.table',
      'tables.others.concept',
      'ignoredTables.public.leaf',
      'edges[0].child',
      'edges[0].parent',
      'edges[1].on.a',
      'edges[1].on.a',
      'edges[1].parent',
      'edges[1].child',
      'edges[2].on',
      'edges[2].via[0].table',
      'edges[3].child',
      'edges[3].where.a.in',
      'derived[0].when',
      'derived[0].collect',
      'derived[0].run',
      'derived[1].when',
      'subject.record',
      'subject.key',
      'subject.identifiers[0].table',
      'subject.identifiers[1].owner',
      'subject.edges[0].child',
    ]);
  });

  const malformed: readonly (readonly [string, Json, string])[] = [
    ['an unknown key', { tabels: {} }, ': unknown key "tabels"'],
    ['a wrong kind', { kind: 'map' }, 'kind: must be "data-map"'],
    [
      'a column type nobody knows',
      { tables: { t: { columns: { a: { type: 'txt' } } } } },
      'tables.t.columns.a.type: must be one of',
    ],
    [
      'a fact of no form',
      { tables: { t: { facts: { a: { col: 'x' } } } } },
      'tables.t.facts.a.column: is missing',
    ],
    [
      'a fact of an unknown type',
      { tables: { t: { facts: { a: { type: 'date', sql: 'x' } } } } },
      'tables.t.facts.a.type: must be one of',
    ],
    ['SQL that is a number', { tables: { t: { record: 1 } } }, 'tables.t.record: must be SQL'],
    [
      'an edge that matches nothing',
      { edges: [{ child: 'a', parent: 'b', on: {}, then: 'delete' }] },
      'edges[0].on: name at least one',
    ],
    ['an edge without an answer', { edges: [{ child: 'a', parent: 'b', on: { a: 'b' } }] }, 'edges[0].then:'],
    [
      'a keep without a reason',
      { edges: [{ child: 'a', parent: 'b', on: { a: 'b' }, then: 'keep' }] },
      'edges[0].reason: is missing',
    ],
    [
      'a condition of no form',
      { edges: [{ child: 'a', parent: 'b', on: { a: 'b' }, where: { c: { sqll: 'x' } }, then: 'delete' }] },
      'edges[0].where.c.sql: is missing',
    ],
  ];
  for (const [what, content, expected] of malformed)
    it(`with ${what} says so`, () => {
      expect(
        problemsOf(content).some(
          (line) => line.startsWith(expected.replace(/^: /, '')) || line.includes(expected),
        ),
      ).to.equal(true, problemsOf(content).join('\n'));
    });

  it('names its own parameters only, and needs them all', () => {
    const content = { parameters: { n: { type: 'int' } } };
    expect(problemsOf(content, { n: '7', m: 'x' })).to.deep.equal([
      'parameters: the map has no parameter "m"',
    ]);
    expect(problemsOf(content, { n: '7.5' })[0]).to.contain('parameters.n: must be a whole number');
    expect(problemsOf(content, { n: '' })[0]).to.contain('parameters.n: needs a value');
    expect(problemsOf(content, { n: 7 })).to.deep.equal([]);
  });

  it('is the same map whether a piece of SQL is one string or a list of its lines', () => {
    const one = mapOf({ tables: { t: { ...tickets, record: 'this.a = 1\nor this.b = 2' } } });
    const lines = mapOf({ tables: { t: { ...tickets, record: ['this.a = 1', 'or this.b = 2'] } } });
    expect(lines.digest).to.equal(one.digest);
    expect(tableOf(lines, 't').record).to.equal('(this.a = 1\nor this.b = 2)');
  });

  it('keeps its parenthesis when a piece ends in a comment', () => {
    const graph = mapOf({ tables: { t: { ...tickets, record: ['this.a = 1', '-- merged rows are none'] } } });
    expect(tableOf(graph, 't').record).to.equal('(this.a = 1)');
  });

  it('has another digest with another parameter value', () => {
    const content = { parameters: { site: { type: 'text' } } };
    expect(mapOf(content, { site: 'a' }).digest).not.to.equal(mapOf(content, { site: 'b' }).digest);
  });

  it('takes SQL names as given and quotes them', () => {
    const graph = mapOf({
      schema: 'crm',
      tables: {
        t: { table: 'Odd"Name', columns: { a: { type: 'int', column: 'A b' } } },
        u: { table: 'x.y' },
      },
    });
    expect(tableOf(graph, 't').sql).to.equal('"crm"."Odd""Name"');
    expect(tableOf(graph, 't').columns.get('a')?.sql).to.equal('"A b"');
    expect(tableOf(graph, 'u').sql).to.equal('"x"."y"');
  });

  it('cannot be changed once it is compiled', () => {
    const graph = mapOf({
      tables: { t: { ...tickets, columns: { a: { type: 'int' } } } },
      edges: [{ child: 't', parent: 't', on: { a: 'id' }, where: { b: ['x'] }, then: 'delete' }],
    });
    const changes = [
      () => Object.assign(graph, { id: 'x' }),
      () => Object.assign(graph.file, { id: 'x' }),
      () => (graph.tables as Map<string, unknown>).set('x', 1),
      () => (graph.tables as Map<string, unknown>).delete('t'),
      () => {
        (tableOf(graph, 't').columns as Map<string, unknown>).clear();
      },
      () => Object.assign(tableOf(graph, 't'), { sql: 'x' }),
      () => (graph.edges as unknown[]).push(1),
      () => (graph.edges[0]?.where as unknown[]).pop(),
    ];
    for (const change of changes) expect(change).to.throw(TypeError);
  });
});
