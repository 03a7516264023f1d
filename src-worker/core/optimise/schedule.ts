/** How fast an optimiser may move as a fit goes on. */

/** Part of a fit during which the rate rises from 0. */
export const WARM_UP = 0.1;
/** Part of a fit after which the rate falls. */
export const DECAY_FROM = 0.7;

/** Linear warm-up, the largest rate, then half a cosine down to 0; `fraction` of the fit done, 0..1. */
export function learningRate(largest: number, fraction: number): number {
  const warm = Math.min(1, fraction / WARM_UP);
  const decayed = Math.min(1, Math.max(0, (fraction - DECAY_FROM) / (1 - DECAY_FROM)));
  return largest * warm * (0.5 + 0.5 * Math.cos(Math.PI * decayed));
}
