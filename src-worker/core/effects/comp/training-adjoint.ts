/**
 * Adjoint of the compressor's training form; names as in `training.ts`, v̄ = ∂L/∂v, M = 10^(makeup/20), p = y advanced:
 *
 *   p̄ = ō M x      ∂/∂lookahead = Σ p̄ · (∂taps/∂lookahead ahead of y)      ȳ = transposed taps of p̄, edges folded back
 *   λ[n] = ȳ[n] + (1 − k[n+1]) λ[n+1],  f̄ = k λ,  ∂/∂k = Σ λ[n] (f[n] − y[n−1]) over the samples that use that k
 *   ḡ = f̄ f ln 10 / 20, through the branch of the minimum that holds;  dL/dm = 10 / (m ln 10)
 *   μ[n] = m̄[n] + (1 − a) μ[n+1],  ∂/∂a = Σ μ[n] (v[n] − m[n−1]),  x̄ += 2 x a μ where x² ≥ 1e-8
 *
 * The choices of attack or release and of a branch are constants. On a knee the gain is the one without slope.
 */
import { convolve } from '../../signal/convolve.ts';
import { innerProduct } from '../../signal/inner-product.ts';
import { FIT_SAMPLE_RATE_HZ, dbToGain } from '../../units.ts';
import {
  DETECTOR_FLOOR,
  LOOKAHEAD_TAPS_AFTER,
  LOOKAHEAD_TAPS_BEFORE,
  averagePower,
  compressorValues,
  filterAhead,
  lookaheadTaps,
  smoothGain,
  targetGain,
  type CompressorValues,
} from './training.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Gradient = Writable<CompressorValues>;

const NEPER_PER_DB = Math.LN10 / 20;
/** Below this |z| the quotient (z cos z − sin z)/z² loses more digits than its series −z/3 leaves out. */
const SMALL_ANGLE = 1e-4;

/** d sinc / dz in angles: (z cos z − sin z)/z², 0 at 0. */
function sincSlope(z: number): number {
  return Math.abs(z) < SMALL_ANGLE ? -z / 3 : (Math.cos(z) - Math.sin(z) / z) / z;
}

/** Derivative of the lookahead's taps by the lookahead in ms. */
export function lookaheadTapSlopes(lookaheadMs: number): Float64Array {
  const samplesPerMs = FIT_SAMPLE_RATE_HZ / 1000;
  return lookaheadTaps(lookaheadMs).map((_, j) => {
    const z = Math.PI * (j - LOOKAHEAD_TAPS_BEFORE - lookaheadMs * samplesPerMs);
    return -Math.PI * samplesPerMs * sincSlope(z);
  });
}

/** Adjoint of {@link filterAhead}. */
function filterAheadAdjoint(taps: Float64Array, grad: Float64Array): Float64Array {
  const length = grad.length;
  const padded = new Float64Array(length + LOOKAHEAD_TAPS_BEFORE + LOOKAHEAD_TAPS_AFTER);
  padded.set(grad);
  const extended = convolve(padded, taps);
  const gradY = extended.slice(LOOKAHEAD_TAPS_BEFORE, LOOKAHEAD_TAPS_BEFORE + length);
  const sum = (from: number, to?: number): number => extended.subarray(from, to).reduce((s, g) => s + g, 0);
  gradY[0] += sum(0, LOOKAHEAD_TAPS_BEFORE);
  gradY[length - 1] += sum(LOOKAHEAD_TAPS_BEFORE + length);
  return gradY;
}

/** Replaces ∂L/∂y by ∂L/∂f in place and adds to attack and release. */
function smoothGainAdjoint(
  { attack, release }: CompressorValues,
  target: Float64Array,
  smoothed: Float64Array,
  grad: Float64Array,
  gradient: Gradient,
): void {
  let later = 0;
  for (let n = grad.length - 1; n >= 0; n--) {
    const before = n > 0 ? smoothed[n - 1] : 1;
    const attacks = target[n] < before;
    const coefficient = attacks ? attack : release;
    const lambda = grad[n] + later;
    gradient[attacks ? 'attack' : 'release'] += lambda * (target[n] - before);
    later = (1 - coefficient) * lambda;
    grad[n] = coefficient * lambda;
  }
}

/** Replaces ∂L/∂f by ∂L/∂m in place and adds to thresholds and ratios. */
function targetGainAdjoint(
  values: CompressorValues,
  power: Float64Array,
  target: Float64Array,
  grad: Float64Array,
  gradient: Gradient,
): void {
  const { thresholdDb, expanderThresholdDb, ratio, expanderRatio } = values;
  const slope = 1 - 1 / ratio;
  const expanderSlope = 1 - 1 / expanderRatio;
  for (let n = 0; n < grad.length; n++) {
    const levelDb = 10 * Math.log10(power[n]);
    const compression = slope * (thresholdDb - levelDb);
    const expansion = expanderSlope * (expanderThresholdDb - levelDb);
    const byGainDb = grad[n] * target[n] * NEPER_PER_DB;
    if (Math.min(compression, expansion) >= 0) {
      grad[n] = 0;
      continue;
    }
    let byLevelDb: number;
    if (compression <= expansion) {
      gradient.thresholdDb += byGainDb * slope;
      gradient.ratio += (byGainDb * (thresholdDb - levelDb)) / ratio ** 2;
      byLevelDb = -byGainDb * slope;
    } else {
      gradient.expanderThresholdDb += byGainDb * expanderSlope;
      gradient.expanderRatio += (byGainDb * (expanderThresholdDb - levelDb)) / expanderRatio ** 2;
      byLevelDb = -byGainDb * expanderSlope;
    }
    grad[n] = (byLevelDb * 10) / (Math.LN10 * power[n]);
  }
}

/** Adds to `input` and to the averaging, given ∂L/∂m. */
function averagePowerAdjoint(
  averaging: number,
  x: Float64Array,
  power: Float64Array,
  grad: Float64Array,
  input: Float64Array,
  gradient: Gradient,
): void {
  let later = 0;
  for (let n = grad.length - 1; n >= 0; n--) {
    const before = n > 0 ? power[n - 1] : 0;
    const squared = x[n] * x[n];
    const lambda = grad[n] + later;
    gradient.averaging += lambda * (Math.max(squared, DETECTOR_FLOOR) - before);
    later = (1 - averaging) * lambda;
    if (squared >= DETECTOR_FLOOR) input[n] += 2 * x[n] * averaging * lambda;
  }
}

/**
 * Gradient of a scalar with respect to the values of {@link compParameters}, in their order, and to x, given that with
 * respect to `compress(values, x)`.
 */
export function compressAdjoint(
  values: ArrayLike<number>,
  x: Float64Array,
  gradOutput: Float64Array,
): { readonly values: Float64Array; readonly input: Float64Array } {
  const named = compressorValues(values);
  const gradient: Gradient = compressorValues(new Float64Array(values.length));
  if (x.length === 0) return { values: new Float64Array(values.length), input: new Float64Array(0) };
  const power = averagePower(named.averaging, x);
  const target = targetGain(named, power);
  const smoothed = smoothGain(named.attack, named.release, target);
  const taps = lookaheadTaps(named.lookaheadMs);
  const makeup = dbToGain(named.makeupDb);

  const gain = filterAhead(taps, smoothed).map((advanced) => makeup * advanced);
  const input = gradOutput.map((g, n) => g * gain[n]);
  gradient.makeupDb = NEPER_PER_DB * innerProduct(input, x);
  const byAdvanced = gradOutput.map((g, n) => g * makeup * x[n]);
  gradient.lookaheadMs = innerProduct(
    byAdvanced,
    filterAhead(lookaheadTapSlopes(named.lookaheadMs), smoothed),
  );
  const grad = filterAheadAdjoint(taps, byAdvanced);
  smoothGainAdjoint(named, target, smoothed, grad, gradient);
  targetGainAdjoint(named, power, target, grad, gradient);
  averagePowerAdjoint(named.averaging, x, power, grad, input, gradient);
  return {
    values: Float64Array.of(
      gradient.thresholdDb,
      gradient.expanderThresholdDb,
      gradient.makeupDb,
      gradient.lookaheadMs,
      gradient.attack,
      gradient.release,
      gradient.averaging,
      gradient.ratio,
      gradient.expanderRatio,
    ),
    input,
  };
}
