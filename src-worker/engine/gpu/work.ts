/**
 * What a kernel has to do at the least, stated beside its code and counted by hand from it. `npm run bench:gpu` holds it
 * against what a GPU can do.
 *
 * Operations on float32, by component: a sum, difference, product, minimum or maximum is one, a multiply-add two, and a
 * division, square root, exponential or logarithm {@link FUNCTION}; the quotient of a vector and a number is one division
 * and a product for each component. A transform is {@link fftOperations}, whatever its radices and wherever its roots come
 * from. Not counted: whole numbers, choices, comparisons, signs and conversions, and what is the same for a whole workgroup.
 *
 * Bytes read from buffers and written to them: each number once a dispatch, however many threads want it, and twice if it is
 * changed in place. Not counted: some KB that stay in every cache (settings, roots, the table of segments) and the sums that
 * a workgroup leaves for many samples.
 *
 * All segments count as the longest, in the losses rounded up to whole workgroups. What depends on data counts as little as it
 * can be: no echoes of echoes, no reflections at a region's edges, one round of the gain's smoothing.
 */
export interface Work {
  /** Samples, bins, frames or points of a segment or row; of all, where a kernel knows no segments. */
  readonly items: number;
  /** For each item of each segment. */
  readonly operations: number;
  readonly bytes: number;
  /** For each item beside that, once for all segments of a dispatch. */
  readonly shared?: { readonly operations: number; readonly bytes: number };
}

/** What `rows` segments or rows of a kernel's work come to. */
export function workOf(
  { items, operations, bytes, shared }: Work,
  rows: number,
): { operations: number; bytes: number } {
  const once = rows > 0 ? items : 0;
  return {
    operations: rows * items * operations + once * (shared?.operations ?? 0),
    bytes: rows * items * bytes + once * (shared?.bytes ?? 0),
  };
}

/** A division, square root, exponential or logarithm: GPUs have an eighth to a quarter as many units for these as for products. */
export const FUNCTION = 8;
export const COMPLEX_SUM = 2;
export const COMPLEX_PRODUCT = 6;
/** Of two numbers each. */
export const DOT = 3;

/** Of one transform of complex points by the customary count, 5·N·log2 N: that of radix 2. */
export function fftOperations(points: number): number {
  return 5 * points * Math.log2(points);
}
