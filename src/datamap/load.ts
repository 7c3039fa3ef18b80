import { readdir } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import { compileMap } from './compile.js';
import type { MapGraph } from './graph.js';
import { readJsonFile } from './json-file.js';
import { dataMapSchema, type DataMapFile } from './schema.js';
import type { ParameterValues } from './sql-piece.js';
import { zodProblems } from './zod-problems.js';

/** Maps shipped with Lethe; the same folder seen from src/ and from dist/. */
const SHIPPED = fileURLToPath(new URL('../../policies/data-maps/', import.meta.url));
/** No map by itself: part of every other one. */
const OWN = 'merged/lethe.json';

/** Names of the shipped maps. */
export async function shippedMaps(): Promise<readonly string[]> {
  const files = await readdir(SHIPPED);
  return files.filter((file) => file.endsWith('.json')).map((file) => basename(file, '.json'));
}

/**
 * Loads and compiles a data map, Lethe's own tables with it: a shipped one by name, any other by the path of its file
 * (relative to `folder`).
 * @throws LetheError `map_unknown`, `map_invalid` (all findings at once), `file_unreadable`
 */
export async function loadMap(
  nameOrPath: string,
  parameters: ParameterValues,
  folder: string,
): Promise<MapGraph> {
  const { path, shownAs } = await locate(nameOrPath, folder);
  const [theirs, own] = [await readMap(path, shownAs), await readMap(join(SHIPPED, OWN), OWN)];
  return compileMap(theirs, shownAs, parameters, own);
}

/** @throws LetheError `map_invalid`, `file_unreadable` */
async function readMap(path: string, shownAs: string): Promise<DataMapFile> {
  const problems: Problem[] = [];
  const content = await readJsonFile(path, shownAs, problems);
  const parsed = content === undefined ? undefined : dataMapSchema.safeParse(content);
  if (parsed && !parsed.success) problems.push(...zodProblems(shownAs, parsed.error, content));
  if (problems.length > 0 || !parsed?.success)
    throw new LetheError('map_invalid', { problems: describeProblems(problems) });
  return parsed.data;
}

async function locate(nameOrPath: string, folder: string): Promise<{ path: string; shownAs: string }> {
  if (nameOrPath.endsWith('.json')) {
    const path = isAbsolute(nameOrPath) ? nameOrPath : resolve(folder, nameOrPath);
    return { path, shownAs: nameOrPath };
  }
  const known = await shippedMaps();
  if (!known.includes(nameOrPath))
    throw new LetheError('map_unknown', { map: nameOrPath, known: known.join(', ') });
  return { path: join(SHIPPED, `${nameOrPath}.json`), shownAs: `${nameOrPath}.json` };
}
