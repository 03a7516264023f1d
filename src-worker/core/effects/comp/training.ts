/**
 * Feed-forward compressor and downward expander, training form (DiffVox `compressor_expander`, torchcomp), mono:
 *
 *   m[n] = (1 − a) m[n−1] + a max(x[n]², 1e-8),  m[−1] = 0             level L = 10 log10 m
 *   g    = min(0, (1 − 1/CR)(CT − L), (1 − 1/ER)(ET − L))  dB          f = 10^(g/20)
 *   y[n] = (1 − k) y[n−1] + k f[n],  y[−1] = 1,  k = attack if f[n] < y[n−1], else release
 *   out[n] = x[n] · 10^(makeup/20) · Σ_j sinc(j − 44 − lookahead) y[n + j − 44],  j = 0..705, edges of y replicated
 *
 * The gain itself is smoothed, not its decibels. The sinc has no window and is not renormalised.
 */
import { convolve } from '../../signal/convolve.ts';
import { FIT_SAMPLE_RATE_HZ, dbToGain } from '../../units.ts';
import { MAX_LOOKAHEAD_MS } from './params.ts';

/** Power below which the detector hears no difference (−80 dBFS). */
export const DETECTOR_FLOOR = 1e-8;
/** Lookahead taps before and after the current sample: 1 ms and the longest lookahead. */
export const LOOKAHEAD_TAPS_BEFORE = Math.floor(0.001 * FIT_SAMPLE_RATE_HZ);
export const LOOKAHEAD_TAPS_AFTER = Math.floor((MAX_LOOKAHEAD_MS / 1000) * FIT_SAMPLE_RATE_HZ);

/** The values of {@link compParameters} by name; coefficients are per sample. */
export interface CompressorValues {
  readonly thresholdDb: number;
  readonly expanderThresholdDb: number;
  readonly makeupDb: number;
  readonly lookaheadMs: number;
  readonly attack: number;
  readonly release: number;
  readonly averaging: number;
  readonly ratio: number;
  readonly expanderRatio: number;
}

/** Names the values of {@link compParameters}, given in their order. */
export function compressorValues(values: ArrayLike<number>): CompressorValues {
  const [
    thresholdDb,
    expanderThresholdDb,
    makeupDb,
    lookaheadMs,
    attack,
    release,
    averaging,
    ratio,
    expanderRatio,
  ] = Array.from(values);
  return {
    thresholdDb,
    expanderThresholdDb,
    makeupDb,
    lookaheadMs,
    attack,
    release,
    averaging,
    ratio,
    expanderRatio,
  };
}

/** Mean power m of x, one number per sample. */
export function averagePower(averaging: number, x: Float64Array): Float64Array {
  let mean = 0;
  return x.map(
    (sample) => (mean = (1 - averaging) * mean + averaging * Math.max(sample * sample, DETECTOR_FLOOR)),
  );
}

/** Static curve: gain in dB (≤ 0) at a level in dB. */
export function staticGainDb(
  { thresholdDb, expanderThresholdDb, ratio, expanderRatio }: CompressorValues,
  levelDb: number,
): number {
  return Math.min(
    0,
    (1 - 1 / ratio) * (thresholdDb - levelDb),
    (1 - 1 / expanderRatio) * (expanderThresholdDb - levelDb),
  );
}

/** Attack and release on a linear gain curve. */
export function smoothGain(attack: number, release: number, target: Float64Array): Float64Array {
  let gain = 1;
  return target.map((wanted) => {
    const coefficient = wanted < gain ? attack : release;
    return (gain = (1 - coefficient) * gain + coefficient * wanted);
  });
}

/** The 706 taps that advance the gain curve; tap {@link LOOKAHEAD_TAPS_BEFORE} meets the current sample. */
export function lookaheadTaps(lookaheadMs: number): Float64Array {
  const lookaheadSamples = (lookaheadMs * FIT_SAMPLE_RATE_HZ) / 1000;
  return Float64Array.from({ length: LOOKAHEAD_TAPS_BEFORE + 1 + LOOKAHEAD_TAPS_AFTER }, (_, j) => {
    const z = Math.PI * (j - LOOKAHEAD_TAPS_BEFORE - lookaheadSamples);
    return z === 0 ? 1 : Math.sin(z) / z;
  });
}

/** Σ_j taps[j] y[n + j − 44]; the first and last value of y reach on beyond its ends. */
export function filterAhead(taps: Float64Array, y: Float64Array): Float64Array {
  if (y.length === 0) return y;
  const reach = LOOKAHEAD_TAPS_BEFORE + LOOKAHEAD_TAPS_AFTER;
  const extended = new Float64Array(y.length + reach);
  extended.fill(y[0]!, 0, LOOKAHEAD_TAPS_BEFORE);
  extended.set(y, LOOKAHEAD_TAPS_BEFORE);
  extended.fill(y[y.length - 1]!, LOOKAHEAD_TAPS_BEFORE + y.length);
  return convolve(extended, taps.toReversed()).subarray(reach);
}

/** y advanced by the lookahead. */
export function advanceGain(lookaheadMs: number, y: Float64Array): Float64Array {
  return filterAhead(lookaheadTaps(lookaheadMs), y);
}

/** The gain that the attack and release then smooth, from the mean power of x. */
export function targetGain(values: CompressorValues, power: Float64Array): Float64Array {
  return power.map((mean) => dbToGain(staticGainDb(values, 10 * Math.log10(mean))));
}

/** The linear gain applied to each sample of x, make-up included. */
export function compressorGain(values: CompressorValues, x: Float64Array): Float64Array {
  const target = targetGain(values, averagePower(values.averaging, x));
  const makeup = dbToGain(values.makeupDb);
  const gain = advanceGain(values.lookaheadMs, smoothGain(values.attack, values.release, target));
  for (let n = 0; n < gain.length; n++) gain[n]! *= makeup;
  return gain;
}

/** x compressed and expanded, at the fit rate; `values` in the order of {@link compParameters}. */
export function compress(values: ArrayLike<number>, x: Float64Array): Float64Array {
  const gain = compressorGain(compressorValues(values), x);
  for (let n = 0; n < gain.length; n++) gain[n]! *= x[n]!;
  return gain;
}
