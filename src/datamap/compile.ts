import { canonicalJson } from '../core/canonical-json.js';
import { sha256 } from '../core/digest.js';
import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import type { Compilation, Report } from './compilation.js';
import { compileEdges } from './compile-edges.js';
import { compileSubject } from './compile-subject.js';
import { compileTables, recordsOf } from './compile-tables.js';
import { deepFreeze } from './freeze.js';
import type { DerivedData, MapGraph, MapTable, ParameterCheck } from './graph.js';
import { withOwnTables } from './merge.js';
import { checkProtectedUses } from './protected-uses.js';
import { protectedReads } from './protected-reads.js';
import type { DataMapFile } from './schema.js';
import {
  bindParameters,
  parametersOf,
  problemOfPiece,
  trimPiece,
  type ParameterValues,
} from './sql-piece.js';

export type { Report } from './compilation.js';

/**
 * Compiles a map file into its frozen graph.
 * @param own the map of Lethe's own tables, which becomes part of it; null: the ticket system's alone
 * @throws LetheError `map_invalid` with every finding at once.
 */
export function compileMap(
  theirs: DataMapFile,
  fileName: string,
  given: ParameterValues,
  own: DataMapFile | null = null,
): MapGraph {
  const problems: Problem[] = [];
  const report: Report = (path, message) => problems.push({ file: fileName, path, message });
  const file = own ? withOwnTables(theirs, own, report) : theirs;
  const values = checkedParameters(file, given, report);
  const compilation: Compilation = { file, report, piece: pieceCompiler(file, values, report) };
  const tables = compileTables(compilation);
  const edges = compileEdges(compilation, tables);
  checkProtectedUses(compilation);
  const text = canonicalJson({ map: file, parameters: values });
  const graph: MapGraph = {
    id: file.id,
    file,
    text,
    digest: sha256(text),
    tables,
    records: recordsOf(tables, report),
    edges,
    derived: compileDerived(compilation, tables),
    subject: compileSubject(compilation, tables),
    parameterChecks: compileChecks(compilation),
  };
  if (problems.length > 0) throw new LetheError('map_invalid', { problems: describeProblems(problems) });
  return deepFreeze(graph);
}

function checkedParameters(file: DataMapFile, given: ParameterValues, report: Report): ParameterValues {
  const declared = file.parameters ?? {};
  for (const name of Object.keys(given))
    if (!(name in declared)) report('parameters', `the map has no parameter "${name}"`);
  return Object.fromEntries(
    Object.entries(declared).flatMap(([name, { type }]) => {
      const value = given[name];
      if (value === undefined || value === '') {
        report(`parameters.${name}`, `needs a value: --param ${name}=… or "parameters" in lethe.json`);
        return [];
      }
      if (type === 'int' && !/^-?\d{1,15}$/.test(String(value)))
        report(`parameters.${name}`, 'must be a whole number of at most 15 digits');
      return [[name, type === 'int' ? Number(value) : String(value)]];
    }),
  );
}

function pieceCompiler(file: DataMapFile, values: ParameterValues, report: Report): Compilation['piece'] {
  const sealed = protectedReads(file);
  return (path, text, form) => {
    const problem = problemOfPiece(text, form) ?? sealed(path, text);
    if (problem) report(path, problem);
    for (const name of parametersOf(text))
      if (!(name in (file.parameters ?? {})))
        report(path, `uses :${name}, which "parameters" does not declare`);
    return bindParameters(trimPiece(text), values);
  };
}

function compileDerived(
  { file, report, piece }: Compilation,
  tables: ReadonlyMap<string, MapTable>,
): readonly DerivedData[] {
  return (file.derived ?? []).flatMap((entry, index) => {
    const path = `derived[${index}]`;
    const when = tables.get(entry.when);
    if (!when) report(`${path}.when`, `no table "${entry.when}"`);
    else if (when.key.length === 0) report(`${path}.when`, `table "${entry.when}" needs a key`);
    const collect = piece(`${path}.collect`, entry.collect, 'select');
    const run = piece(`${path}.run`, entry.run, 'write');
    return when ? [{ when, collect, run }] : [];
  });
}

const compileChecks = ({ file, piece }: Compilation): readonly ParameterCheck[] =>
  Object.entries(file.parameters ?? {}).flatMap(([parameter, { check }]) =>
    check === undefined ? [] : [{ parameter, sql: piece(`parameters.${parameter}.check`, check, 'select') }],
  );
