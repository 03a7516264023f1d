/**
 * The A-weighting filter before the spectral losses: 101 symmetric taps at 44.1 kHz (auraloss `FIRFilter`, "aw").
 *
 *   |H(jΩ)| = 10^(1.9997/20) ω4² Ω⁴ / ((Ω² + ω4²)(Ω² + ω1²) √(Ω² + ω3²) √(Ω² + ω2²))     (IEC 61672-1, annex E)
 *   Ω = 2 fs tan(w/2)                                                                   (bilinear, not prewarped)
 *   taps: least-squares linear-phase fit to |H| on the bands (w0,w1), (w2,w3), ... of 512 points w_k = πk/512
 *         (scipy.signal.firls; Oppenheim & Schafer, type I)
 *
 * Too short for the true curve at low frequencies: 50 Hz reads −19.2 dB. Applied with zeros beyond the ends and the
 * centre tap on the current sample, so there is no delay.
 */
import { FIT_SAMPLE_RATE_HZ } from '../units.ts';

export const A_WEIGHTING_TAPS = 101;
const HALF = (A_WEIGHTING_TAPS - 1) / 2;
const POINTS = 512;
const [F1, F2, F3, F4] = [20.598_997, 107.652_65, 737.862_23, 12_194.217];
const GAIN_AT_1_KHZ_DB = 1.9997;

/** |H| at w = π·relative, relative = 0..1 of half the sample rate. */
function magnitude(relative: number): number {
  const omega = 2 * FIT_SAMPLE_RATE_HZ * Math.tan((Math.PI * relative) / 2);
  const squared = omega * omega;
  const pole = (frequencyHz: number): number => squared + (2 * Math.PI * frequencyHz) ** 2;
  const gain = (2 * Math.PI * F4) ** 2 * 10 ** (GAIN_AT_1_KHZ_DB / 20);
  return (gain * squared * squared) / (pole(F4) * pole(F1) * Math.sqrt(pole(F3)) * Math.sqrt(pole(F2)));
}

/** Solves a symmetric positive definite system (row-major) by Cholesky's method. */
function solveSymmetric(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const lower = matrix.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / lower[j * n + j]!;
    }
  }
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * n + k]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= lower[k * n + i]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  return x;
}

/**
 * Minimises Σ_bands ∫ (A(f) − D(f))² df over A(f) = Σ_{n=0..50} a_n cos(πnf), f = 0..1, with D linear within a band.
 * Normal equations: half of Σ ∫ cos(πif) cos(πjf) = ½(q[i−j] + q[i+j]), and the matching moments of D.
 */
function leastSquaresTaps(): Float64Array {
  const q = new Float64Array(A_WEIGHTING_TAPS);
  const moments = new Float64Array(HALF + 1);
  for (let band = 0; band < POINTS / 2; band++) {
    const low = (2 * band) / POINTS;
    const high = (2 * band + 1) / POINTS;
    const slope = (magnitude(high) - magnitude(low)) / (high - low);
    const offset = magnitude(low) - low * slope;
    q[0]! += high - low;
    moments[0]! += (slope / 2) * (high * high - low * low) + offset * (high - low);
    for (let n = 1; n < A_WEIGHTING_TAPS; n++) {
      const k = Math.PI * n;
      const sineHigh = Math.sin(k * high) / k;
      const sineLow = Math.sin(k * low) / k;
      q[n]! += sineHigh - sineLow;
      if (n <= HALF) {
        moments[n]! +=
          (slope * high + offset) * sineHigh -
          (slope * low + offset) * sineLow +
          (slope * (Math.cos(k * high) - Math.cos(k * low))) / (k * k);
      }
    }
  }
  const size = HALF + 1;
  const normal = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) normal[i * size + j] = (q[Math.abs(i - j)]! + q[i + j]!) / 2;
  const a = solveSymmetric(normal, moments);
  const taps = new Float64Array(A_WEIGHTING_TAPS);
  taps[HALF] = a[0]!;
  for (let n = 1; n <= HALF; n++) taps[HALF + n] = taps[HALF - n] = a[n]! / 2;
  return taps;
}

let taps: Float64Array | undefined;

/**
 * The 101 taps, computed once. Rounded to float32, as the published system uses them in every precision.
 * Shared: do not write to the array.
 */
export function aWeightingTaps(): Float64Array {
  return (taps ??= leastSquaresTaps().map(Math.fround));
}

/**
 * out[j] = x filtered, at sample `start` + j, for every j of `out`. Positions before or after x are answered by
 * reflection about its first or last sample (of the filtered signal), so x must be longer than they reach.
 */
export function aWeighted(x: Float32Array | Float64Array, start: number, out: Float64Array): void {
  const h = aWeightingTaps();
  const last = x.length - 1;
  const centre = h[HALF]!;
  for (let j = 0; j < out.length; j++) {
    const position = start + j;
    const n = position < 0 ? -position : position > last ? 2 * last - position : position;
    let sum = centre * x[n]!;
    if (n >= HALF && n + HALF <= last) {
      for (let k = 1; k <= HALF; k++) sum += h[HALF + k]! * (x[n - k]! + x[n + k]!);
    } else {
      for (let k = 1; k <= HALF; k++) sum += h[HALF + k]! * ((x[n - k] ?? 0) + (x[n + k] ?? 0));
    }
    out[j] = sum;
  }
}
