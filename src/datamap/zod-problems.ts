import type { z } from 'zod';
import type { Problem } from '../core/errors.js';
import { didYouMean, nearest } from '../core/did-you-mean.js';
import { knownKeys } from './known-keys.js';

type Issue = z.core.$ZodIssue;

/** zod's findings as problems of a file: `keep.for: is missing`. With the schema, an unknown key is told its neighbour. */
export function zodProblems(
  file: string,
  error: z.ZodError,
  content: unknown,
  schema?: z.ZodType,
): readonly Problem[] {
  return error.issues
    .flatMap((issue) => plainIssues(issue))
    .flatMap((issue) => {
      const path = pathText(issue.path);
      return messagesOf(issue, content, schema).map((message) => ({ file, path, message }));
    });
}

/** Of several forms a value may have, the findings of the one it comes closest to. */
function plainIssues(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || 'discriminator' in issue || issue.message !== 'Invalid input')
    return [issue];
  const forms = issue.errors.filter((issues) => !issues.some(isOfAnotherKind));
  const [closest] = forms.toSorted((a, b) => weight(a) - weight(b));
  if (!closest) return [issue];
  return closest.flatMap((inner) => plainIssues({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** A text where the form has an object, say. */
const isOfAnotherKind = ({ path, code }: Issue): boolean =>
  path.length === 0 && (code === 'invalid_type' || code === 'invalid_union');

const weight = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);

/** `edges[3].on.ticket_id` */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function messagesOf(issue: Issue, content: unknown, schema: z.ZodType | undefined): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    const known = schema ? knownKeys(schema, issue.path) : [];
    return issue.keys.map((key) => `unknown key "${key}"${didYouMean(key, known)}`);
  }
  const value = issue.path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined,
    content,
  );
  if (value === undefined && issue.code !== 'custom') return [`is missing${choice(issue)}`];
  if (issue.code === 'invalid_type') return [`must be ${KINDS[issue.expected] ?? issue.expected}`];
  if (issue.code === 'too_small' && issue.message.startsWith('Too small: expected string'))
    return ['must not be empty'];
  if (issue.code === 'too_small' && issue.origin === 'array') return ['is an empty list'];
  if (issue.code === 'too_small' && issue.origin !== 'string') return [`must be at least ${issue.minimum}`];
  if (issue.code === 'too_big' && issue.origin !== 'string') return [`must be at most ${issue.maximum}`];
  if (issue.code === 'invalid_value') return [mustBeOneOf(issue.values.map(String), value)];
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `the name ${message}`);
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') return ['has no known form'];
  if (issue.code === 'invalid_union' && 'options' in issue)
    return [mustBeOneOf(issue.options.map(String), value)];
  return [issue.message];
}

/** zod's names of types in the words of somebody who edits a file. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object: {…}',
  record: 'an object: {…}',
  array: 'a list: […]',
};

function mustBeOneOf(known: readonly string[], value: unknown): string {
  const hint = typeof value === 'string' ? nearest(value, known) : '';
  return known.length === 1 ? `must be "${known[0] ?? ''}"` : `must be one of ${known.join(', ')}${hint}`;
}

const choice = (issue: Issue): string =>
  issue.code === 'invalid_union' && 'options' in issue
    ? ` (one of ${issue.options.map(String).join(', ')})`
    : '';
