import { describeProblems, type Problem } from '../../src/core/errors.js';
import type { MapGraph } from '../../src/datamap/graph.js';
import { parseJson } from '../../src/datamap/json-file.js';
import { loadMap } from '../../src/datamap/load.js';
import { checkPolicies } from '../../src/policy/policy-set.js';

export const nativeMap = (): Promise<MapGraph> => loadMap('native', {}, '.');

export type Draft = Record<string, unknown>;

/** A policy with nothing wrong, and the changes a test makes; undefined takes a key away. */
export function draft(changes: Draft = {}): Draft {
  const right = {
    kind: 'retention',
    id: 'resolved',
    title: 'Resolved tickets: three years',
    record: 'ticket',
    activity: 'support',
    ground: 'claims',
    reason: 'Limitation of contract claims',
    when: { fact: 'status', operator: 'equal', value: 'resolved' },
    keep: { for: 'P3Y', from: 'closedAt', timeZone: 'Europe/Berlin' },
    then: { action: 'delete' },
  };
  return { ...right, ...changes };
}

/** What is wrong with the files, one line a finding, as `lethe policy check` prints it. */
export async function findings(...files: readonly (Draft | string)[]): Promise<readonly string[]> {
  const problems: Problem[] = [];
  const texts = files.map((file) => (typeof file === 'string' ? file : JSON.stringify(file)));
  const read = texts.flatMap((text, index) => {
    const path = `policies/${String.fromCharCode('a'.charCodeAt(0) + index)}.json`;
    const content = parseJson(text, path, problems);
    return content === undefined ? [] : [{ path, content }];
  });
  checkPolicies(await nativeMap(), read, problems);
  return problems.length === 0 ? [] : describeProblems(problems).split('\n');
}

/** The findings of one condition, without the file's name. */
export async function conditionFindings(when: unknown): Promise<readonly string[]> {
  const lines = await findings(draft({ when }));
  return lines.map((line) => line.replace('policies/a.json: ', ''));
}
