/**
 * Any sample rate to any other, by direct convolution with the phases of one linear-phase filter:
 *
 *   y[k] = Σ_i x[i] h(k · from/to − i)
 *
 * No time shift: output k is the sound at second k / to. Outside the material there is silence. Distortion and
 * noise of a sine are below −145 dB, and the pass band (see resample-filter.ts) is flat within 10⁻⁵ dB.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Audio } from '#core/signal/audio.ts';
import type { ResampleFilter } from './resample-filter.ts';
import { designResampleFilter } from './resample-filter.ts';

/** Outputs computed before other work gets its turn; the inputs they need stay in the cache. */
const CHUNK_SAMPLES = 1 << 14;

/** Inputs [from, from + length) in double precision, 0 outside the material. */
function paddedWindow(input: Float32Array, from: number, length: number): Float64Array {
  const window = new Float64Array(length);
  const first = Math.max(0, from);
  window.set(input.subarray(first, Math.max(first, from + length)), first - from);
  return window;
}

/** Computes output samples [start, end). Outputs `phases` apart share their weights, so four go together. */
function convolve(
  input: Float32Array,
  output: Float32Array,
  start: number,
  end: number,
  { phases, step, taps, weightsAt }: ResampleFilter,
): void {
  const firstInput = (k: number): number => Math.floor((k * step) / phases) - taps / 2 + 1;
  const origin = firstInput(start);
  const x = paddedWindow(input, origin, firstInput(end - 1) + taps - origin);
  for (let first = start; first < Math.min(end, start + phases); first++) {
    const weights = weightsAt((first * step) % phases);
    let from = firstInput(first) - origin;
    let k = first;
    for (; k + 3 * phases < end; k += 4 * phases, from += 4 * step) {
      let y0 = 0;
      let y1 = 0;
      let y2 = 0;
      let y3 = 0;
      for (let j = 0, i = from; j < taps; j++, i++) {
        const weight = weights[j];
        y0 += weight * x[i];
        y1 += weight * x[i + step];
        y2 += weight * x[i + 2 * step];
        y3 += weight * x[i + 3 * step];
      }
      output[k] = y0;
      output[k + phases] = y1;
      output[k + 2 * phases] = y2;
      output[k + 3 * phases] = y3;
    }
    for (; k < end; k += phases, from += step) {
      let y = 0;
      for (let j = 0; j < taps; j++) y += weights[j] * x[from + j];
      output[k] = y;
    }
  }
}

/**
 * The same sound at another rate, round(length · to / from) samples long; the same object when the rates are equal.
 * Other work gets its turn several times a second meanwhile; `onProgress` gets 0..1 then and may throw.
 */
export async function resample(
  audio: Audio,
  toRateHz: number,
  onProgress?: (fraction: number) => void,
): Promise<Audio> {
  const { sampleRateHz: fromRateHz } = audio;
  if (fromRateHz === toRateHz) return audio;
  for (const rateHz of [fromRateHz, toRateHz]) {
    if (!Number.isInteger(rateHz) || rateHz <= 0)
      throw new RangeError(`Sample rates are whole numbers above 0, not ${rateHz}.`);
  }
  const filter = designResampleFilter(fromRateHz, toRateHz);
  const channels: Float32Array[] = [];
  for (const [index, input] of audio.channels.entries()) {
    const output = new Float32Array(Math.round((input.length * toRateHz) / fromRateHz));
    for (let start = 0; start < output.length; start += CHUNK_SAMPLES) {
      convolve(input, output, start, Math.min(output.length, start + CHUNK_SAMPLES), filter);
      await nextTurn();
      onProgress?.((index + start / output.length) / audio.channels.length);
    }
    channels.push(output);
  }
  return { sampleRateHz: toRateHz, channels };
}
