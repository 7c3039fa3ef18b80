import { describeProblems, LetheError, type Problem } from '../../src/core/errors.js';
import { compileMap } from '../../src/datamap/compile.js';
import type { MapEdge, MapGraph, MapTable } from '../../src/datamap/graph.js';
import { dataMapSchema } from '../../src/datamap/schema.js';
import type { ParameterValues } from '../../src/datamap/sql-piece.js';
import { zodProblems } from '../../src/datamap/zod-problems.js';

export type Json = Readonly<Record<string, unknown>>;

/** Compiles a map given as JSON; what it does not say is empty. */
export function mapOf(content: Json, parameters: ParameterValues = {}): MapGraph {
  const whole = { kind: 'data-map', id: 'test', enforces: [], tables: {}, edges: [], ...content };
  const parsed = dataMapSchema.safeParse(whole);
  if (!parsed.success) {
    const problems: readonly Problem[] = zodProblems('map.json', parsed.error, whole);
    throw new LetheError('map_invalid', { problems: describeProblems(problems) });
  }
  return compileMap(parsed.data, 'map.json', parameters);
}

/** The findings of a map that does not compile, one a line. */
export function problemsOf(content: Json, parameters: ParameterValues = {}): readonly string[] {
  try {
    mapOf(content, parameters);
    return [];
  } catch (error) {
    if (!(error instanceof LetheError) || error.code !== 'map_invalid') throw error;
    return error.message.split('\n').map((line) => line.replace('map.json: ', ''));
  }
}

export function tableOf(graph: MapGraph, id: string): MapTable {
  const table = graph.tables.get(id);
  if (!table) throw new Error(`no table ${id}`);
  return table;
}

export function edgeOf(graph: MapGraph, index: number): MapEdge {
  const edge = graph.edges[index];
  if (!edge) throw new Error(`no edge ${index}`);
  return edge;
}
