/**
 * A normal distribution in many dimensions: density, distance, conditioning and truncated draws.
 *
 *   log p(x) = −½ (d² + n log 2π + log det Σ),   d² = (x − m)ᵀ Σ⁻¹ (x − m)
 *   given x_L:  m_F + Σ_FL Σ_LL⁻¹ (x_L − m_L),  Σ_FF − Σ_FL Σ_LL⁻¹ Σ_LF       (Bishop, PRML, 2.81 and 2.82)
 *   a draw:     m + T Σₖ √λₖ zₖ vₖ, z normal and cut off at ±3 but of variance 1 (see truncatedNormal), T the temperature
 *
 * The draw's covariance is T² Σ exactly, and no weight of a principal component exceeds 3.04 T.
 */
import { symmetricEigen, backSolve, cholesky, forwardSolve, logDeterminant, submatrix } from './matrix.ts';
import { truncatedNormal } from './normal.ts';
import type { Random } from '../optimise/random.ts';

/** Standard deviations at which draws are cut off. */
export const TRUNCATION = 3;

export interface DrawOptions {
  readonly random: Random;
  /** 1 spreads draws as the presets are spread; 0 gives the mean. */
  readonly temperature: number;
}

export class Gaussian {
  readonly dimensions: number;
  private readonly factor: Float64Array;
  private axes: Float64Array | undefined;

  /** Throws a RangeError unless the covariance is positive definite. */
  constructor(
    readonly mean: Float64Array,
    readonly covariance: Float64Array,
  ) {
    this.dimensions = mean.length;
    const factor = cholesky(covariance, this.dimensions);
    if (!factor) throw new RangeError('The covariance is not positive definite.');
    this.factor = factor;
  }

  /** Squared Mahalanobis distance from the mean. */
  squaredDistance(x: ArrayLike<number>): number {
    return this.whitened(x).reduce((sum, value) => sum + value * value, 0);
  }

  /** In nats. */
  logDensity(x: ArrayLike<number>): number {
    const n = this.dimensions;
    return -0.5 * (this.squaredDistance(x) + n * Math.log(2 * Math.PI) + logDeterminant(this.factor, n));
  }

  /** (x − m)ⱼ as far as the other dimensions do not explain it, in standard deviations of that: one number each. */
  conditionalDeviations(x: ArrayLike<number>): Float64Array {
    const n = this.dimensions;
    const gradient = backSolve(this.factor, n, this.whitened(x));
    return gradient.map((value, j) => {
      const unit = new Float64Array(n);
      unit[j] = 1;
      const precision = forwardSolve(this.factor, n, unit).reduce((sum, entry) => sum + entry * entry, 0);
      return value / Math.sqrt(precision);
    });
  }

  draw({ random, temperature }: DrawOptions): Float64Array {
    const n = this.dimensions;
    this.axes ??= scaledAxes(this.covariance, n);
    const x = this.mean.slice();
    for (let k = 0; k < n; k++) {
      const amount = temperature * truncatedNormal(random, TRUNCATION);
      for (let i = 0; i < n; i++) x[i] += amount * this.axes[k * n + i];
    }
    return x;
  }

  /**
   * How the other dimensions are distributed where those at `locked` have these values. `free` are the dimensions of the
   * result, in order.
   */
  given(locked: readonly number[], values: ArrayLike<number>): { free: number[]; gaussian: Gaussian } {
    const n = this.dimensions;
    const free = Array.from({ length: n }, (_, i) => i).filter((i) => !locked.includes(i));
    const l = locked.length;
    const f = free.length;
    const factor = cholesky(submatrix(this.covariance, n, locked, locked), l);
    if (!factor) throw new RangeError('The locked dimensions have no positive definite covariance.');
    const deviation = forwardSolve(
      factor,
      l,
      locked.map((dimension, i) => values[i] - this.mean[dimension]),
    );
    // Row i: L⁻¹ Σ_L,free(i), so that products of rows are Σ_FL Σ_LL⁻¹ Σ_LF.
    const explained = free.map((dimension) =>
      forwardSolve(
        factor,
        l,
        locked.map((other) => this.covariance[dimension * n + other]),
      ),
    );
    const product = (a: Float64Array, b: Float64Array): number =>
      a.reduce((sum, value, i) => sum + value * b[i], 0);
    const mean = Float64Array.from(
      free,
      (dimension, i) => this.mean[dimension] + product(explained[i], deviation),
    );
    const covariance = new Float64Array(f * f);
    for (let i = 0; i < f; i++)
      for (let j = 0; j <= i; j++)
        covariance[i * f + j] = covariance[j * f + i] =
          this.covariance[free[i] * n + free[j]] - product(explained[i], explained[j]);
    return { free, gaussian: new Gaussian(mean, covariance) };
  }

  private whitened(x: ArrayLike<number>): Float64Array {
    return forwardSolve(
      this.factor,
      this.dimensions,
      this.mean.map((value, i) => x[i] - value),
    );
  }
}

/** Rows √λₖ vₖ. */
function scaledAxes(covariance: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(covariance, n);
  return vectors.map((entry, at) => entry * Math.sqrt(Math.max(0, values[Math.floor(at / n)])));
}
