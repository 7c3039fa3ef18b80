/** Colours with at least 4.5 : 1 against their ground; logical sides, so that it also fits what is written from right to left. */
export const HTML_STYLE = `
:root { color: #1c1f24; background: #fff; font: 1rem/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
body { margin: 0 auto; max-width: 50rem; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: clamp(1.4rem, 6vw, 1.9rem); line-height: 1.2; margin: 0 0 1rem; }
h1, h2, h3 { overflow-wrap: anywhere; hyphens: auto; }
h2 { font-size: 1.3rem; color: #22466f; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #c9ced6; padding-bottom: .2rem; }
h3 { font-size: 1.08rem; margin: 1.7rem 0 .5rem; }
p, ul, ol { margin: .6rem 0; }
li { margin: .35rem 0; }
code { font: .88em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
dl { margin: .6rem 0; }
dl > div { display: grid; grid-template-columns: minmax(9rem, 28%) 1fr; gap: 0 1rem; padding: .35rem 0; border-top: 1px solid #e3e6eb; }
dt { color: #51565e; }
dd { margin: 0; grid-column: 2; overflow-wrap: anywhere; }
dd + dd { margin-block-start: .3rem; }
.note { background: #f1f3f6; border-inline-start: 4px solid #22466f; padding: .3rem 1rem; margin: 1.2rem 0; }
.table { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: start; vertical-align: top; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid #e3e6eb; }
thead th { border-bottom: 2px solid #c9ced6; }
tbody th { font-weight: 600; }
.end { text-align: end; font-variant-numeric: tabular-nums; }
footer { margin-top: 2.5rem; color: #51565e; }
@media (max-width: 36rem) { dl > div { grid-template-columns: 1fr; } dd { grid-column: 1; } }
@page { size: A4; margin: 20mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, h3 { break-after: avoid; }
  tr, dl > div, .note { break-inside: avoid; }
  thead { display: table-header-group; }
  .table { overflow: visible; }
}
`;
