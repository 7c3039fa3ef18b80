import { describeProblems, LetheError, type Problem } from '../core/errors.js';
import type { Language } from '../policy/languages.js';
import type { Policy } from '../policy/policy.js';

export const REPORTS = ['processing-record', 'privacy-notice', 'retention-schedule'] as const;
export type ReportName = (typeof REPORTS)[number];

const TITLES: Readonly<Record<ReportName, string>> = {
  'processing-record': 'the processing record',
  'privacy-notice': 'the privacy notice',
  'retention-schedule': 'the retention schedule',
};

interface Missing {
  /** Id of the policy, or the name of another file, whose field it is. */
  readonly policy: string;
  /** `purposes[0].says.de` */
  readonly field: string;
  /** The item of the law that asks for it: `Art. 13(1)(c)`. */
  readonly article: string;
  readonly message: string;
}

/**
 * Reads what a report needs out of policies and remembers what is not there, so that one refusal names all of it. A field
 * is looked for whatever the schema of its kind demands: a version published under an older schema may lack it.
 */
export class Needs {
  readonly #missing: Problem[] = [];

  constructor(
    readonly name: ReportName,
    readonly language: Language,
  ) {}

  report({ policy, field, article, message }: Missing): void {
    const problem = { file: policy, path: field, message: `${message} (GDPR ${article})` };
    if (!this.#missing.some((other) => other.file === policy && other.path === field))
      this.#missing.push(problem);
  }

  /** The text of a field; empty, and remembered as missing, where there is none. */
  text(policy: Pick<Policy, 'id' | 'entry'>, field: string, article: string): string {
    const value = valueAt(policy.entry, field);
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.report({ policy: policy.id, field, article, message: 'is missing' });
    return '';
  }

  /** The text of a translated field in the report's language. */
  prose(policy: Pick<Policy, 'id' | 'entry'>, field: string, article: string): string {
    const value = valueAt(policy.entry, `${field}.${this.language}`);
    if (typeof value === 'string' && value.trim() !== '') return value;
    const message = `is missing: what people are told in "${this.language}"`;
    this.report({ policy: policy.id, field: `${field}.${this.language}`, article, message });
    return '';
  }

  /** The elements of a list that must be there, by number; it may only be empty where that says something. */
  numbers(
    policy: Pick<Policy, 'id' | 'entry'>,
    field: string,
    article: string,
    empty: 'may be empty' | 'not empty' = 'not empty',
  ): readonly number[] {
    const value = valueAt(policy.entry, field);
    if (Array.isArray(value) && (value.length > 0 || empty === 'may be empty'))
      return value.map((_, at) => at);
    this.report({ policy: policy.id, field, article, message: 'is missing' });
    return [];
  }

  /** @throws LetheError `document_incomplete` with everything that is missing */
  requireAll(): void {
    if (this.#missing.length === 0) return;
    throw new LetheError(
      'document_incomplete',
      { document: TITLES[this.name], problems: describeProblems(this.#missing) },
      { findings: this.#missing },
    );
  }
}

/** The text of a field that need not be there. */
export function optionalText(policy: Pick<Policy, 'entry'>, field: string): string | null {
  const value = valueAt(policy.entry, field);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A list that an older version may lack. */
export const listOf = <T>(list: readonly T[] | undefined): readonly T[] => list ?? [];

/** `purposes[0].says.de` of a policy's entry; undefined where the path ends. */
export function valueAt(entry: unknown, field: string): unknown {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .reduce<unknown>((value, part) => (isObject(value) ? value[part] : undefined), entry);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
