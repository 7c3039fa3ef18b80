import { canonicalJson } from '../core/canonical-json.js';
import { sha256 } from '../core/digest.js';
import type { PolicyStanding } from './publication.js';

/** What a policy file is to what is published of its policy. */
export type DraftState = 'inForce' | 'waiting' | 'changed' | 'new';

/** Compares the file's content, as JSON, with the policy's versions. */
export function draftState(content: unknown, standing: PolicyStanding | undefined): DraftState {
  const digest = sha256(canonicalJson(content));
  if (standing?.inForce?.digest === digest) return 'inForce';
  if (standing?.waiting?.digest === digest) return 'waiting';
  return standing?.inForce || standing?.waiting ? 'changed' : 'new';
}
