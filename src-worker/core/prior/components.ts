/**
 * Principal components of a set of presets.
 *
 *   plain         S v = λ v                               directions of the raw values
 *   standardised  the same for (x − m) / s, s the standard deviations: every parameter counts alike
 *   weight k of x = vₖᵀ ((x − m) / s) / √λₖ, in standard deviations of that component;   s = 1 where plain
 *   x from weights = m + s · Σ √λₖ wₖ vₖ
 */
import { correlationOf, deviationsOf, rowOf, type Rows } from './moments.ts';
import { symmetricEigen } from './matrix.ts';

export const COMPONENT_SCALES = ['plain', 'standardised'] as const;
export type ComponentScale = (typeof COMPONENT_SCALES)[number];

/** Variance below this part of the largest is rounding. */
const NEGLIGIBLE = 1e-12;

export interface Components {
  readonly scale: ComponentScale;
  readonly dimensions: number;
  readonly mean: Float64Array;
  /** What each dimension is divided by first; 1 where plain. */
  readonly divisor: Float64Array;
  /** How many components vary at all: at most the number of presets less one. */
  readonly rank: number;
  /** λ of each of the `dimensions` components, largest first; 0 beyond `rank`. */
  readonly variance: Float64Array;
  /** Row k is vₖ. */
  readonly vectors: Float64Array;
}

/** What has components, and makes settings of points in their space. */
export interface ComponentSpace {
  componentsIn(scale: ComponentScale): Components;
  /** A raw vector of informative values. */
  raw(informative: ArrayLike<number>): Float64Array;
}

export function componentsOf(
  mean: Float64Array,
  covariance: Float64Array,
  presetCount: number,
  scale: ComponentScale,
): Components {
  const dimensions = mean.length;
  const standardised = scale === 'standardised';
  const deviation = deviationsOf(covariance, dimensions);
  const { values, vectors } = symmetricEigen(
    standardised ? correlationWithoutStill(covariance, deviation) : covariance,
    dimensions,
  );
  const varying = values.findIndex((value) => !(value > NEGLIGIBLE * values[0]));
  const rank = Math.min(varying < 0 ? dimensions : varying, Math.max(0, presetCount - 1));
  return {
    scale,
    dimensions,
    mean,
    divisor: standardised
      ? deviation.map((value) => (value > 0 ? value : 1))
      : new Float64Array(dimensions).fill(1),
    rank,
    variance: values.map((value, k) => (k < rank ? value : 0)),
    vectors,
  };
}

/** Correlations, with nothing on the diagonal for dimensions that never change. */
function correlationWithoutStill(covariance: Float64Array, deviation: Float64Array): Float64Array {
  const dimensions = deviation.length;
  const correlation = correlationOf(covariance, dimensions);
  deviation.forEach((value, i) => {
    if (value === 0) correlation[i * dimensions + i] = 0;
  });
  return correlation;
}

/** Share of all variance in each component, 0..1. */
export function explainedShares({ variance }: Pick<Components, 'variance'>): Float64Array {
  const total = variance.reduce((sum, value) => sum + value, 0);
  return variance.map((value) => (total > 0 ? value / total : 0));
}

/** Running sum of shares. */
export function cumulative(shares: Float64Array): Float64Array {
  let sum = 0;
  return shares.map((share) => (sum += share));
}

/** Least number of leading components that hold `share` of the variance. */
export function componentsNeeded(shares: Float64Array, share: number): number {
  const reached = cumulative(shares).findIndex((sum) => sum >= share - 1e-12);
  return reached < 0 ? shares.length : reached + 1;
}

/** Variance (about the components' mean) of other rows along each component, as shares of their whole. */
export function sharesOnOthers(components: Components, rows: Rows): Float64Array {
  const { dimensions } = components;
  const variance = new Float64Array(dimensions);
  for (let row = 0; row < rows.count; row++)
    projections(components, rowOf(rows, row)).forEach((value, k) => {
      variance[k] += value * value;
    });
  return explainedShares({ variance });
}

/** vₖᵀ ((x − m) / s) of every component. */
function projections({ dimensions, mean, divisor, vectors }: Components, x: ArrayLike<number>): Float64Array {
  const centred = mean.map((value, i) => (x[i] - value) / divisor[i]);
  return Float64Array.from({ length: dimensions }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < dimensions; i++) sum += vectors[k * dimensions + i] * centred[i];
    return sum;
  });
}

/** Weights of the informative values x in standard deviations, one per component; 0 beyond the rank. */
export function weightsOf(components: Components, x: ArrayLike<number>): Float64Array {
  const { rank, variance } = components;
  return projections(components, x).map((value, k) => (k < rank ? value / Math.sqrt(variance[k]) : 0));
}

/** Informative values of weights, the first `count` of them (all unless given). */
export function fromWeights(
  { dimensions, mean, divisor, rank, variance, vectors }: Components,
  weights: ArrayLike<number>,
  count = weights.length,
): Float64Array {
  const sum = new Float64Array(dimensions);
  for (let k = 0; k < Math.min(count, weights.length, rank); k++) {
    const amount = weights[k] * Math.sqrt(variance[k]);
    if (amount !== 0) for (let i = 0; i < dimensions; i++) sum[i] += amount * vectors[k * dimensions + i];
  }
  return mean.map((value, i) => value + divisor[i] * sum[i]);
}

/**
 * x with the weights of some components replaced, by component; the others, and what no component holds, are multiplied by
 * `rest` (1 keeps them, 0 leaves only the mean and the given ones).
 */
export function withWeights(
  components: Components,
  x: ArrayLike<number>,
  replaced: ReadonlyMap<number, number>,
  rest = 1,
): Float64Array {
  const weights = weightsOf(components, x);
  const shown = weights.map((_, k) => (replaced.has(k) ? weights[k] : 0));
  const before = fromWeights(components, shown);
  const after = fromWeights(
    components,
    weights.map((_, k) => replaced.get(k) ?? 0),
  );
  return after.map((value, i) => value + rest * (x[i] - before[i]));
}
