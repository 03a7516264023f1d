/**
 * The last fraction of a sample: how far a finished fit's output leads or lags the wet it was fitted to.
 *
 * A whole-sample alignment is all that the losses need, but a file that is to be compared with the wet sample by sample
 * should meet it exactly. Measured after the fit, when the filters' own delay is in the output and not mistaken for an offset.
 */
import { renderRealtime } from './render.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';

const REACH_SAMPLES = 4;
const MAX_SECONDS = 20;
/** Smaller corrections are noise. */
const SMALLEST_SAMPLES = 0.02;

/** Below this correlation at its peak the output is not near enough to the wet for its time to mean anything. */
const SMALLEST_CORRELATION = 0.5;

function energyOf(channels: readonly Float32Array[]): number {
  let sum = 0;
  for (const channel of channels) for (const sample of channel) sum += sample * sample;
  return sum;
}

/** Lag in samples, between −3 and 3, at which `later` correlates best with `earlier`; 0 if there is no clear peak. */
export function fractionalLag(earlier: readonly Float32Array[], later: readonly Float32Array[]): number {
  const correlation = Array.from({ length: 2 * REACH_SAMPLES + 1 }, (_, i) => {
    const lag = i - REACH_SAMPLES;
    let sum = 0;
    earlier.forEach((channel, c) => {
      const other = later[c]!;
      const end = Math.min(channel.length, other.length) - REACH_SAMPLES;
      for (let n = REACH_SAMPLES; n < end; n++) sum += channel[n]! * other[n + lag]!;
    });
    return sum;
  });
  let best = REACH_SAMPLES;
  for (let i = 1; i < correlation.length - 1; i++) if (correlation[i]! > correlation[best]!) best = i;
  const [before, at, after] = correlation.slice(best - 1, best + 2) as [number, number, number];
  const curvature = before - 2 * at + after;
  const isNear = at > SMALLEST_CORRELATION * Math.sqrt(energyOf(earlier) * energyOf(later));
  if (!isNear || !(curvature < 0)) return 0;
  return best - REACH_SAMPLES + (before - after) / (2 * curvature);
}

/** What to add to the offset of a fit so that its output meets the wet; 0 where that is already so. */
export function fineOffset(
  module: WebAssembly.Module,
  raw: Float64Array,
  dryMono: Float32Array,
  wet: readonly [Float32Array, Float32Array],
): number {
  const length = Math.min(dryMono.length, MAX_SECONDS * FIT_SAMPLE_RATE_HZ);
  const start = Math.floor((dryMono.length - length) / 2);
  const cut = (samples: Float32Array) => samples.subarray(start, start + length);
  const output = renderRealtime(module, cut(dryMono), raw, { sampleRateHz: FIT_SAMPLE_RATE_HZ });
  const lag = fractionalLag(output, wet.map(cut));
  return Math.abs(lag) < SMALLEST_SAMPLES ? 0 : lag;
}
