/**
 * How much of a click, or of zipper noise, a change leaves in the sound of a steady tone: what is heard away from the
 * tone and its harmonics for the 5 ms in which it is loudest.
 *
 * A change that is slow against the sidebands it makes leaves a narrow line; a jump, a kink or a staircase puts energy
 * everywhere. The sound is multiplied by a Hann window with the change in its middle, everything within `widthHz` of a
 * harmonic of the tone is removed from its spectrum, and the rest goes back into time.
 */
import { realFft, type RealFft } from '#core/signal/fft.ts';

/** Samples of a measured piece; the change is in its middle. */
export const CLICK_WINDOW_SAMPLES = 16_384;
const PART_SECONDS = 0.005;
/** The change is looked for from shortly before until the glide is over. */
const BEFORE_SECONDS = 0.01;
const AFTER_SECONDS = 0.12;

let plan: RealFft | undefined;

/** Loudest 5 ms of what is not the tone, in dB relative to the loudest 50 ms of the piece, over its channels. */
export function clickLevelDb(
  channels: readonly Float32Array[],
  toneHz: number,
  widthHz: number,
  sampleRateHz: number,
): number {
  const length = CLICK_WINDOW_SAMPLES;
  const transform = (plan ??= realFft(length));
  const window = Float64Array.from({ length }, (_, n) => Math.sin((Math.PI * (n + 0.5)) / length) ** 2);
  const re = new Float64Array(transform.bins);
  const im = new Float64Array(transform.bins);
  const part = Math.round(PART_SECONDS * sampleRateHz);
  const first = length / 2 - Math.round(BEFORE_SECONDS * sampleRateHz);
  const last = length / 2 + Math.round(AFTER_SECONDS * sampleRateHz);
  let rest = 0;
  let tone = 0;
  for (const channel of channels) {
    const windowed = Float64Array.from(window, (weight, n) => weight * channel[n]!);
    transform.forward(windowed, re, im);
    for (let bin = 0; bin < transform.bins; bin++) {
      const hz = (bin * sampleRateHz) / length;
      if (Math.abs(hz - toneHz * Math.round(hz / toneHz)) < widthHz) re[bin] = im[bin] = 0;
    }
    transform.inverse(re, im, windowed);
    const power = (of: (n: number) => number, start: number, count: number): number => {
      let sum = 0;
      for (let n = start; n < start + count; n++) sum += of(n) ** 2;
      return sum / count;
    };
    for (let start = first; start < last; start += part)
      rest = Math.max(
        rest,
        power((n) => windowed[n]! / window[n]!, start, part),
      );
    for (let start = 0; start + 10 * part <= length; start += 10 * part)
      tone = Math.max(
        tone,
        power((n) => channel[n]!, start, 10 * part),
      );
  }
  return 10 * Math.log10(rest / tone);
}
