/**
 * The low-pass filter of the resampler: a sinc with a Kaiser window, cut into phases.
 *
 *   h(τ) = 2 f_c sinc(2 f_c τ) · I0(β √(1 − (τ/T)²)) / I0(β),  |τ| < T, in input samples
 *
 * It passes everything up to 20 kHz at 44.1 kHz (0.907 of the lower of the two Nyquist frequencies) and stops
 * everything beyond that Nyquist frequency by 140 dB, so nothing folds back. β and the length: J. F. Kaiser's
 * formulas, as in Oppenheim & Schafer, Discrete-Time Signal Processing, §7.6.
 *
 * Row p of the table holds h for outputs that fall p/P of a sample after an input sample. Every row is scaled to a
 * sum of 1, so that a constant stays that constant.
 */
import { kaiserWindow } from '#core/signal/kaiser.ts';

const STOP_BAND_DB = 140;
const PASS_BAND = 20_000 / 22_050;

/** Ratios with more phases than this take two neighbouring rows of a table this fine, 143 dB accurate. */
const MAX_EXACT_PHASES = 1024;
const INTERPOLATED_PHASES = 4096;

export interface ResampleFilter {
  /** Input samples per output sample are `step / phases`, in lowest terms. */
  readonly phases: number;
  readonly step: number;
  readonly taps: number;
  /** The weights of the inputs floor(t) − taps/2 + 1 … floor(t) + taps/2 for an output at t = floor(t) + phase/phases. */
  readonly weightsAt: (phase: number) => Float64Array;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export function designResampleFilter(fromRateHz: number, toRateHz: number): ResampleFilter {
  const divisor = greatestCommonDivisor(fromRateHz, toRateHz);
  const phases = toRateHz / divisor;
  const step = fromRateHz / divisor;

  const stop = 0.5 * Math.min(1, toRateHz / fromRateHz);
  const cutoff = (stop * (1 + PASS_BAND)) / 2;
  const transition = stop * (1 - PASS_BAND);
  const beta = 0.1102 * (STOP_BAND_DB - 8.7);
  const half = Math.ceil((STOP_BAND_DB - 7.95) / (14.36 * transition) / 2);
  const taps = 2 * half;
  const kaiser = kaiserWindow(beta);

  const impulse = (tau: number): number => {
    const x = 2 * Math.PI * cutoff * tau;
    return (x === 0 ? 1 : Math.sin(x) / x) * kaiser(tau / half);
  };
  const row = (fraction: number): Float64Array => {
    const weights = Float64Array.from({ length: taps }, (_, j) => impulse(fraction + half - 1 - j));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  };

  if (phases <= MAX_EXACT_PHASES) {
    const rows = Array.from({ length: phases }, (_, phase) => row(phase / phases));
    return { phases, step, taps, weightsAt: (phase) => rows[phase] };
  }
  const rows = Array.from({ length: INTERPOLATED_PHASES + 1 }, (_, i) => row(i / INTERPOLATED_PHASES));
  const blended = new Float64Array(taps);
  const weightsAt = (phase: number): Float64Array => {
    const place = (phase / phases) * INTERPOLATED_PHASES;
    const index = Math.floor(place);
    const part = place - index;
    const low = rows[index];
    const high = rows[index + 1];
    for (let j = 0; j < taps; j++) blended[j] = low[j] + part * (high[j] - low[j]);
    return blended;
  };
  return { phases, step, taps, weightsAt };
}
