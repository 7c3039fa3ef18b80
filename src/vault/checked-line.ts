import { sha256 } from '../core/digest.js';

const CHECK_LENGTH = 16;
const WHOLE = /^(.*)\t([0-9a-f]{16})$/s;

/** `{text}\t{check}`: a line cut short by a crash has no check, a damaged one has a wrong one. */
export const withCheck = (text: string): string => `${text}\t${sha256(text).slice(0, CHECK_LENGTH)}`;

/** Null for a line that was cut short: its writer was never told that it is stored. */
export function checkedText(line: string): { readonly text: string } | 'damaged' | null {
  const [, text = '', check = ''] = WHOLE.exec(line) ?? [];
  if (check === '') return null;
  return sha256(text).startsWith(check) ? { text } : 'damaged';
}
