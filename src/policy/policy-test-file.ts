import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { didYouMean } from '../core/did-you-mean.js';
import { LetheError, type Problem } from '../core/errors.js';
import { parseInstant, type Instant } from '../core/instant.js';
import { systemReason } from '../core/system-reason.js';
import type { MapGraph, MapTable } from '../datamap/graph.js';
import { readJsonFile } from '../datamap/json-file.js';
import { zodProblems } from '../datamap/zod-problems.js';
import { entriesOf, isObject } from './json-object.js';
import { readFacts } from './policy-test-facts.js';
import {
  policyTestSchema,
  type MomentEntry,
  type Outcome,
  type PolicyTestEntry,
} from './policy-test-schema.js';
import type { FactValues } from './predicate.js';
import type { PolicyFile } from './checked-entry.js';

/** A policy test, its facts checked against the data map. */
export interface PolicyTest {
  /** As the user would write the path. */
  readonly file: string;
  readonly title: string;
  /** Ids of the policies in force; null: all there are. */
  readonly policies: readonly string[] | null;
  readonly fixtures: ReadonlyMap<string, Fixture>;
  readonly moments: readonly Moment[];
}

export interface Fixture {
  readonly table: MapTable;
  readonly facts: FactValues;
}

/** The policies asked at one instant. */
export interface Moment {
  /** Where it stands in the file. */
  readonly path: string;
  readonly title: string | null;
  readonly now: Instant;
  readonly expect: ReadonlyMap<string, Expectation>;
}

export interface Expectation {
  readonly outcome: Outcome;
  readonly by?: string;
  readonly due?: Instant;
  readonly protectedBy?: string;
}

type Report = (path: string, message: string) => void;

/** Reads the named test files, or all of a folder (`*.test.json`); syntax findings go to `problems`. */
export async function readTestFiles(
  folder: string,
  shownAs: string,
  named: readonly string[],
  problems: Problem[],
): Promise<readonly PolicyFile[]> {
  const paths =
    named.length > 0
      ? named.map((path) => ({ path, shown: path }))
      : (await testNames(folder, shownAs)).map((name) => ({
          path: join(folder, name),
          shown: `${shownAs}/${name}`,
        }));
  const files: PolicyFile[] = [];
  for (const { path, shown } of paths) {
    const content = await readJsonFile(path, shown, problems);
    if (content !== undefined) files.push({ path: shown, content });
  }
  return files;
}

/** Whether a file name is that of a policy test. */
export const isTestName = (name: string): boolean => name.endsWith('.test.json');

async function testNames(folder: string, shownAs: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter(isTestName).sort();
  } catch (error) {
    throw new LetheError('file_unreadable', { path: shownAs, reason: systemReason(error) });
  }
}

/**
 * Reads one test against the map and the ids of the policies. Findings go to `problems`; the result is null when there was
 * one.
 */
export function readPolicyTest(
  graph: MapGraph,
  ids: readonly string[],
  { path: file, content }: PolicyFile,
  problems: Problem[],
): PolicyTest | null {
  const before = problems.length;
  const report: Report = (path, message) => void problems.push({ file, path, message });
  const parsed = policyTestSchema.safeParse(content);
  if (!parsed.success) problems.push(...zodProblems(file, parsed.error, content, policyTestSchema));
  // as for policies: what follows does not wait for the file to have the right form
  const draft = entriesOf(content);
  checkForm(draft, report);
  checkPolicies(draft['policies'], ids, report);
  const fixtures = readFixtures(graph, draft['fixtures'], report);
  if (problems.length > before || !parsed.success) return null;
  const { title, policies = null } = parsed.data;
  const moments = momentsOf(parsed.data).map((moment) =>
    readMoment(moment, fixtures, policies ?? ids, report),
  );
  return problems.length > before ? null : { file, title, policies, fixtures, moments };
}

function checkForm(draft: ReturnType<typeof entriesOf>, report: Report): void {
  const hasOne = draft['now'] !== undefined || draft['expect'] !== undefined;
  if (draft['cases'] !== undefined && hasOne)
    report('', 'has "cases" besides "now" and "expect"; put them all into "cases"');
  else if (draft['cases'] === undefined && (draft['now'] === undefined || draft['expect'] === undefined))
    report('', 'needs "now" and "expect", or "cases" with both in each');
}

function checkPolicies(named: unknown, ids: readonly string[], report: Report): void {
  for (const [index, id] of (Array.isArray(named) ? named : []).entries())
    if (typeof id === 'string' && !ids.includes(id))
      report(`policies[${index}]`, `no policy "${id}"${didYouMean(id, ids)}`);
}

function readFixtures(graph: MapGraph, entry: unknown, report: Report): ReadonlyMap<string, Fixture> {
  const fixtures = new Map<string, Fixture>();
  if (isObject(entry) && Object.keys(entry).length === 0)
    report('fixtures', 'has no record: nothing is tested');
  for (const [name, facts] of Object.entries(entriesOf(entry))) {
    const at = `fixtures["${name}"]`;
    const table = tableOf(graph, name, (message) => {
      report(at, message);
    });
    if (table && isObject(facts)) fixtures.set(name, { table, facts: readFacts(table, facts, at, report) });
  }
  return fixtures;
}

function tableOf(graph: MapGraph, name: string, report: (message: string) => void): MapTable | null {
  const [, record = ''] = /^([^/]+)\/./.exec(name) ?? [];
  const table = graph.records.get(record);
  if (table) return table;
  report(
    record === ''
      ? 'write a record like ticket/77 or ticket/paid'
      : `the data map "${graph.id}" has no record "${record}"${didYouMean(record, [...graph.records.keys()])}`,
  );
  return null;
}

interface PlacedMoment {
  readonly path: string;
  readonly entry: MomentEntry;
}

function momentsOf({ now, expect, cases }: PolicyTestEntry): readonly PlacedMoment[] {
  if (cases) return cases.map((entry, index) => ({ path: `cases[${index}]`, entry }));
  return now === undefined || expect === undefined ? [] : [{ path: '', entry: { now, expect } }];
}

function readMoment(
  { path, entry }: PlacedMoment,
  fixtures: ReadonlyMap<string, Fixture>,
  ids: readonly string[],
  report: Report,
): Moment {
  const expect = new Map<string, Expectation>();
  for (const [name, wanted] of Object.entries(entry.expect)) {
    const at = `${path === '' ? '' : `${path}.`}expect["${name}"]`;
    const known = [...fixtures.keys()];
    if (!fixtures.has(name)) report(at, `no fixture of this name${didYouMean(name, known)}`);
    expect.set(name, readExpectation(wanted, at, ids, report));
  }
  return { path, title: entry.title ?? null, now: instantOf(entry.now), expect };
}

function readExpectation(
  wanted: MomentEntry['expect'][string],
  at: string,
  ids: readonly string[],
  report: Report,
): Expectation {
  if (typeof wanted === 'string') return { outcome: wanted };
  const { outcome, by, due, protectedBy } = wanted;
  for (const [key, id] of Object.entries({ by, protectedBy }))
    if (id !== undefined && !ids.includes(id))
      report(`${at}.${key}`, `"${id}" is none of the policies of this test${didYouMean(id, ids)}`);
  if (protectedBy !== undefined && outcome !== 'keep')
    report(`${at}.protectedBy`, 'goes with "outcome": "keep" alone');
  if (due !== undefined && outcome === 'conflict') report(`${at}.due`, 'does not go with a conflict');
  return {
    outcome,
    ...(by === undefined ? {} : { by }),
    ...(due === undefined ? {} : { due: instantOf(due) }),
    ...(protectedBy === undefined ? {} : { protectedBy }),
  };
}

/** The schema has made sure that it is one. */
const instantOf = (text: string): Instant => parseInstant(text) as Instant;
