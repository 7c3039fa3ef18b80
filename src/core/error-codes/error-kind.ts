/** Exit codes of the command line: 1 failed or unreachable, 2 bad input or policy, 3 refused for want of an approval. */
type ExitCode = 1 | 2 | 3;

export interface ErrorKind {
  /** What failed, on which thing, and what to do next. `{name}` is replaced by the detail of that name. */
  readonly template: string;
  readonly httpStatus: number;
  readonly exitCode: ExitCode;
}
