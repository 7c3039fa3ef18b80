import { describeProblems, type Problem } from '../../src/core/errors.js';
import { readRetentionPolicy, type RetentionPolicy } from '../../src/policy/retention-policy.js';
import type { OtherPolicy } from '../../src/publication/rivals-freed.js';
import type { Draft } from '../policy/draft.js';

/** Throws what is wrong with it. */
export function policyOf(graph: Parameters<typeof readRetentionPolicy>[0], content: Draft): RetentionPolicy {
  const problems: Problem[] = [];
  const asFile: unknown = JSON.parse(JSON.stringify(content));
  const read = readRetentionPolicy(graph, { path: 'policy', content: asFile }, problems);
  if (!read) throw new Error(describeProblems(problems));
  return read;
}

export const others = (...policies: readonly RetentionPolicy[]): readonly OtherPolicy[] =>
  policies.map((one) => ({ id: one.id, policy: one, isInForce: true }));
