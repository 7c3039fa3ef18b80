import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { checkMap, requireFit } from '../../src/datamap/check.js';
import { closureOf } from '../../src/datamap/closure.js';
import { readForeignKeys } from '../../src/datamap/foreign-keys.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import { throughDoor } from '../../src/db/disposal-door.js';
import { raw } from '../../src/db/sql.js';
import { actStatements, countStatements, expandClosure } from '../../src/disposal/closure-sql.js';
import { createWorkTables, workTables } from '../../src/disposal/work-tables.js';
import { checkPolicies } from '../../src/policy/policy-set.js';
import { bothDatabases } from '../support/database.js';
import { mapOf, tableOf, type Json } from './maps.js';

const README = readFileSync(new URL('../../policies/data-maps/README.md', import.meta.url), 'utf8');
const SECTION = /## A whole example\n([^]*?)\n## /.exec(README)?.[1] ?? '';
const blocks = (language: string): readonly string[] =>
  [...SECTION.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
const [ddl = '', rows = ''] = blocks('sql');
const [mapText = '', policyText = ''] = blocks('json');
const graph = mapOf(JSON.parse(mapText) as Json, { site: 'hq' });

describe('the hand-book of data maps', () => {
  it('explains every key a map can have', () => {
    const names = new Set<string>();
    const collect = (form: unknown): void => {
      if (typeof form !== 'object' || form === null) return;
      if ('properties' in form) Object.keys(form.properties as object).forEach((name) => names.add(name));
      Object.values(form).forEach(collect);
    };
    collect(z.toJSONSchema(dataMapSchema, { io: 'input', unrepresentable: 'any' }));
    const unexplained = [...names].filter(
      (name) => !new RegExp(`[\`"]${name.replace('$', '\\$')}[\`"]`).test(README),
    );
    expect(names.size).to.be.greaterThan(40);
    expect(unexplained).to.deep.equal([]);
  });

  it('has an example whose policy fits its map', () => {
    const problems: [] = [];
    const { retention: policies } = checkPolicies(
      graph,
      [{ path: 'policy.json', content: JSON.parse(policyText) as Json }],
      problems,
    );
    expect(problems).to.deep.equal([]);
    expect(policies.map(({ id }) => id)).to.deep.equal(['done-cases']);
  });
});

bothDatabases('the example of the hand-book', (open) => {
  it('fits the database made from its DDL, empty and filled: no errors, no warnings', async () => {
    const { db, admin } = await open();
    await admin(ddl);
    const findings = [...(await checkMap(db, graph))];
    await admin(rows);
    findings.push(...(await checkMap(db, graph)));
    expect(findings.filter(({ severity }) => severity !== 'hint')).to.deep.equal([]);
    await requireFit(db, graph);
  });

  it('takes with a case the rows that the text says, and leaves the others', async () => {
    const { db, admin } = await open();
    await admin(ddl + rows);
    const closure = closureOf(graph, tableOf(graph, 'cases'));
    const work = workTables(graph);
    const counts: Record<string, number> = {};
    await throughDoor(db, async (tx) => {
      await tx.script(createWorkTables(work, closure));
      await tx.script(`insert into ${work.gone(closure.root)} values (1)`);
      await expandClosure(tx, work, closure);
      for (const { table, sql } of countStatements(work, closure))
        counts[table.id] = Number((await tx.query<{ rows: string }>(raw(sql))).rows[0]?.rows);
      const foreignKeys = await readForeignKeys(tx);
      for (const { sql } of actStatements(work, closure, foreignKeys)) await tx.script(sql);
    });
    expect(counts).to.deep.equal({
      cases: 2,
      notes: 2,
      files: 2,
      blobs: 1,
      history: 2,
      watchers: 1,
      search_index: 2,
    });
    expect(Object.values(counts).reduce((sum, count) => sum + count)).to.equal(12);
    expect(await admin('select id from cases')).to.deep.equal([{ id: 3 }]);
    expect(await admin('select name from files')).to.deep.equal([{ name: 'photo.jpg' }]);
    expect(await admin('select digest from blobs')).to.deep.equal([{ digest: 'bb' }]);
    expect(await admin('select object from history order by 1')).to.deep.equal([
      { object: 'Person' },
      { object: 'Settings' },
    ]);
    expect(await admin('select open_cases from people order by id')).to.deep.equal([
      { open_cases: 1 },
      { open_cases: 0 },
    ]);
  });
});
