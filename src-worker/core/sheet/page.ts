/** Pieces of a printed page: text made safe, tables, and the style sheet. Everything made here is well-formed XHTML. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What XML 1.0 cannot hold: control characters and halves of surrogate pairs. */
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** Text for the inside of an element or of a quoted attribute. */
export function escaped(text: string): string {
  return text.replace(UNPRINTABLE, '').replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A cell of a table. */
export interface Cell {
  readonly text: string;
  /** The parameter whose value this is. */
  readonly id?: string;
}

export interface Table {
  readonly caption?: string;
  /** Over the columns; the first column holds the names of the rows. */
  readonly heads: readonly string[];
  readonly rows: readonly (readonly (Cell | string)[])[];
  /** Words, set to the left, instead of numbers. */
  readonly className?: string;
}

/** Rows of cells, the first of each its head. */
export function table({ caption, heads, rows, className = 'numbers' }: Table): string {
  const head = heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join('');
  const body = rows
    .map((row) => {
      const cells = row.map((given, column) => {
        const { text, id } = typeof given === 'string' ? { text: given } : given;
        if (column === 0) return `<th scope="row">${escaped(text)}</th>`;
        return `<td${id === undefined ? '' : ` data-parameter="${escaped(id)}"`}>${escaped(text)}</td>`;
      });
      return `<tr>${cells.join('')}</tr>`;
    })
    .join('\n');
  return [
    `<table class="${className}">`,
    ...(caption === undefined ? [] : [`<caption>${escaped(caption)}</caption>`]),
    `<thead><tr>${head}</tr></thead>`,
    `<tbody>\n${body}\n</tbody>`,
    '</table>',
  ].join('\n');
}

/** Dark on white: it is for paper, whatever the window looks like. */
export const STYLE = `
@page { size: A4; margin: 13mm 14mm 14mm; }
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { background: #fff; color: #16191d; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { margin: 0 auto; max-width: 182mm; font: 9.5pt/1.4 'Inter', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; font-variant-numeric: tabular-nums; }
@media screen { body { padding: 12mm 6mm; } }
header { border-bottom: 1.5pt solid #16191d; margin-bottom: 5mm; padding-bottom: 3mm; }
h1 { font-size: 19pt; line-height: 1.2; margin: 0 0 1mm; overflow-wrap: anywhere; }
h2 { font-size: 12.5pt; margin: 0 0 2mm; break-after: avoid; }
h2 small { font-size: 9pt; font-weight: 400; color: #4d5560; margin-inline-start: 2mm; }
h3 { font-size: 9.5pt; margin: 4mm 0 1mm; break-after: avoid; }
p { margin: 0 0 2mm; }
.about { color: #4d5560; margin: 0; }
section { margin: 0 0 6mm; break-inside: avoid; }
section.long { break-inside: auto; }
section.new-page { break-before: page; }
.off { border-inline-start: 2pt solid #9a5b00; padding-inline-start: 3mm; }
.off-mark { color: #8a4b00; font-weight: 600; }
.note { color: #4d5560; font-size: 8.5pt; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.5mm 4mm; margin: 0; }
dt { color: #4d5560; }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0 0 3mm; break-inside: avoid; }
figcaption { color: #4d5560; font-size: 8.5pt; }
.pair { display: grid; grid-template-columns: 1fr 1.5fr; gap: 5mm; }
table { border-collapse: collapse; width: 100%; margin: 0 0 3mm; break-inside: avoid; }
caption { text-align: start; font-weight: 600; padding-bottom: 1mm; }
th, td { padding: 0.9mm 2mm 0.9mm 0; text-align: start; vertical-align: baseline; border-bottom: 0.4pt solid #c6ccd4; }
thead th { color: #4d5560; font-weight: 500; font-size: 8.5pt; border-bottom-color: #6b7480; }
tbody th { font-weight: 500; white-space: nowrap; }
.words td:nth-child(2) { font-weight: 600; white-space: nowrap; }
.numbers td, .numbers thead th + th { text-align: end; white-space: nowrap; }
.bands :is(td, thead th):nth-child(2), .bands :is(td, thead th):nth-child(7) { text-align: start; padding-inline-start: 4mm; }
.dense { font-size: 8pt; }
.dense th, .dense td { padding-block: 0.4mm; }
figure > svg { display: block; width: 100%; height: auto; overflow: visible; font: 9px 'Inter', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; }
svg text { fill: #4d5560; }
svg text.mark { fill: #16191d; font-weight: 600; }
.frame { fill: none; stroke: #6b7480; stroke-width: 0.8; }
.grid { fill: none; stroke: #dfe3e8; stroke-width: 0.6; }
.zero { fill: none; stroke: #9aa3ae; stroke-width: 0.9; }
.curve { fill: none; stroke: #0b4f9e; stroke-width: 2; stroke-linejoin: round; }
.second { fill: none; stroke: #b04a00; stroke-width: 1.6; stroke-dasharray: 5 3; stroke-linejoin: round; }
.band { fill: none; stroke: #6b7480; stroke-width: 0.9; stroke-dasharray: 3 2; stroke-linejoin: round; }
.guide { fill: none; stroke: #9aa3ae; stroke-width: 0.9; stroke-dasharray: 2 3; }
.left { stroke: #0b4f9e; stroke-width: 3; }
.right { stroke: #b04a00; stroke-width: 3; stroke-dasharray: 2 1.5; }
footer { color: #4d5560; font-size: 8pt; border-top: 0.4pt solid #c6ccd4; padding-top: 2mm; }
`;
