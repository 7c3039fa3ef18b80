import { ERROR_CODES, type ErrorCode } from './error-codes.js';

export type ErrorDetails = Readonly<Record<string, string | number>>;

interface LetheErrorOptions extends ErrorOptions {
  readonly findings?: readonly Problem[];
}

/**
 * The one error Lethe throws on purpose. `code` is stable, the message is for people.
 * Details hold names of things (files, policies, tables), never the content of a record.
 */
export class LetheError extends Error {
  override readonly name = 'LetheError';
  readonly exitCode: 1 | 2 | 3;
  readonly httpStatus: number;
  /** Of a file with several faults, each on its own, for programs. */
  readonly findings: readonly Problem[];

  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    options?: LetheErrorOptions,
  ) {
    const kind = ERROR_CODES[code];
    super(
      kind.template.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '')),
      options,
    );
    this.exitCode = kind.exitCode;
    this.httpStatus = kind.httpStatus;
    this.findings = options?.findings ?? [];
  }
}

/** One finding in a file: where it stands, and what is wrong with it. */
export interface Problem {
  readonly file: string;
  readonly path: string;
  readonly message: string;
}

/** What would move a terminal's cursor or turn the text around it, as its escape: a finding quotes what a file says. */
const visible = (text: string): string =>
  text.replace(
    /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu,
    (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** All that is wrong with policy files, as one error. */
export const policyInvalid = (problems: readonly Problem[]): LetheError =>
  new LetheError('policy_invalid', { problems: describeProblems(problems) }, { findings: problems });

/** `policies/a.json: when.all[0].fact: unknown fact "x"`, one line a problem. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ file, path, message }) => visible([file, path, message].filter((part) => part !== '').join(': ')))
    .join('\n');
}
