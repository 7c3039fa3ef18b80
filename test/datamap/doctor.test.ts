import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { grantsText } from '../../src/cli/grants.js';
import { LetheError } from '../../src/core/errors.js';
import { checkMap, requireFit, type Finding } from '../../src/datamap/check.js';
import type { Database } from '../../src/db/database.js';
import { openPostgres } from '../../src/db/postgres.js';
import { bothDatabases, freshDatabase, type FreshDatabase } from '../support/database.js';
import { COLUMNS } from './doctor-cases/columns.js';
import { INDEXES } from './doctor-cases/indexes.js';
import { KINDS } from './doctor-cases/kinds.js';
import { DDL, MAP } from './doctor-cases/map.js';
import { PIECES } from './doctor-cases/pieces.js';
import { REFERENCES } from './doctor-cases/references.js';
import { TABLES } from './doctor-cases/tables.js';
import { VALUES } from './doctor-cases/values.js';
import { mapOf, type Json } from './maps.js';

const CASES = [...TABLES, ...COLUMNS, ...REFERENCES, ...PIECES, ...KINDS, ...VALUES, ...INDEXES];

const lines = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, code, thing }) => `${severity} ${code} ${thing}`);
const merged = (map: Json = {}): Json => ({ ...MAP, ...map });
const codeOf = (work: Promise<void>): Promise<unknown> =>
  work.then(
    () => 'fits',
    (error: unknown) => (error instanceof LetheError ? error.code : error),
  );

describe('the doctor finds', () => {
  let fresh: FreshDatabase;
  let db: Database;
  before(async () => {
    fresh = await freshDatabase();
    db = await openPostgres(fresh.url);
  });
  after(async () => {
    await db.close();
    await fresh.drop();
  });

  for (const { what, ddl = '', map, parameters = {}, finds, saying } of CASES)
    it(what, async () => {
      await fresh.admin(`drop schema public cascade; create schema public; ${DDL}; ${ddl}`);
      const findings = await checkMap(db, mapOf(merged(map), parameters));
      expect(lines(findings)).to.deep.equal(finds, JSON.stringify(findings, null, 1));
      if (saying !== undefined)
        expect(`${findings[0]?.message ?? ''} ${findings[0]?.sql ?? ''}`).to.contain(saying);
      for (const { message } of findings) expect(message).not.to.match(/seven|nobody|x{61}/);
    });

  it('rights that are missing, each with its GRANT, and nothing once they are given', async () => {
    const own = await freshDatabase();
    const user = `lethe_${new URL(own.url).pathname.slice(-12)}`;
    await own.admin(
      `${DDL}; create role ${user} login password 'x'; revoke temporary on database ${new URL(own.url).pathname.slice(1)} from public`,
    );
    const limited = await openPostgres(
      Object.assign(new URL(own.url), { username: user, password: 'x' }).href,
    );
    const derived = [
      {
        when: 'tickets',
        collect: 'select 1 as n from gone',
        run: 'update people set name = null where id in (select n from collected)',
      },
    ];
    const graph = mapOf(merged({ derived }));
    try {
      const none = await checkMap(limited, graph);
      expect(new Set(none.map(({ code }) => code))).to.deep.equal(new Set(['right_missing']));
      expect(await codeOf(requireFit(limited, graph))).to.equal('map_mismatch');
      await own.admin(
        `grant select on all tables in schema public to ${user}; grant temporary on database ${new URL(own.url).pathname.slice(1)} to ${user}`,
      );
      const reading = await checkMap(limited, graph);
      expect(lines(reading))
        .to.include('error run_right_missing derived[0].run')
        .and.include('error right_missing edges[3] (notes → people)');
      expect(await codeOf(requireFit(limited, graph)), 'who only plans need not write').to.equal('fits');
      for (const { sql } of reading) if (sql !== undefined) await own.admin(sql);
      expect(await checkMap(limited, graph)).to.deep.equal([]);
    } finally {
      await limited.close();
      await own.admin(`drop owned by ${user}; drop role ${user}`);
      await own.drop();
    }
  });

  it('tables that are ignored, but read by SQL of the map', async () => {
    const own = await freshDatabase();
    const user = `lethe_${new URL(own.url).pathname.slice(-12)}`;
    await own.admin(
      `${DDL}; create table "Kinds" (id int, name text); create schema lists; create table lists.sites (name text); create table other (id int);
       insert into "Kinds" values (1, 'Ticket'); insert into lists.sites values ('here');
       create role ${user} login password 'x'`,
    );
    const kind = { object: { sql: 'select k.name from "Kinds" k where k.id = 1' } };
    const [first, second, ...rest] = MAP['edges'] as readonly Json[];
    const graph = mapOf(
      merged({
        edges: [first, { ...second, where: kind }, ...rest],
        ignoredTables: { Kinds: 'a list', 'lists.sites': 'a list', other: 'not read' },
        parameters: { site: { type: 'text', check: 'select :site in (select s.name from lists.sites s)' } },
      }),
      { site: 'here' },
    );
    const limited = await openPostgres(
      Object.assign(new URL(own.url), { username: user, password: 'x' }).href,
    );
    try {
      await own.admin(`grant select on people, tickets, notes, events, logs to ${user}`);
      const refused = (await checkMap(limited, graph)).filter(({ message }) => message.includes('it reads'));
      expect(refused.map(({ thing, message }) => `${thing}: ${message}`)).to.deep.equal([
        'edges[1] (events → tickets): this user may not run it: it reads public.Kinds',
        'parameters.site.check: this user may not run it: it reads lists.sites',
      ]);
      expect(refused[0]?.sql).to.contain(`grant select on "public"."Kinds" to "${user}";`);
      const grants = grantsText(graph);
      expect(grants).to.contain('"public"."Kinds", "lists"."sites" to lethe').and.not.contain('other');
      const reading = grants.split('\n').filter((line) => /^grant (usage|select on "public)/.test(line));
      for (const line of reading)
        if (!line.includes('"lethe"')) await own.admin(line.replace(/lethe;$/, `${user};`));
      expect(await codeOf(requireFit(limited, graph))).to.equal('fits');
    } finally {
      await limited.close();
      await own.admin(`drop owned by ${user}; drop role ${user}`);
      await own.drop();
    }
  });

  it('nothing that the hand-book does not explain', () => {
    const folder = new URL('../../src/datamap/', import.meta.url);
    const sources = readdirSync(folder).filter((file) => file.startsWith('check'));
    const text = sources.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
    const codes = new Set(
      [...text.matchAll(/(?:error|warning|hint)\)?\(\s*'([a-z_]+)'/g)].map(([, code = '']) => code),
    );
    const book = readFileSync(new URL('../../policies/data-maps/README.md', import.meta.url), 'utf8');
    expect(codes.size).to.be.greaterThan(25);
    expect([...codes].filter((code) => !book.includes(`\`${code}\``))).to.deep.equal([]);
  });
});

bothDatabases('the doctor', (open) => {
  it('leaves no trace: no table, no row, no open transaction', async () => {
    const { db, admin } = await open();
    await admin(`${DDL}; insert into people values (1, 'a', 'b')`);
    const derived = [{ when: 'people', collect: 'select id from gone', run: 'delete from people' }];
    const state = `select (select count(*) from pg_class)::int as things, (select count(*) from people)::int as people`;
    const before = await admin(state);
    await checkMap(db, mapOf(merged({ derived })));
    expect(await admin(state)).to.deep.equal(before);
  });

  it('cannot be made to write by a map', async () => {
    const { db, admin } = await open();
    await admin(
      `${DDL}; create function f() returns boolean language sql as 'delete from people returning true'; insert into people values (1, 'a', 'b')`,
    );
    const parameters = { site: { type: 'text', check: 'select f()' } };
    const findings = await checkMap(db, mapOf(merged({ parameters }), { site: 'x' }));
    expect(lines(findings)).to.deep.equal(['error piece_broken parameters.site.check']);
    expect(await admin('select id from people')).to.have.length(1);
  });

  it('plans what a guarded database would refuse to run, or says that it could not', async () => {
    const { db, admin } = await open();
    await admin(DDL);
    db.guard(['public.people']);
    const derived = [
      { when: 'tickets', collect: 'select id from gone', run: 'update people set name = null' },
    ];
    const graph = mapOf(merged({ derived }));
    expect(lines(await checkMap(db, graph))).to.deep.equal(['hint not_planned derived[0].run']);
    expect(await codeOf(requireFit(db, graph))).to.equal('fits');
  });

  it('refuses to plan over a map that does not fit, naming every reason', async () => {
    const { db, admin } = await open();
    await admin(
      `${DDL}; alter table notes rename body to text; alter table notes rename to remarks; alter table tickets drop column size`,
    );
    try {
      await requireFit(db, mapOf(MAP));
      expect.fail('it fits');
    } catch (error) {
      if (!(error instanceof LetheError)) throw error;
      expect(error.code).to.equal('map_mismatch');
      expect(error.message)
        .to.contain('tables.notes')
        .and.contain('tables.tickets.columns.size')
        .and.contain('lethe doctor');
      expect(error.message).not.to.contain('table_unmapped').and.not.contain('remarks:');
    }
  });
});
