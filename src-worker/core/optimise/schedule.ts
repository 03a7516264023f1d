/** How fast an optimiser may move as a fit goes on. */

/** Part of a fit during which the rate rises from 0. */
const WARM_UP = 0.06;

/** Linear warm-up, then a cosine down to 0; `fraction` of the fit done, 0..1. */
export function learningRate(largest: number, fraction: number): number {
  const warm = Math.min(1, fraction / WARM_UP);
  return largest * warm * (0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, fraction)));
}
