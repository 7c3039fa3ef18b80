import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkMap, type Finding } from '../../src/datamap/check.js';
import { closureOf } from '../../src/datamap/closure.js';
import { compileMap } from '../../src/datamap/compile.js';
import { guardedTables, isOwnTable, type MapGraph, type MapTable } from '../../src/datamap/graph.js';
import { readJsonFile } from '../../src/datamap/json-file.js';
import { loadMap, shippedMaps } from '../../src/datamap/load.js';
import { dataMapSchema, type DataMapFile } from '../../src/datamap/schema.js';
import type { LetheError, Problem } from '../../src/core/errors.js';
import { migrate } from '../../src/db/migrate.js';
import { grantsText } from '../../src/cli/grants.js';
import { checkPolicies, readPolicyFiles } from '../../src/policy/policy-set.js';
import { bothDatabases } from '../support/database.js';
import type { Json } from './maps.js';

const path = (name: string): string => fileURLToPath(new URL(`../../policies/${name}`, import.meta.url));
const own = async (): Promise<DataMapFile> =>
  dataMapSchema.parse(await readJsonFile(path('data-maps/merged/lethe.json'), 'lethe.json', []));

const MAP = {
  kind: 'data-map',
  id: 'small',
  schema: 'desk',
  enforces: [],
  tables: { tickets: { key: { id: 'bigint' }, concept: 'ticket' } },
  edges: [],
};

/** A ticket system's map with Lethe's own tables. */
const withOwn = async (map: Json): Promise<MapGraph> =>
  compileMap(dataMapSchema.parse({ ...MAP, ...map }), 'small.json', {}, await own());

const lines = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, code, thing }) => `${severity} ${code} ${thing}`);

bothDatabases("the map of Lethe's own tables", (open) => {
  it('has an answer for every table and column that the migrations make, and fits them', async () => {
    const { db } = await open();
    await migrate(db, ['desk']);
    const findings = (await checkMap(db, await loadMap('native', {}, '.'))).filter(({ thing, message }) =>
      /lethe/.test(thing + message),
    );
    expect(lines(findings)).to.deep.equal([]);
  });

  it('is missing nothing that a later migration adds without mapping it', async () => {
    const { db, admin } = await open();
    await migrate(db, ['desk']);
    await admin(`create table lethe.later (id text primary key); alter table lethe.plan add note text`);
    const findings = lines(await checkMap(db, await loadMap('native', {}, '.')));
    expect(findings).to.include('error table_unmapped lethe.later');
    expect(findings).to.include('error column_unmapped lethe.plan.note');
  });

  it('is not asked about before there is a schema "lethe"', async () => {
    const { db, admin } = await open();
    await admin('create schema desk; create table desk.tickets (id bigint primary key)');
    expect(lines(await checkMap(db, await withOwn({})))).to.deep.equal([]);
  });
});

describe("Lethe's own tables in every map", () => {
  const concepts = ['lethe-plan', 'lethe-job', 'lethe-protection', 'lethe-subject-record', 'lethe-actor'];

  it('are records of each shipped map, and part of its digest', async () => {
    const maps = { native: {}, 'request-tracker-5': { organization: 'lab.example' } };
    expect(await shippedMaps()).to.have.members(Object.keys(maps));
    for (const [name, parameters] of Object.entries(maps)) {
      const graph = await loadMap(name, parameters, '.');
      expect([...graph.records.keys()]).to.include.members(concepts);
      const file = dataMapSchema.parse(await readJsonFile(path(`data-maps/${name}.json`), name, []));
      expect(compileMap(file, name, parameters).digest).to.not.equal(graph.digest);
      expect(graph.text).to.contain('lethe.swept_parent');
    }
  });

  it('stay out of the closures of a ticket system, and its tables out of theirs', async () => {
    const graph = await loadMap('native', {}, '.');
    for (const table of graph.records.values()) {
      const { tables, clears } = closureOf(graph, table);
      const reached: readonly MapTable[] = [...tables, ...clears.map(({ child }) => child)];
      expect(new Set(reached.map(isOwnTable)), table.id).to.deep.equal(new Set([isOwnTable(table)]));
    }
  });

  it('are not guarded as the ticket system’s are: their stores write them', async () => {
    const guarded = guardedTables(await loadMap('native', {}, '.'));
    expect(guarded).to.include('desk.tickets');
    expect(guarded.filter((table) => table.startsWith('lethe.'))).to.deep.equal([]);
  });

  it('may lose rows only where a disposal or the sealer takes them: the grants name no other', async () => {
    const text = grantsText(await loadMap('native', {}, '.'));
    const [granted = ''] = text.split('\n').filter((line) => line.startsWith('grant delete'));
    const names = [...granted.matchAll(/"lethe"\."(\w+)"/g)].map(([, name = '']) => name);
    expect(names.filter((name) => !name.startsWith('ledger_')).sort()).to.deep.equal(
      'access_agreement access_case access_log approval blind_index break_glass call call_event call_participant chunk consent consent_event data_key exception job plan protection quarantine rectification sensitive subject_record swept_parent task ticket_proof token training'.split(
        ' ',
      ),
    );
    expect(text.match(/"lethe"\."plan"/g), 'named once').to.have.length(1);
  });

  const refused: Readonly<Record<string, [Json, string]>> = {
    'a table id': [{ tables: { 'lethe-note': {} } }, 'tables.lethe-note: names that begin with "lethe-" are'],
    'a record name': [
      { tables: { plans: { key: { id: 'int' }, concept: 'lethe-plan' } } },
      'tables.plans.concept: names that begin with "lethe-" are',
    ],
    'a table of theirs': [{ tables: { plans: { table: 'lethe.plan' } } }, 'tables.plans: schema "lethe" is'],
    'their schema': [{ schema: 'lethe' }, 'tables.tickets: schema "lethe" is'],
    'a table of theirs to ignore': [
      { ignoredTables: { 'lethe.plan': 'not ours' } },
      'ignoredTables.lethe.plan: schema "lethe" is',
    ],
    'the id of their map': [{ id: 'lethe' }, 'id: "lethe" is the map of'],
  };
  for (const [what, [map, finding]] of Object.entries(refused))
    it(`keep their names: ${what} in a ticket system's map is refused`, async () => {
      const error = await withOwn(map).then(
        () => expect.fail('nothing was refused'),
        (reason: unknown) => reason as LetheError,
      );
      expect(error.code).to.equal('map_invalid');
      expect(error.message).to.contain(`small.json: ${finding}`);
    });

  it('cannot be deleted where others rest on them: actors, persons, versions, publications', async () => {
    const graph = await loadMap('native', {}, '.');
    const kept = [...graph.tables.values()].filter(isOwnTable).filter(({ forbidsDelete }) => forbidsDelete);
    expect(kept.map(({ id }) => id).sort()).to.deep.equal(
      'actor publication publication-approval subject version'.split(' ').map((name) => `lethe-${name}`),
    );
  });
});

describe("the rules for Lethe's own records", () => {
  it('are sound over every shipped map, each about records of its own or told apart by its test', async () => {
    for (const name of await shippedMaps()) {
      const graph = await loadMap(name, name === 'native' ? {} : { organization: 'lab.example' }, '.');
      const problems: Problem[] = [];
      const files = await readPolicyFiles(path('lethe'), 'lethe', problems);
      const { retention: policies } = checkPolicies(graph, files, problems);
      expect(problems).to.deep.equal([]);
      expect(policies.every(({ table, action }) => isOwnTable(table) && action === 'delete')).to.equal(true);
      const records = policies.map(({ table }) => table.id).sort();
      expect(records).to.deep.equal(
        'access-agreement access-case access-log break-glass call call consent data-key job plan plan protection quarantine rectification sensitive subject-record task ticket-proof token training'
          .split(' ')
          .map((record) => `lethe-${record}`),
      );
    }
  });
});
