import { readFile, stat } from 'node:fs/promises';
import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { parseDecimal } from '../core/decimal.js';
import { LetheError, type Problem } from '../core/errors.js';
import { systemReason } from '../core/system-reason.js';

const LARGEST_MB = 8;
/** To find the line of each takes a look through the text. */
const MOST_FINDINGS = 100;
/** Parsers call themselves for every level. */
const DEEPEST = 200;

/**
 * Reads a JSON file as strictly as a policy deserves: a syntax error with line and column, and a key given twice is an
 * error (JSON.parse keeps the last one silently), as is what the file says but no value can keep: digits beyond a
 * double, half a surrogate pair, a null character. Findings go to `problems`; the result is undefined then.
 * @throws LetheError `file_unreadable`
 */
export async function readJsonFile(path: string, shownAs: string, problems: Problem[]): Promise<unknown> {
  const bytes = await readBytes(path, shownAs);
  const text = bytes === 'too large' ? null : decoded(bytes);
  if (text !== null) return parseJson(text, shownAs, problems);
  const message =
    bytes === 'too large'
      ? `is larger than ${LARGEST_MB} MB`
      : 'is not UTF-8 text; save it with that encoding';
  problems.push({ file: shownAs, path: '', message });
  return undefined;
}

async function readBytes(path: string, shownAs: string): Promise<Uint8Array | 'too large'> {
  try {
    const found = await stat(path);
    // a pipe or a device may never end, and its size says nothing
    if (!found.isFile()) throw Object.assign(new Error('no file'), { code: 'not a regular file' });
    return found.size > LARGEST_MB * 1024 * 1024 ? 'too large' : await readFile(path);
  } catch (error) {
    throw new LetheError('file_unreadable', { path: shownAs, reason: systemReason(error) });
  }
}

/** Without the byte order mark that some editors write. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Parses JSON text; see readJsonFile. */
export function parseJson(text: string, shownAs: string, problems: Problem[]): unknown {
  let findings = 0;
  const report = (offset: number, message: string): void => {
    findings += 1;
    if (findings < MOST_FINDINGS) problems.push({ file: shownAs, path: position(text, offset), message });
    else if (findings === MOST_FINDINGS)
      problems.push({ file: shownAs, path: '', message: 'and more like this' });
  };
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== null) report(tooDeep, `is nested more than ${DEEPEST} deep`);
  const tree = tooDeep === null ? parsed(text, report) : undefined;
  if (!tree) return undefined;
  for (const key of repeatedKeys(tree)) report(key.offset, `key "${String(key.value)}" is given twice`);
  reportUnkept(tree, text, report);
  return getNodeValue(tree) as unknown;
}

type ReportAt = (offset: number, message: string) => void;

function parsed(text: string, report: ReportAt): Node | undefined {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors; // the others are mostly its consequences
  if (!first) return tree;
  const words = text.trim() === '' ? 'the file is empty' : WORDS[printParseErrorCode(first.error)];
  report(first.offset, `malformed JSON: ${words ?? 'not understood'}`);
  return undefined;
}

function firstTooDeep(text: string): number | null {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (letter === '"') inText = !inText;
    else if (inText) at += letter === '\\' ? 1 : 0;
    else if ('[{'.includes(letter)) depth += 1;
    else if (']}'.includes(letter)) depth -= 1;
    if (depth > DEEPEST) return at;
  }
  return null;
}

/** What the text says and the parsed value does not, or no database could store. */
function reportUnkept(node: Node, text: string, report: ReportAt): void {
  const value: unknown = node.value;
  if (typeof value === 'string' && (!value.isWellFormed() || value.includes('\0')))
    report(node.offset, 'holds a character that no stored text can hold (half a surrogate pair, or \\u0000)');
  if (node.type === 'number' && losesDigits(text.slice(node.offset, node.offset + node.length)))
    report(node.offset, 'this number has more digits than can be kept; write it as text, in quotes');
  for (const child of node.children ?? []) reportUnkept(child, text, report);
}

/** Integers beyond 2^53 are left to the reader, who knows what they are for. */
function losesDigits(number: string): boolean {
  const kept = parseDecimal(Number(number));
  return kept !== null && kept !== parseDecimal(number);
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

/** What jsonc-parser's error codes mean to somebody who edits a policy. */
const WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'texts and keys stand in double quotes; without stand only numbers, true, false, null',
  InvalidNumberFormat: 'this is no number',
  PropertyNameExpected: 'a key in double quotes must follow (no comma after the last entry)',
  ValueExpected: 'a value must follow (no comma after the last entry)',
  ColonExpected: 'a colon must follow the key',
  CommaExpected: 'a comma must stand between two entries',
  CloseBraceExpected: 'a closing "}" is missing',
  CloseBracketExpected: 'a closing "]" is missing',
  EndOfFileExpected: 'something follows the end',
  InvalidCommentToken: 'comments are not allowed',
  UnexpectedEndOfComment: 'comments are not allowed',
  UnexpectedEndOfString: 'the closing quote is missing on this line',
  UnexpectedEndOfNumber: 'this number does not end',
  InvalidUnicode: '\\u must be followed by four hexadecimal digits',
  InvalidEscapeCharacter: 'unknown escape after "\\" (a backslash is written "\\\\")',
  InvalidCharacter: 'a text holds a control character; write a tab as "\\t"',
};

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
