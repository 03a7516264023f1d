/**
 * Gradient of the loudness-dynamic-range loss with respect to the prediction; names as in `loudness-dynamic-range.ts`.
 * With e = f(pred) − f(target) over all M samples of both rows, p and q the prediction's short and long averages:
 *
 *   p̄[n] = sign(e[n]) / (M p[n])        q̄[n + S] = −sign(e[n]) / (M q[n + S])  (rolled over the rows as one)
 *   μ[n] = p̄[n] + (1 − c) μ[n+1] within a row,  v̄ = c μ,  x̄ = 2 x v̄ where x² ≥ 1e-8
 */
import {
  LDR_SCALES,
  LEFT_RIGHT,
  MID_SIDE,
  SAMPLE_POWER_FLOOR,
  type LdrScale,
  type Rows,
} from './loudness-dynamic-range.ts';
import type { StereoSamples } from './multi-resolution-stft.ts';

/** One row after the other in one array. */
function mixRows([left, right]: StereoSamples, rows: Rows): Float64Array {
  const length = left.length;
  const mixed = new Float64Array(rows.length * length);
  rows.forEach(([byLeft, byRight], row) => {
    for (let n = 0; n < length; n++) mixed[row * length + n] = byLeft * left[n] + byRight * right[n];
  });
  return mixed;
}

/** The running average of the power of each row of `length` samples. */
function averagePowers(x: Float64Array, length: number, coefficient: number): Float64Array {
  const averages = new Float64Array(x.length);
  let mean = 0;
  for (let n = 0; n < x.length; n++) {
    if (n % length === 0) mean = 0;
    mean = (1 - coefficient) * mean + coefficient * Math.max(x[n] * x[n], SAMPLE_POWER_FLOOR);
    averages[n] = mean;
  }
  return averages;
}

/** Adds the gradient with respect to x, given that of the averages. */
function addAveragePowersAdjoint(
  x: Float64Array,
  length: number,
  coefficient: number,
  byAverage: Float64Array,
  grad: Float64Array,
): void {
  let later = 0;
  for (let n = x.length - 1; n >= 0; n--) {
    if ((n + 1) % length === 0) later = 0;
    const lambda = byAverage[n] + later;
    if (x[n] * x[n] >= SAMPLE_POWER_FLOOR) grad[n] += 2 * x[n] * coefficient * lambda;
    later = (1 - coefficient) * lambda;
  }
}

/** LDR of the rows; adds `weight` times its gradient to `grad`, laid out as the rows. */
function dynamicRangeGradient(
  pred: Float64Array,
  target: Float64Array,
  length: number,
  { shortCoefficient, longCoefficient, rollSamples }: LdrScale,
  weight: number,
  grad: Float64Array,
): number {
  const total = pred.length;
  const short = averagePowers(pred, length, shortCoefficient);
  const long = averagePowers(pred, length, longCoefficient);
  const targetShort = averagePowers(target, length, shortCoefficient);
  const targetLong = averagePowers(target, length, longCoefficient);
  let sum = 0;
  for (let n = 0, later = rollSamples % total; n < total; n++, later = later + 1 === total ? 0 : later + 1) {
    const error = Math.log(short[n] / targetShort[n] / (long[later] / targetLong[later]));
    sum += Math.abs(error);
    // Each average is met once, so its gradient can take its place.
    const slope = (weight * Math.sign(error)) / total;
    short[n] = slope / short[n];
    long[later] = -slope / long[later];
  }
  addAveragePowersAdjoint(pred, length, shortCoefficient, short, grad);
  addAveragePowersAdjoint(pred, length, longCoefficient, long, grad);
  return sum / total;
}

/**
 * The losses of `loudnessDynamicRangeLoss`; adds the gradient of weights.lr · lr + weights.ms · ms with respect to the
 * prediction to `gradient`, arrays of its length.
 */
export function loudnessDynamicRangeGradient(
  pred: StereoSamples,
  target: StereoSamples,
  weights: { readonly lr: number; readonly ms: number },
  gradient: readonly [left: Float64Array, right: Float64Array],
): { lr: number; ms: number } {
  const length = pred[0].length;
  if (length === 0) throw new RangeError('The dynamics loss needs one sample or more, got 0.');
  const over = (rows: Rows, weight: number): number => {
    const mixedPred = mixRows(pred, rows);
    const mixedTarget = mixRows(target, rows);
    const grad = new Float64Array(mixedPred.length);
    const loss = LDR_SCALES.reduce(
      (sum, ldr) => sum + dynamicRangeGradient(mixedPred, mixedTarget, length, ldr, weight, grad),
      0,
    );
    rows.forEach(([byLeft, byRight], row) => {
      for (let n = 0; n < length; n++) {
        gradient[0][n] += byLeft * grad[row * length + n];
        gradient[1][n] += byRight * grad[row * length + n];
      }
    });
    return loss;
  };
  return { lr: over(LEFT_RIGHT, weights.lr), ms: over(MID_SIDE, weights.ms) };
}
