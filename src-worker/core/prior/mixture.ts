/**
 * A mixture of normal distributions, as a rival to the copula in cross-validation.
 *
 * Fitted by expectation maximisation to standardised values; each covariance is drawn towards the shrunk covariance of all
 * rows as if `dimensions` further rows had it (the maximum a posteriori of an inverse Wishart prior), since a part of a few
 * hundred presets cannot fill 130 dimensions. Source: Bishop, PRML, 9.2.2; Fraley & Raftery, J. Classif. 24 (2007).
 */
import { Gaussian } from './gaussian.ts';
import {
  covarianceOf,
  deviationsOf,
  LEAST_SHRINKAGE,
  meanOf,
  rowOf,
  shrinkageOf,
  shrunk,
  stillness,
  type Rows,
} from './moments.ts';
import { Random } from '../optimise/random.ts';

const ITERATIONS = 25;
const SEED = 1;

/** log density, in nats, of a mixture of `count` parts fitted to the rows. */
export function mixtureOf(rows: Rows, count: number): (x: ArrayLike<number>) => number {
  const { dimensions: d, count: n } = rows;
  const centre = meanOf(rows);
  const covariance = covarianceOf(rows, centre);
  const deviation = deviationsOf(covariance, d).map((value, i) =>
    Math.hypot(value, Math.sqrt(stillness(centre[i]))),
  );
  const standardised: Rows = {
    ...rows,
    data: rows.data.map((x, at) => (x - centre[at % d]) / deviation[at % d]),
  };
  const whole = covarianceOf(standardised, new Float64Array(d));
  const pull = shrunk(whole, d, Math.max(LEAST_SHRINKAGE, shrinkageOf(rows, centre, covariance)));
  for (let i = 0; i < d; i++) if (pull[i * d + i] === 0) pull[i * d + i] = 1;
  const random = new Random(SEED);
  const parts = Array.from({ length: count }, (_, k) => k);
  const share = new Float64Array(n * count);
  for (let row = 0; row < n; row++) {
    const chosen = Math.floor(random.uniform() * count);
    for (const k of parts) share[row * count + k] = k === chosen ? 0.8 : 0.2 / Math.max(1, count - 1);
  }

  let mixture: { logWeight: number; gaussian: Gaussian }[] = [];
  const logTerms = (x: ArrayLike<number>): number[] =>
    mixture.map(({ logWeight, gaussian }) => logWeight + gaussian.logDensity(x));
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    mixture = parts.map((k) => weightedPart(standardised, share, count, k, pull));
    for (let row = 0; row < n; row++) {
      const terms = logTerms(rowOf(standardised, row));
      const total = logSum(terms);
      terms.forEach((term, k) => {
        share[row * count + k] = Math.exp(term - total);
      });
    }
  }
  const logScale = deviation.reduce((sum, value) => sum + Math.log(value), 0);
  return (x) => logSum(logTerms(centre.map((mean, i) => (x[i] - mean) / deviation[i]))) - logScale;
}

function weightedPart(
  { count: n, dimensions: d, data }: Rows,
  share: Float64Array,
  count: number,
  k: number,
  pull: Float64Array,
): { logWeight: number; gaussian: Gaussian } {
  let weight = 1e-9;
  const mean = new Float64Array(d);
  for (let row = 0; row < n; row++) weight += share[row * count + k];
  for (let row = 0; row < n; row++)
    for (let i = 0; i < d; i++) mean[i] += (share[row * count + k] / weight) * data[row * d + i];
  const sum = new Float64Array(d * d);
  const x = new Float64Array(d);
  for (let row = 0; row < n; row++) {
    const part = share[row * count + k];
    if (part < 1e-9) continue;
    for (let i = 0; i < d; i++) x[i] = data[row * d + i] - mean[i];
    for (let i = 0; i < d; i++) {
      const scaled = part * x[i];
      for (let j = 0; j <= i; j++) sum[i * d + j] += scaled * x[j];
    }
  }
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++)
      covariance[i * d + j] = covariance[j * d + i] = (sum[i * d + j] + d * pull[i * d + j]) / (weight + d);
  return { logWeight: Math.log(weight / n), gaussian: new Gaussian(mean, covariance) };
}

function logSum(terms: readonly number[]): number {
  const largest = Math.max(...terms);
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
}
