import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MapGraph } from '../datamap/graph.js';
import { retentionJsonSchema } from '../policy/retention-schema.js';

const SHIPPED_POLICIES = fileURLToPath(new URL('../../policies/', import.meta.url));
const SCHEMA_FILE = 'retention.schema.json';

export interface Installation {
  readonly folder: string;
  /** Of lethe.json. */
  readonly path: string;
  readonly map: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly graph: MapGraph;
  /** What the installation was made for: a command without DATABASE_URL must not open an empty embedded database instead. */
  readonly database: 'postgres' | 'embedded';
  /** The vault's folder, where there is to be one. */
  readonly vault?: string;
}

/** Writes lethe.json, the policies shipped for the map, and the schema editors complete them from; returns the policies. */
export async function installFiles({
  folder,
  path,
  map,
  parameters,
  graph,
  database,
  vault,
}: Installation): Promise<readonly string[]> {
  const policies = join(folder, 'policies');
  await mkdir(policies, { recursive: true });
  await writeFile(join(policies, SCHEMA_FILE), pretty(retentionJsonSchema(graph)));
  const written: string[] = [];
  for (const name of await shippedPolicies(graph.id)) {
    const target = join(policies, name);
    if (existsSync(target)) continue; // somebody's own policy is never overwritten
    const text = await readFile(join(SHIPPED_POLICIES, graph.id, name), 'utf8');
    await writeFile(target, withSchema(text));
    written.push(name);
  }
  await writeFile(
    path,
    pretty({ map, parameters, database, policies: 'policies', ...(vault === undefined ? {} : { vault }) }),
  );
  return written;
}

async function shippedPolicies(mapId: string): Promise<readonly string[]> {
  const folder = join(SHIPPED_POLICIES, mapId);
  if (!existsSync(folder)) return [];
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith('.json')).sort();
}

/** Names the schema in the file, so that an editor finds it. */
const withSchema = (text: string): string =>
  text.includes('"$schema"') ? text : text.replace('{', `{\n  "$schema": "./${SCHEMA_FILE}",`);

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
