import { readFile } from 'node:fs/promises';
import { parseTree, getNodeValue, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { LetheError, type Problem } from '../core/errors.js';

/**
 * Reads a JSON file as strictly as a policy deserves: every syntax error with line and column, and a key given twice is
 * an error (JSON.parse keeps the last one silently). Findings go to `problems`; the result is undefined then.
 * @throws LetheError `file_unreadable`
 */
export async function readJsonFile(path: string, shownAs: string, problems: Problem[]): Promise<unknown> {
  return parseJson(await readText(path, shownAs), shownAs, problems);
}

async function readText(path: string, shownAs: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new LetheError('file_unreadable', { path: shownAs, reason });
  }
}

/** Parses JSON text; see readJsonFile. */
export function parseJson(text: string, shownAs: string, problems: Problem[]): unknown {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const report = (offset: number, message: string): void => {
    problems.push({ file: shownAs, path: position(text, offset), message });
  };
  for (const { error, offset } of errors)
    report(offset, `malformed JSON: ${readable(printParseErrorCode(error))}`);
  if (!tree && errors.length === 0) report(0, 'malformed JSON: the file is empty');
  if (tree)
    for (const key of repeatedKeys(tree)) report(key.offset, `key "${String(key.value)}" is given twice`);
  return tree && errors.length === 0 ? (getNodeValue(tree) as unknown) : undefined;
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

/** "CommaExpected" → "comma expected" */
const readable = (code: string): string => code.replace(/(?<=[a-z])([A-Z])/g, ' $1').toLowerCase();

function repeatedKeys(node: Node): readonly Node[] {
  const children = node.children ?? [];
  if (node.type !== 'object') return children.flatMap(repeatedKeys);
  const seen = new Set<unknown>();
  return children.flatMap((property) => {
    const [key, value] = property.children ?? [];
    if (!key) return [];
    const repeated = seen.has(key.value) ? [key] : [];
    seen.add(key.value);
    return [...repeated, ...(value ? repeatedKeys(value) : [])];
  });
}
