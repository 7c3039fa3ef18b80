/** What a command prints: text for people, or one JSON document (NDJSON for lists) with `--json`. */
export class Output {
  constructor(readonly isJson: boolean) {}

  /** The command's result: the document with `--json`, else the lines. */
  result(document: unknown, lines: readonly string[]): void {
    if (this.isJson) print(JSON.stringify(document));
    else for (const line of lines) print(line);
  }

  /** A list: one JSON document a line, or one line of text an entry. */
  list<T>(entries: readonly T[], line: (entry: T) => string, whenEmpty: string): void {
    if (this.isJson) for (const entry of entries) print(JSON.stringify(entry));
    else if (entries.length === 0) print(whenEmpty);
    else for (const entry of entries) print(line(entry));
  }

  /** Text for people alone. */
  say(...lines: readonly string[]): void {
    if (!this.isJson) for (const line of lines) print(line);
  }
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** `12,345` */
export const count = (value: number | string): string => Number(value).toLocaleString('en-GB');

/** `1 record`, `12,345 records`, `6 policies` */
export const counted = (value: number | string, noun: string, plural = `${noun}s`): string =>
  `${count(value)} ${Number(value) === 1 ? noun : plural}`;
