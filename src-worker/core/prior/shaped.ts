/**
 * Presets as they are distributed, not as a normal distribution would have them: every parameter has its own marginal, and a
 * Gaussian copula ties them together.
 *
 *   z_j = the normal score of x_j in its marginal,   z ~ N(0, R)
 *   log p(x) = Σ log p_j(x_j) + log N(z; 0, R) − Σ log φ(z_j)
 *
 * R holds the correlations of the presets' scores, shrunk as in moments.ts. Draws given locked parameters are exact: their
 * scores condition N(0, R). Source: Nelsen, An Introduction to Copulas, 2nd ed., 2.3; Song, Scand. J. Stat. 27 (2000).
 */
import { Gaussian, type DrawOptions } from './gaussian.ts';
import { marginalOf, type Marginal } from './marginal.ts';
import {
  column,
  correlationOf,
  covarianceOf,
  meanOf,
  LEAST_SHRINKAGE,
  shrinkageOf,
  shrunk,
  type Rows,
} from './moments.ts';
import { logNormalDensity } from './normal.ts';

export class ShapedDensity {
  private readonly copula: Gaussian;

  /** `correlation`: R, positive definite, ones on its diagonal. */
  constructor(
    readonly marginals: readonly Marginal[],
    readonly correlation: Float64Array,
  ) {
    this.copula = new Gaussian(new Float64Array(marginals.length), correlation);
  }

  /** Normal score of each value: how far from its usual value, in standard deviations of a normal distribution. */
  scoresOf(x: ArrayLike<number>): Float64Array {
    return Float64Array.from(this.marginals, (marginal, i) => marginal.scoreOf(x[i]).z);
  }

  /** In nats. */
  logDensity(x: ArrayLike<number>): number {
    let sum = 0;
    const scores = Float64Array.from(this.marginals, (marginal, i) => {
      const { z, logDensity } = marginal.scoreOf(x[i]);
      sum += logDensity - logNormalDensity(z);
      return z;
    });
    return sum + this.copula.logDensity(scores);
  }

  /** A source of draws in which the dimensions `locked` have these values; temperature 0 gives the (conditional) median. */
  sampler(locked: readonly number[], values: ArrayLike<number>): (options: DrawOptions) => Float64Array {
    const { free, gaussian } =
      locked.length === 0
        ? { free: this.marginals.map((_, i) => i), gaussian: this.copula }
        : this.copula.given(
            locked,
            locked.map((dimension, i) => this.marginals[dimension].scoreOf(values[i]).z),
          );
    return (options) => {
      const scores = gaussian.draw(options);
      const x = new Float64Array(this.marginals.length);
      locked.forEach((dimension, i) => {
        x[dimension] = values[i];
      });
      free.forEach((dimension, i) => {
        x[dimension] = this.marginals[dimension].valueAt(scores[i]);
      });
      return x;
    };
  }
}

/** The distribution of rows (two or more). */
export function shapedDensityOf(rows: Rows): ShapedDensity {
  const marginals = Array.from({ length: rows.dimensions }, (_, i) => marginalOf(column(rows, i)));
  const data = rows.data.map((x, at) => marginals[at % rows.dimensions].scoreOf(x).z);
  const scores: Rows = { ...rows, data };
  const mean = meanOf(scores);
  const covariance = covarianceOf(scores, mean);
  const shrinkage = Math.max(LEAST_SHRINKAGE, shrinkageOf(scores, mean, covariance));
  return new ShapedDensity(
    marginals,
    shrunk(correlationOf(covariance, rows.dimensions), rows.dimensions, shrinkage),
  );
}
