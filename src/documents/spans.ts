import type { Span } from './document.js';

/** Makes a value stand for itself in prose: whatever it holds, it opens no heading, list, table, code or line. */
export const escapeProse = (value: unknown): string =>
  String(value)
    .replace(/\s*[\n\r\u0085\u2028\u2029]+\s*/g, ' ')
    .replace(/[!-/:-@[-`{-~]/g, '\\$&');

/** `**strong**` and `` `code` ``; a backslash makes the next character stand for itself. */
export function readSpans(text: string): readonly Span[] {
  const spans: { text: string; style: Span['style'] }[] = [];
  let style: Span['style'] = 'plain';
  for (const [token] of text.matchAll(/\\.|\*\*|`|[^\\*`]+|[\\*]/gs)) {
    const wanted = token === '`' ? 'code' : token === '**' ? 'strong' : null;
    if (wanted && (style === 'plain' || style === wanted)) {
      style = style === wanted ? 'plain' : wanted;
      continue;
    }
    const shown = token.length === 2 && token.startsWith('\\') ? token.slice(1) : token;
    const last = spans.at(-1);
    if (last?.style === style) last.text += shown;
    else spans.push({ text: shown, style });
  }
  return spans;
}
