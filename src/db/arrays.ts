/** An element of a PostgreSQL array as text, null, or a nested array. */
export type ArrayText = string | null | readonly ArrayText[];

/** Writes an array literal: every element quoted, so that `NULL`, commas and braces inside a text stay text. */
export function arrayLiteral(elements: readonly ArrayText[]): string {
  return `{${elements.map(elementLiteral).join(',')}}`;
}

function elementLiteral(element: ArrayText): string {
  if (element === null) return 'NULL';
  if (typeof element !== 'string') return arrayLiteral(element);
  return `"${element.replace(/["\\]/g, '\\$&')}"`;
}

/** Reads the text PostgreSQL prints for an array; bounds (`[0:1]={…}`) are dropped. */
export function parseArray(text: string, parse: (element: string) => unknown): unknown[] {
  return new ArrayReader(text, parse).read();
}

class ArrayReader {
  private at: number;

  constructor(
    private readonly text: string,
    private readonly parse: (element: string) => unknown,
  ) {
    this.at = text.indexOf('{');
  }

  read(): unknown[] {
    const elements: unknown[] = [];
    this.at++;
    while (this.text[this.at] !== '}') {
      elements.push(this.element());
      if (this.text[this.at] === ',') this.at++;
    }
    this.at++;
    return elements;
  }

  private element(): unknown {
    const first = this.text[this.at];
    if (first === undefined) throw new SyntaxError('an array from the database does not end');
    if (first === '{') return this.read();
    if (first === '"') return this.parse(this.quoted());
    const bare = this.bare();
    return bare === 'NULL' ? null : this.parse(bare);
  }

  private bare(): string {
    const from = this.at;
    while (this.at < this.text.length && this.text[this.at] !== ',' && this.text[this.at] !== '}') this.at++;
    return this.text.slice(from, this.at);
  }

  private quoted(): string {
    const from = ++this.at;
    let escaped = false;
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      if (this.text[this.at] === '\\') {
        escaped = true;
        this.at++;
      }
      this.at++;
    }
    const inside = this.text.slice(from, this.at++);
    return escaped ? inside.replace(/\\(.)/gsu, '$1') : inside;
  }
}
