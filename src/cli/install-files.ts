import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OWN_SCHEMA, type MapGraph } from '../datamap/graph.js';
import { isTestName } from '../policy/policy-test-file.js';
import { entriesOf } from '../policy/json-object.js';
import { policyJsonSchema } from '../policy/json-schema.js';
import { isKind, POLICY_KINDS, type PolicyKind } from '../policy/policy.js';
import { policyTestJsonSchema } from '../policy/policy-test-schema.js';

const SHIPPED_POLICIES = fileURLToPath(new URL('../../policies/', import.meta.url));
/** Beside lethe.json. */
export const POLICIES_FOLDER = 'policies';
const schemaFile = (kind: PolicyKind): string => `${kind}.schema.json`;
const TEST_SCHEMA_FILE = 'policy-test.schema.json';

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
  /** `keys`, where something is to be stored encrypted. */
  readonly keys?: object;
}

/** Writes lethe.json, the policies shipped for the map, and the schemas editors complete them from; returns the policies. */
export async function installFiles({
  folder,
  path,
  map,
  parameters,
  graph,
  database,
  vault,
  keys,
}: Installation): Promise<readonly string[]> {
  const policies = join(folder, POLICIES_FOLDER);
  await mkdir(policies, { recursive: true });
  for (const kind of POLICY_KINDS)
    await writeFile(join(policies, schemaFile(kind)), pretty(policyJsonSchema(graph, kind)));
  await writeFile(join(policies, TEST_SCHEMA_FILE), pretty(policyTestJsonSchema(graph)));
  const written: string[] = [];
  for (const shipped of await shippedPolicies(graph.id)) {
    const name = basename(shipped);
    const target = join(policies, name);
    if (existsSync(target)) continue; // somebody's own policy is never overwritten
    const text = await readFile(shipped, 'utf8');
    await writeFile(target, withSchema(text, isTestName(name) ? TEST_SCHEMA_FILE : schemaFile(kindOf(text))));
    if (!isTestName(name)) written.push(name);
  }
  await writeFile(
    path,
    pretty({
      map,
      parameters,
      database,
      policies: POLICIES_FOLDER,
      ...(vault === undefined ? {} : { vault }),
      ...(keys === undefined ? {} : { keys }),
    }),
  );
  return written;
}

/** Files of the policies, and of their tests, for the map and for Lethe's own records, which are in every map. */
async function shippedPolicies(mapId: string): Promise<readonly string[]> {
  const folders = [mapId, OWN_SCHEMA].map((name) => join(SHIPPED_POLICIES, name)).filter(existsSync);
  const files = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).sort().map((name) => join(folder, name))),
  );
  return files.flat().filter((file) => file.endsWith('.json'));
}

function kindOf(text: string): PolicyKind {
  const { kind } = entriesOf(JSON.parse(text));
  return typeof kind === 'string' && isKind(kind) ? kind : 'retention';
}

/** Names the schema in the file, so that an editor finds it. */
const withSchema = (text: string, schema: string): string =>
  text.includes('"$schema"') ? text : text.replace('{', `{\n  "$schema": "./${schema}",`);

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
