/** Which part of a square of n × n cells is in sight, and how it is moved. Places in the picture are parts of it, 0..1. */

/** Cells x … x + span across and y … y + span down. */
export interface HeatView {
  readonly x: number;
  readonly y: number;
  readonly span: number;
}

/** A cell by its places in the order that is shown. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** As near as one gets, in cells across. */
const LEAST_SPAN = 6;
/** Cells around a pair that is looked for. */
const PAIR_SPAN = 14;

export const wholeView = (n: number): HeatView => ({ x: 0, y: 0, span: n });

/** Within the square, and neither nearer nor further than it goes. */
export function settledView({ x, y, span }: HeatView, n: number): HeatView {
  const kept = Math.min(n, Math.max(Math.min(LEAST_SPAN, n), span));
  const within = (from: number): number => Math.min(n - kept, Math.max(0, from));
  return { x: within(x), y: within(y), span: kept };
}

/** `factor` times as large; what lies at a place of the picture stays there. */
export function zoomedView(
  { x, y, span }: HeatView,
  factor: number,
  at: { readonly x: number; readonly y: number },
  n: number,
): HeatView {
  const next = Math.min(n, Math.max(Math.min(LEAST_SPAN, n), span / factor));
  return settledView({ x: x + at.x * (span - next), y: y + at.y * (span - next), span: next }, n);
}

/** Pulled by parts of the picture: to the right shows what is further left. */
export function pulledView({ x, y, span }: HeatView, dx: number, dy: number, n: number): HeatView {
  return settledView({ x: x - dx * span, y: y - dy * span, span }, n);
}

/** The cell at a place of the picture; null beside it. */
export function cellAt(
  { x, y, span }: HeatView,
  at: { readonly x: number; readonly y: number },
  n: number,
): Cell | null {
  const column = Math.floor(x + at.x * span);
  const row = Math.floor(y + at.y * span);
  const isInside = at.x >= 0 && at.x < 1 && at.y >= 0 && at.y < 1;
  return isInside && row >= 0 && row < n && column >= 0 && column < n ? { row, column } : null;
}

/** Moved as little as shows a cell. */
export function viewWith({ x, y, span }: HeatView, { row, column }: Cell, n: number): HeatView {
  const to = (from: number, cell: number): number => Math.min(cell, Math.max(from, cell + 1 - span));
  return settledView({ x: to(x, column), y: to(y, row), span }, n);
}

/** Near to a cell, which is in the middle. */
export function viewAround({ row, column }: Cell, n: number): HeatView {
  const span = Math.min(PAIR_SPAN, n);
  return settledView({ x: column + 0.5 - span / 2, y: row + 0.5 - span / 2, span }, n);
}
