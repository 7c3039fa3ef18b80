import { canonicalJson } from '../core/canonical-json.js';
import { isObject } from '../policy/json-object.js';

/** A place in a policy's file where two versions differ. */
export interface KeyChange {
  /** `when.all[0].value`; of lists, the place in the version that has it. */
  readonly path: string;
  /** Absent: it is not there. */
  readonly from?: unknown;
  readonly to?: unknown;
}

/** Where two versions of a policy differ, as values of JSON. */
export function keyChanges(from: unknown, to: unknown, path = ''): readonly KeyChange[] {
  if (from === undefined || to === undefined)
    return from === to ? [] : [{ path, ...(from === undefined ? { to } : { from }) }];
  if (canonicalJson(from) === canonicalJson(to)) return [];
  if (isObject(from) && isObject(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => keyChanges(from[key], to[key], path === '' ? key : `${path}.${key}`));
  }
  if (hasObjects(from) && hasObjects(to)) return listChanges(from, to, path);
  return [{ path, from, to }];
}

/** Conditions are compared one by one; a list of plain values reads better whole. */
const hasObjects = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.some((element) => typeof element === 'object');

/** What stands alike at both ends is left out: a condition put in front does not change all the others. */
function listChanges(from: readonly unknown[], to: readonly unknown[], path: string): readonly KeyChange[] {
  const isSame = (a: unknown, b: unknown): boolean =>
    a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b);
  const shorter = Math.min(from.length, to.length);
  let head = 0;
  while (head < shorter && isSame(from[head], to[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && isSame(from.at(-1 - tail), to.at(-1 - tail))) tail += 1;
  const places = Math.max(from.length, to.length) - head - tail;
  return Array.from({ length: places }, (_, offset) => head + offset).flatMap((at) =>
    keyChanges(
      at < from.length - tail ? from[at] : undefined,
      at < to.length - tail ? to[at] : undefined,
      `${path}[${at}]`,
    ),
  );
}
