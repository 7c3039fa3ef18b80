import { canonicalJson } from '../core/canonical-json.js';
import { digestOf } from '../core/digest.js';
import type { Certificate } from './certificate-facts.js';
import { certificateOf } from './certificate.js';
import type { RetentionContext } from './retention.js';

export interface CertificateCheck {
  /** It is as it was issued, and the database and the ledger say the same. */
  readonly ok: boolean;
  /** Its digest is the one of what it says. */
  readonly intact: boolean;
  /** What it says otherwise than the database and the ledger, such as `records.deleted`. */
  readonly differences: readonly string[];
  /** Actors whose names have been erased since: no difference. */
  readonly erased: readonly string[];
  /** The epoch keys have been removed since, as it said they would be: no difference. */
  readonly unreadableNow: boolean;
}

/**
 * Compares a certificate that somebody shows with the database and the ledger.
 * @throws LetheError what `certificateOf` throws
 */
export async function checkCertificate(
  context: RetentionContext,
  planId: string,
  shown: unknown,
): Promise<CertificateCheck> {
  const now = await certificateOf(context, planId);
  const erased = erasedSince(shown, now);
  const unreadableNow = hasComeTrue(shown, now);
  const differences = differencesOf(shown, now, '').filter(
    (path) =>
      path !== 'digest' &&
      !erased.some((id) => path === `people.${id}`) &&
      !(unreadableNow && COME_TRUE.includes(path)),
  );
  const intact = isIntact(shown);
  return { ok: intact && differences.length === 0, intact, differences, erased, unreadableNow };
}

/** Whether a certificate carries the digest of what it says. */
export function isIntact(shown: unknown): boolean {
  if (!isObject(shown)) return false;
  const { digest, ...facts } = shown;
  try {
    return digestOf(facts) === digest;
  } catch {
    return false;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function erasedSince(shown: unknown, { people }: Certificate): readonly string[] {
  const named = isObject(shown) && isObject(shown['people']) ? shown['people'] : {};
  return Object.keys(people).filter((id) => people[id] === null && typeof named[id] === 'string');
}

const COPIES = 'destroyedKeys.vaultCopies';
const COME_TRUE = [`${COPIES}.readable`, `${COPIES}.unreadableSince`];

/** A certificate from when copies of the vault could still be read; now they cannot. */
function hasComeTrue(shown: unknown, { destroyedKeys }: Certificate): boolean {
  const keys = isObject(shown) ? shown['destroyedKeys'] : null;
  const copies = isObject(keys) ? keys['vaultCopies'] : null;
  if (!isObject(copies) || copies['readable'] !== true || copies['unreadableSince'] !== null) return false;
  return destroyedKeys?.vaultCopies?.readable === false;
}

/** Paths at which two values differ. */
function differencesOf(shown: unknown, now: unknown, path: string): readonly string[] {
  const [left, right] = [partsOf(shown), partsOf(now)];
  if (left === null || right === null) return isSame(shown, now) ? [] : [path || 'everything'];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    differencesOf(left[key], right[key], path === '' ? key : `${path}.${key}`),
  );
}

function partsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  if (Array.isArray(value)) return Object.fromEntries(value.map((item, i) => [String(i), item as unknown]));
  return isObject(value) ? value : null;
}

function isSame(left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonicalJson(left) === canonicalJson(right);
}
