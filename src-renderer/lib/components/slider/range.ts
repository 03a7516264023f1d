/** Values of a slider over a plain number: where a hand, a key or the wheel takes it. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** Of an arrow key. */
  readonly step: number;
  /** All values are multiples of it, and those of a drag are whole steps; without one there are values between. */
  readonly grain?: number | undefined;
  readonly defaultValue?: number | undefined;
}

/** A drag this near to the default, as a part of the whole, is meant to be there. */
const CATCH = 0.02;
const COARSE_STEPS = 10;
const FINE = 0.1;

/** The nearest value that there is. */
export function bounded({ min, max }: Range, value: number, grain?: number): number {
  // Divided, as 3 × 0.1 is not 0.3.
  const settled = grain === undefined ? value : Math.round(value / grain) / (1 / grain);
  return Math.min(max, Math.max(min, settled));
}

/** 0 at `min` to 1 at `max`. */
export function fractionOf(range: Range, value: number): number {
  return (bounded(range, value) - range.min) / (range.max - range.min);
}

/** Where a drag along it has come to, 0..1 of its length and beyond. */
export function draggedTo(range: Range, fraction: number): number {
  const { min, max, step, grain, defaultValue } = range;
  const next = bounded(range, min + fraction * (max - min), grain === undefined ? undefined : step);
  return defaultValue !== undefined && Math.abs(next - defaultValue) <= CATCH * (max - min)
    ? defaultValue
    : next;
}

/** After key presses or notches of the wheel; Shift makes them finer. */
export function stepped(range: Range, value: number, steps: number, isFine: boolean): number {
  const { step, grain = 0 } = range;
  return bounded(range, value + steps * (isFine ? Math.max(grain, FINE * step) : step), range.grain);
}

/** What a key does to a value: a new value, or null for a key that is not a slider's. */
export function keyed(range: Range, value: number, key: string, isFine: boolean): number | null {
  switch (key) {
    case 'ArrowUp':
    case 'ArrowRight':
      return stepped(range, value, 1, isFine);
    case 'ArrowDown':
    case 'ArrowLeft':
      return stepped(range, value, -1, isFine);
    case 'PageUp':
      return stepped(range, value, COARSE_STEPS, isFine);
    case 'PageDown':
      return stepped(range, value, -COARSE_STEPS, isFine);
    case 'Home':
      return range.min;
    case 'End':
      return range.max;
    case 'Delete':
    case 'Backspace':
      return range.defaultValue ?? null;
    default:
      return null;
  }
}
