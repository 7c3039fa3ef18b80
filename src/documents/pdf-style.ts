/** Measures in points, colours with at least 4.5 : 1 against their ground. */
export const STYLE = {
  page: { width: 595.28, height: 841.89, left: 62, right: 62, top: 62, bottom: 68 },
  title: { size: 19, before: 0, after: 10 },
  heading2: { size: 12.5, before: 16, after: 5 },
  heading3: { size: 10.5, before: 10, after: 3 },
  body: { size: 9.5, after: 6 },
  facts: { size: 9.5, padding: 2.5, gap: 12, widestLabel: 0.28 },
  list: { size: 9.5, indent: 15, padding: 1.5 },
  note: { size: 9.5, indent: 11, padding: 6 },
  table: { size: 8.5, padding: 3.5, gap: 5 },
  footer: { size: 7.5, below: 24 },
  /** Code looks larger than prose of the same size. */
  lineHeight: 1.38,
  colour: { text: '#1c1f24', quiet: '#51565e', rule: '#c9ced6', ground: '#f1f3f6', accent: '#22466f' },
} as const;

export const BODY_WIDTH = STYLE.page.width - STYLE.page.left - STYLE.page.right;
export const BODY_BOTTOM = STYLE.page.height - STYLE.page.bottom;
export const BODY_HEIGHT = BODY_BOTTOM - STYLE.page.top;
