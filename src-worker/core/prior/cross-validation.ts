/**
 * Which distribution describes presets it has not seen: mean held-out log-likelihood in nats per preset, each preset held out
 * once. The parts are drawn with a fixed seed, so that numbers repeat.
 */
import { Random } from '../optimise/random.ts';
import { Gaussian } from './gaussian.ts';
import { mixtureOf } from './mixture.ts';
import {
  covarianceOf,
  meanOf,
  pickRows,
  rowOf,
  LEAST_SHRINKAGE,
  shrinkageOf,
  shrunk,
  stillness,
  type Rows,
} from './moments.ts';
import { shapedDensityOf } from './shaped.ts';

export const FOLDS = 5;
const SEED = 20_250_901;
const MIXTURE_PARTS = 2;
/** Of a fold's time, what it takes until the copula is fitted. */
const COPULA_PART = 0.7;
/** Larger sets are judged by this many of their presets, drawn at random: enough to tell distributions apart. */
const MOST_PRESETS = 1000;

/** Mean held-out log-likelihood, in nats per preset; null where a distribution cannot be fitted. */
export interface HeldOutLikelihood {
  /** Normal, with the sample covariance: none if that has no inverse. */
  readonly gaussian: number | null;
  /** Normal, with the shrunk covariance. */
  readonly shrunkGaussian: number;
  /** Own marginals and a Gaussian copula. */
  readonly copula: number;
  /** Two normal distributions with shrunk covariances. */
  readonly mixture: number;
}

export interface CrossValidation {
  readonly likelihood: HeldOutLikelihood;
  /** Squared Mahalanobis distances of held-out presets under the shrunk Gaussian, ascending. */
  readonly squaredDistances: Float64Array;
}

/**
 * Fits to all folds but one and scores that one, for each. Needs 5 rows or more. `onProgress` is told the part that is done,
 * 0..1.
 */
export function crossValidate(
  rows: Rows,
  onProgress: (part: number) => void = () => undefined,
): CrossValidation {
  if (rows.count < FOLDS)
    throw new RangeError(`Cross-validation in ${FOLDS} parts needs as many rows, not ${rows.count}.`);
  const order = new Random(SEED).permutation(rows.count).slice(0, MOST_PRESETS);
  const count = order.length;
  const sums = { shrunkGaussian: 0, copula: 0, mixture: 0 };
  let gaussianSum: number | null = 0;
  const squaredDistances: number[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const held = order.filter((_, i) => i % FOLDS === fold);
    const seen = pickRows(
      rows,
      order.filter((_, i) => i % FOLDS !== fold),
    );
    const mean = meanOf(seen);
    const covariance = covarianceOf(seen, mean);
    for (let i = 0; i < rows.dimensions; i++) covariance[i * rows.dimensions + i] += stillness(mean[i]);
    const plain = gaussianOrNull(mean, covariance, seen.count);
    const shrinkage = Math.max(LEAST_SHRINKAGE, shrinkageOf(seen, mean, covariance));
    const regular = new Gaussian(mean, shrunk(covariance, rows.dimensions, shrinkage));
    const copula = shapedDensityOf(seen);
    onProgress((fold + COPULA_PART) / FOLDS);
    const mixture = mixtureOf(seen, MIXTURE_PARTS);
    for (const row of held) {
      const x = rowOf(rows, row);
      gaussianSum = plain === null || gaussianSum === null ? null : gaussianSum + plain.logDensity(x);
      sums.shrunkGaussian += regular.logDensity(x);
      sums.copula += copula.logDensity(x);
      sums.mixture += mixture(x);
      squaredDistances.push(regular.squaredDistance(x));
    }
    onProgress((fold + 1) / FOLDS);
  }
  return {
    likelihood: {
      gaussian: gaussianSum === null ? null : gaussianSum / count,
      shrunkGaussian: sums.shrunkGaussian / count,
      copula: sums.copula / count,
      mixture: sums.mixture / count,
    },
    squaredDistances: Float64Array.from(squaredDistances).sort(),
  };
}

function gaussianOrNull(mean: Float64Array, covariance: Float64Array, count: number): Gaussian | null {
  if (count <= mean.length) return null;
  try {
    return new Gaussian(mean, covariance);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
