import { readFileSync, readdirSync } from 'node:fs';
import type { Instant } from '../../src/core/instant.js';
import { describeProblems, type Problem } from '../../src/core/errors.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { loadMap } from '../../src/datamap/load.js';
import { byKind, type PoliciesByKind, type Policy } from '../../src/policy/policy.js';
import { readPolicies } from '../../src/policy/policy-set.js';
import { LANGUAGES, type Language } from '../../src/policy/languages.js';
import type { Source } from '../../src/transparency/source.js';
import { readWords, type Words } from '../../src/transparency/words.js';

export const NOW = '2026-11-21T10:00:00.000000Z' as Instant;

const FOLDERS = new URL('../../policies/', import.meta.url);

export const MAPS = ['native', 'request-tracker-5'] as const;
export const mapNamed = (name: (typeof MAPS)[number]): Promise<MapGraph> =>
  loadMap(name, name === 'native' ? {} : { organization: 'example.org' }, '.');

/** The policies an installation of a map begins with. */
export function shippedFor(graph: MapGraph, name: (typeof MAPS)[number]): PoliciesByKind {
  const problems: Problem[] = [];
  const files = [name, 'lethe'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, FOLDERS))
      .filter((file) => /^[^.]+\.json$/.test(file))
      .map((file) => ({
        path: `${folder}/${file}`,
        content: JSON.parse(readFileSync(new URL(`${folder}/${file}`, FOLDERS), 'utf8')) as unknown,
      })),
  );
  const policies = readPolicies(graph, files, problems);
  if (problems.length > 0) throw new Error(describeProblems(problems));
  return byKind(policies);
}

let native: Source | undefined;

/** What a help desk of Lethe's own begins with. */
export async function nativeSource(): Promise<Source> {
  if (!native) {
    const graph = await mapNamed('native');
    native = { graph, policies: shippedFor(graph, 'native'), asOf: NOW };
  }
  return native;
}

const words = new Map<Language, Words>();
for (const language of LANGUAGES) words.set(language, await readWords(language));
export const wordsOf = (language: Language): Words => words.get(language) as Words;

/** The source with another entry in one policy, checked by nothing: as a version of an older schema might be. */
export function withEntry(source: Source, id: string, entry: unknown): Source {
  const all = Object.values(source.policies).flat() as readonly Policy[];
  const changed = all.map((policy) => (policy.id === id ? ({ ...policy, entry } as Policy) : policy));
  return { ...source, policies: byKind(changed) };
}

/** A copy without the field: `purposes[0].says.de`. */
export function without(entry: unknown, field: string): unknown {
  const copy = structuredClone(entry);
  const parts = field.split(/[.[\]]+/).filter((part) => part !== '');
  const last = parts.pop() ?? '';
  const holder = parts.reduce((value, part) => (value as Record<string, unknown>)[part], copy);
  if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else Reflect.deleteProperty(holder as object, last);
  return copy;
}

/** Every field that holds a text, a number or a yes: `controller.name`, `purposes[0].says.de`. */
export function leavesOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one, at) => leavesOf(one, `${path}[${at}]`));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, one]) =>
      leavesOf(one, path === '' ? name : `${path}.${name}`),
    );
  return [path];
}
