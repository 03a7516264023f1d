/**
 * Mean, covariance and how far a covariance must be shrunk to be of use.
 *
 *   S = Σ (x − m)(x − m)ᵀ / (n − 1)
 *   S* = (1 − λ) S + λ diag(S)      each variance stays, each correlation becomes 1 − λ of itself
 *   λ  = Σ_{i≠j} Var(r_ij) / Σ_{i≠j} r_ij²,  r the correlations, Var(r_ij) estimated from the data, λ within 0..1
 *
 * Source: Ledoit & Wolf, J. Multivariate Analysis 88 (2004); with the diagonal as target: Schäfer & Strimmer, Stat. Appl.
 * Genet. Mol. Biol. 4 (2005), equations 8 to 10.
 */

/** Presets as rows: `count` × `dimensions`, row by row. */
export interface Rows {
  readonly count: number;
  readonly dimensions: number;
  readonly data: Float64Array;
}

/** One dimension of every row. */
export function column({ count, dimensions, data }: Rows, index: number): Float64Array {
  return Float64Array.from({ length: count }, (_, row) => data[row * dimensions + index]);
}

/** One row, a view. */
export const rowOf = ({ dimensions, data }: Rows, index: number): Float64Array =>
  data.subarray(index * dimensions, (index + 1) * dimensions);

/** Some of the rows, in the order given. */
export function pickRows(rows: Rows, indices: readonly number[]): Rows {
  const data = new Float64Array(indices.length * rows.dimensions);
  indices.forEach((index, i) => {
    data.set(rowOf(rows, index), i * rows.dimensions);
  });
  return { count: indices.length, dimensions: rows.dimensions, data };
}

/** Summed about the first row: the mean of equal values is that value, and what does not vary has a variance of 0. */
export function meanOf({ count, dimensions, data }: Rows): Float64Array {
  const mean = new Float64Array(dimensions);
  for (let row = 1; row < count; row++)
    for (let i = 0; i < dimensions; i++) mean[i] += (data[row * dimensions + i] - data[i]) / count;
  return mean.map((value, i) => value + data[i]);
}

/** Second moments about `centre`, divided by n − 1: the covariance if `centre` is the mean. Needs two rows or more. */
export function covarianceOf(rows: Rows, centre: Float64Array): Float64Array {
  const { count, dimensions: d, data } = rows;
  if (count < 2) throw new RangeError(`A covariance needs 2 rows or more, not ${count}.`);
  const sum = new Float64Array(d * d);
  const x = new Float64Array(d);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < d; i++) x[i] = data[row * d + i] - centre[i];
    for (let i = 0; i < d; i++) {
      const xi = x[i];
      for (let j = 0; j <= i; j++) sum[i * d + j] += xi * x[j];
    }
  }
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++) sum[j * d + i] = sum[i * d + j] = sum[i * d + j] / (count - 1);
  return sum;
}

/** Square roots of the diagonal. */
export function deviationsOf(covariance: Float64Array, dimensions: number): Float64Array {
  return Float64Array.from({ length: dimensions }, (_, i) => Math.sqrt(covariance[i * dimensions + i]));
}

/** Correlations of a covariance: 1 on the diagonal, 0 beside it where a dimension does not vary. */
export function correlationOf(covariance: Float64Array, dimensions: number): Float64Array {
  const deviation = deviationsOf(covariance, dimensions);
  return covariance.map((value, at) => {
    const i = Math.floor(at / dimensions);
    const j = at % dimensions;
    if (i === j) return 1;
    const product = deviation[i] * deviation[j];
    return product > 0 ? value / product : 0;
  });
}

/** λ of the head of this file, for rows with that mean and covariance; 1 where correlations cannot be known. */
export function shrinkageOf(rows: Rows, mean: Float64Array, covariance: Float64Array): number {
  const { count: n, dimensions: d, data } = rows;
  if (n < 3) return 1;
  const deviation = deviationsOf(covariance, d);
  const standardised = new Float64Array(n * d);
  for (let row = 0; row < n; row++)
    for (let i = 0; i < d; i++) {
      const at = row * d + i;
      standardised[at] = deviation[i] > 0 ? (data[at] - mean[i]) / deviation[i] : 0;
    }
  let uncertainty = 0;
  let strength = 0;
  const first = new Float64Array(d);
  const second = new Float64Array(d);
  for (let i = 1; i < d; i++) {
    first.fill(0);
    second.fill(0);
    for (let row = 0; row < n; row++) {
      const x = standardised[row * d + i];
      for (let j = 0; j < i; j++) {
        const product = x * standardised[row * d + j];
        first[j] += product;
        second[j] += product * product;
      }
    }
    for (let j = 0; j < i; j++) {
      // Σ (w − w̄)², with w the products of a pair.
      const spread = second[j] - (first[j] * first[j]) / n;
      uncertainty += (n / (n - 1) ** 3) * spread;
      strength += (first[j] / (n - 1)) ** 2;
    }
  }
  return strength > 0 ? Math.min(1, Math.max(0, uncertainty / strength)) : 1;
}

/** (1 − λ) S + λ diag(S). */
export function shrunk(covariance: Float64Array, dimensions: number, shrinkage: number): Float64Array {
  return covariance.map((value, at) =>
    Math.floor(at / dimensions) === at % dimensions ? value : (1 - shrinkage) * value,
  );
}

/** Keeps a covariance positive definite where two parameters move together exactly. */
export const LEAST_SHRINKAGE = 0.01;

/** The least variance a dimension has: as narrow as marginals are where all presets agree. */
export const stillness = (mean: number): number => (1e-6 * (1 + Math.abs(mean))) ** 2;
