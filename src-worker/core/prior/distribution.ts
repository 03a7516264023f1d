/**
 * What one dimension looks like: its histogram, its moments, and whether it could be normal.
 *
 * Normality: the K² test of D'Agostino & Pearson (Biometrika 60, 1973), as revised by D'Agostino, Belanger & D'Agostino
 * (Am. Stat. 44, 1990): K² = Z(skewness)² + Z(kurtosis)², chi-square with 2 degrees of freedom, so p = exp(−K²/2).
 */

export interface Histogram {
  readonly from: number;
  readonly to: number;
  /** Values in each of the equally wide bins; the last bin holds its upper end too. */
  readonly counts: readonly number[];
}

/** Bins of equal width from the least to the largest value; one bin if all are the same. */
export function histogramOf(values: ArrayLike<number>, bins: number): Histogram {
  let from = Infinity;
  let to = -Infinity;
  for (let i = 0; i < values.length; i++) {
    from = Math.min(from, values[i]);
    to = Math.max(to, values[i]);
  }
  if (!(to > from)) return { from, to, counts: [values.length] };
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++)
    counts[Math.min(bins - 1, Math.floor(((values[i] - from) / (to - from)) * bins))]++;
  return { from, to, counts };
}

/** Fewest values that the approximations of the test hold for. */
export const LEAST_FOR_NORMALITY = 20;

export interface NormalityTest {
  readonly skewness: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
  readonly kSquared: number;
  /** Probability of a K² as large or larger if the values were normal. */
  readonly p: number;
}

/** null for fewer than 20 values, or values that are all the same. */
export function normalityOf(values: ArrayLike<number>): NormalityTest | null {
  const n = values.length;
  if (n < LEAST_FOR_NORMALITY) return null;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] / n;
  let [m2, m3, m4] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = values[i] - mean;
    m2 += (x * x) / n;
    m3 += x ** 3 / n;
    m4 += x ** 4 / n;
  }
  if (!(m2 > 1e-18 * mean * mean)) return null;
  const skewness = m3 / m2 ** 1.5;
  const kurtosis = m4 / (m2 * m2);
  const kSquared = skewnessScore(skewness, n) ** 2 + kurtosisScore(kurtosis, n) ** 2;
  return { skewness, kurtosis, kSquared, p: Math.exp(-kSquared / 2) };
}

/** Z(√b1), D'Agostino 1970. */
function skewnessScore(skewness: number, n: number): number {
  const y = skewness * Math.sqrt(((n + 1) * (n + 3)) / (6 * (n - 2)));
  const beta = (3 * (n * n + 27 * n - 70) * (n + 1) * (n + 3)) / ((n - 2) * (n + 5) * (n + 7) * (n + 9));
  const w2 = Math.sqrt(2 * (beta - 1)) - 1;
  return Math.asinh(y / Math.sqrt(2 / (w2 - 1))) / Math.sqrt(Math.log(w2) / 2);
}

/** Z(b2), Anscombe & Glynn 1983. */
function kurtosisScore(kurtosis: number, n: number): number {
  const expected = (3 * (n - 1)) / (n + 1);
  const variance = (24 * n * (n - 2) * (n - 3)) / ((n + 1) ** 2 * (n + 3) * (n + 5));
  const x = (kurtosis - expected) / Math.sqrt(variance);
  const asymmetry =
    ((6 * (n * n - 5 * n + 2)) / ((n + 7) * (n + 9))) *
    Math.sqrt((6 * (n + 3) * (n + 5)) / (n * (n - 2) * (n - 3)));
  const a = 6 + (8 / asymmetry) * (2 / asymmetry + Math.sqrt(1 + 4 / (asymmetry * asymmetry)));
  const cube = Math.cbrt((1 - 2 / a) / (1 + x * Math.sqrt(2 / (a - 4))));
  return (1 - 2 / (9 * a) - cube) / Math.sqrt(2 / (9 * a));
}
