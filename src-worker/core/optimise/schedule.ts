/** How fast an optimiser may move as a fit goes on. */

/** Part of a fit during which the rate rises from 0. */
export const WARM_UP = 0.1;

/**
 * Linear warm-up, the largest rate, then half a cosine down to 0; `fraction` of the fit done, 0..1, `decayFrom` that from which
 * the rate falls.
 */
export function learningRate(largest: number, fraction: number, decayFrom: number): number {
  const warm = Math.min(1, fraction / WARM_UP);
  const decayed = Math.min(1, Math.max(0, (fraction - decayFrom) / (1 - decayFrom)));
  return largest * warm * (0.5 + 0.5 * Math.cos(Math.PI * decayed));
}
