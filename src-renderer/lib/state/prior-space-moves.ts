/**
 * Moves within the space that a prior spans, all pure: raw vectors of 151 values in, raw vectors out.
 *
 * Weights are standard deviations along the prior's components (core/prior/components.ts). They are linear in the raw
 * values, so a straight line between two settings is straight in the weights, in what no component holds, and in the raw
 * values alike. Distances between settings are Mahalanobis distances under the prior's covariance Σ:
 *
 *   d(x, y)² = (x − y)ᵀ Σ⁻¹ (x − y) = Σₖ (wₖ(x) − wₖ(y))²
 */
import { withWeights, type Components } from '#core/prior/components.ts';
import type { PriorModel } from '#core/prior/model.ts';
import { withinControls } from '#core/prior/sampling.ts';

/** A weight of one component, which is counted from 0; in standard deviations. */
export type Weight = readonly [component: number, deviations: number];

/** The moved setting as the controls can show it; what is locked, by place, stays exactly as it is at `base`. */
export function settled(
  moved: Float64Array,
  base: ArrayLike<number>,
  locked: Iterable<number>,
): Float64Array {
  const raw = withinControls(moved);
  for (const index of locked) raw[index] = base[index];
  return raw;
}

/**
 * `full` with new weights of some components (the last one counts); what these do not hold is multiplied by `rest`, 0..1. Values that the prior
 * says nothing about stay.
 */
export function movedTo(
  model: PriorModel,
  components: Components,
  full: ArrayLike<number>,
  weights: readonly Weight[],
  rest: number,
): Float64Array {
  const replaced = new Map(weights);
  return model.raw(withWeights(components, model.informative(full), replaced, rest), full);
}

/** Raw values at some places, by place. */
export function valuesAt(raw: ArrayLike<number>, places: readonly number[]): ReadonlyMap<number, number> {
  return new Map(places.map((index) => [index, raw[index]] as const));
}

/** The point at `part` of the way from one setting to another. */
export function between(from: ArrayLike<number>, to: ArrayLike<number>, part: number): Float64Array {
  return Float64Array.from(from, (value, index) => value + part * (to[index] - value));
}

/** How far along the way from one setting to another a third one lies, 0..1: at the nearest point of the way. */
export function partOfWay(from: ArrayLike<number>, to: ArrayLike<number>, raw: ArrayLike<number>): number {
  let along = 0;
  let whole = 0;
  for (let i = 0; i < from.length; i++) {
    const step = to[i] - from[i];
    along += step * (raw[i] - from[i]);
    whole += step * step;
  }
  return whole === 0 ? 0 : Math.min(1, Math.max(0, along / whole));
}

/** Weights of a raw vector along a few components only, for pictures of many settings. */
export function weightsAlong(
  model: PriorModel,
  { dimensions, mean, divisor, variance, vectors, rank }: Components,
  raw: ArrayLike<number>,
  along: readonly number[],
): number[] {
  return along.map((k) => {
    if (k >= rank) return 0;
    let sum = 0;
    for (let i = 0; i < dimensions; i++)
      sum += (vectors[k * dimensions + i] * (raw[model.dimensions[i]] - mean[i])) / divisor[i];
    return sum / Math.sqrt(variance[k]);
  });
}

export interface Neighbour {
  readonly id: string;
  /** Mahalanobis distance. */
  readonly distance: number;
}

/** The nearest of some settings by all of their weights, the nearest first. */
export function nearest(
  weights: ArrayLike<number>,
  others: Iterable<readonly [id: string, weights: ArrayLike<number>]>,
  count: number,
): Neighbour[] {
  const found: Neighbour[] = [];
  for (const [id, other] of others) {
    let squared = 0;
    for (let k = 0; k < weights.length; k++) squared += (weights[k] - other[k]) ** 2;
    const distance = Math.sqrt(squared);
    if (found.length === count && distance >= found[count - 1].distance) continue;
    const at = found.findIndex((neighbour) => neighbour.distance > distance);
    found.splice(at < 0 ? found.length : at, 0, { id, distance });
    found.length = Math.min(found.length, count);
  }
  return found;
}

export function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Words for a percentile of distance from the middle. */
export function typicalityText(percentile: number): string {
  if (percentile < 60) return 'Usual';
  if (percentile < 85) return 'A little unusual';
  if (percentile < 97) return 'Unusual';
  return 'Very unusual';
}
