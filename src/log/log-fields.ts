import { basename, isAbsolute } from 'node:path';
import { ERROR_CODES } from '../core/error-codes.js';
import { LetheError } from '../core/errors.js';

export const REDACTED = '[redacted]';

/** What a line may hold, and nothing else. */
export type LogFields = Readonly<Record<string, string | number>>;

/** What is shown of a value; null: nothing. */
type Shown = (value: unknown) => string | number | null;

const text =
  (pattern: RegExp): Shown =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? value : null;
const oneOf =
  (...words: readonly string[]): Shown =>
  (value) =>
    typeof value === 'string' && words.includes(value) ? value : null;
/** An id as newId makes it: ten letters of its alphabet, so that no word and no address passes. */
const id = (prefix: string): Shown => text(new RegExp(`^${prefix}-[23456789abcdefghjkmnpqrstuvwxyz]{10}$`));
const count: Shown = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const instant = text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,6})?Z$/);
const code: Shown = (value) =>
  typeof value === 'string' && Object.hasOwn(ERROR_CODES, value) ? value : null;

/** Of keys and epochs: drawn at random, they say nothing of whose they are. */
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const uuid = text(new RegExp(`^${UUID}$`));
/** As damagedKeys counts and names them. */
const DAMAGED = `\\d+ under epoch ${UUID} \\(${UUID}(?:, ${UUID})*(?:, …)?\\)`;
/** Host and name of a database: who logs in there, and with what, has no place in it. */
const database = text(/^database (?:[\w.-]{0,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?\/[\w-]{1,63}$/);
/** Of a path its last name: the folders above may be named after whoever works there. */
const lastName: Shown = (value) => {
  if (typeof value !== 'string' || !isAbsolute(value)) return null;
  const name = basename(value);
  return /^[\w.-]{1,64}$/.test(name) ? `…/${name}` : null;
};

/**
 * The names a line knows, and what is shown of each. A policy's id is its author's own word; everything else is made by Lethe.
 * Free text has no shape, so it has no name.
 */
const SHOWN: Readonly<Record<string, Shown>> = {
  worker: id('worker'),
  policy: text(/^[a-z0-9][a-z0-9-]{0,62}$/),
  plan: id('plan'),
  job: id('job'),
  slot: instant,
  until: instant,
  code,
  epoch: uuid,
  key: uuid,
  damaged: text(new RegExp(`^${DAMAGED}(?:; ${DAMAGED})*$`)),
  place: (value) => database(value) ?? lastName(value),
  file: lastName,
  sqlstate: text(/^[0-9A-Z]{5}$/),
  state: oneOf(
    'open',
    'waiting',
    'applying',
    'incomplete',
    'planned',
    'done',
    'skipped',
    'failed',
    'withdrawn',
  ),
  outcome: (value) => oneOf('done', 'resting', 'stopped')(value) ?? code(value),
  setting: oneOf('window', 'rowsPerSecond', 'replicationLagSeconds', 'lockWaits'),
  // of an HTTP route its pattern, never the address that was asked for
  route: text(/^[A-Z]{3,8} (\/[a-z:.-]{0,40}){1,8}$/),
  status: count,
  items: count,
  taken: count,
  busy: count,
  given: count,
  needed: count,
  entries: count,
  blocks: count,
  keys: count,
  epochs: count,
  people: count,
  seconds: count,
  attempts: count,
};

/** One field of the line for everything whose name is not known: the name itself may be somebody's. */
const OTHER = 'other';

/**
 * The fields that may be written: a known name with a value of its shape passes, a known name with anything else is
 * redacted, an unknown name is redacted together with its value. Nothing of a value is called: no `toJSON`, no getter.
 */
export function allowed(fields: object): LogFields {
  const passed: Record<string, string | number> = {};
  for (const name of Reflect.ownKeys(fields)) {
    const shown = typeof name === 'string' && Object.hasOwn(SHOWN, name) ? SHOWN[name] : undefined;
    const value: unknown = Object.getOwnPropertyDescriptor(fields, name)?.value;
    if (typeof name !== 'string' || !shown) passed[OTHER] = REDACTED;
    else passed[name] = shown(value) ?? REDACTED;
  }
  return passed;
}

/** One frame of a stack: of it the file's name, line and column are shown. */
const FRAME = /^\s*at .*?([\w.-]{1,60}:\d+:\d+)\)?$/;
const MOST_FRAMES = 8;

/** What may be said of an error: of ours its code and our words, of any other only where it happened. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly at?: readonly string[];
}

export function shownError(error: unknown): ShownError {
  if (error instanceof LetheError) return { code: error.code, message: ourWords(error) };
  const frames = error instanceof Error ? framesOf(error) : [];
  return { code: 'unexpected', message: 'unexpected error; please report it', at: frames };
}

/** The message once more from its template, with those details alone that a line could hold. */
function ourWords({ code, details }: LetheError): string {
  const known = allowed(details);
  const named = Object.keys(details).map((name) => [name, String(known[name] ?? REDACTED)]);
  return new LetheError(code, Object.fromEntries(named) as Record<string, string>).message;
}

/** Frames stand below the message, and a message may look like frames: where it cannot be told off, nothing is shown. */
function framesOf({ name, message, stack }: Error): readonly string[] {
  const head = message === '' ? name : `${name}: ${message}`;
  if (typeof stack !== 'string' || !stack.startsWith(`${head}\n`)) return [];
  return stack
    .slice(head.length)
    .split('\n')
    .map((line) => FRAME.exec(line)?.[1])
    .filter((frame) => frame !== undefined)
    .slice(0, MOST_FRAMES);
}
