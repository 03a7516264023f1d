/**
 * True peak: the highest point of the curve between the samples (ITU-R BS.1770-4, Annex 2), by interpolating at
 * quarter samples:
 *
 *   x(n + p/4) ≈ Σ_j x[n + j] h_p[j],  p = 1, 2, 3,  h a Kaiser-windowed sinc
 *
 * with 32 taps for each of the three places instead of the standard's 12: within 0.01 dB up to 0.4 fs at the
 * places it looks at. Between them a peak can still hide, at most 0.17 dB at fs/4 and 0.56 dB at 0.45 fs.
 * Stretches that cannot exceed the peak found so far, by the sum of the absolute weights, are passed over.
 */
import type { Audio } from '../signal/audio.ts';
import { kaiserWindow } from '../signal/kaiser.ts';

const OVERSAMPLING = 4;
const TAPS = 32;
const BEFORE = TAPS / 2 - 1;
const kaiser = kaiserWindow(8);
const STRETCH_SAMPLES = 64;

/** Weights of the samples n − BEFORE … n + TAPS/2 for the place n + phase/4, scaled to a sum of 1. */
function phaseWeights(phase: number): Float64Array {
  const weights = Float64Array.from({ length: TAPS }, (_, j) => {
    const tau = phase / OVERSAMPLING + BEFORE - j;
    return (Math.sin(Math.PI * tau) / (Math.PI * tau)) * kaiser(tau / (TAPS / 2));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

const QUARTER = phaseWeights(1);
const HALF = phaseWeights(2);

/** The interpolated values are at most this many times the largest sample they come from. */
const LARGEST_GAIN = Math.max(
  ...[QUARTER, HALF].map((weights) => weights.reduce((sum, weight) => sum + Math.abs(weight), 0)),
);

// The weights at 3/4 are those at 1/4 backwards. So sums and differences of samples that mirror each other serve
// both: x(n + 1/4) = even + odd, x(n + 3/4) = even − odd.
const PAIRS = TAPS / 2;
const EVEN = Float64Array.from({ length: PAIRS }, (_, j) => (QUARTER[j] + QUARTER[TAPS - 1 - j]) / 2);
const ODD = Float64Array.from({ length: PAIRS }, (_, j) => (QUARTER[j] - QUARTER[TAPS - 1 - j]) / 2);

function highestSample(x: Float32Array): number {
  let peak = 0;
  for (let n = 0; n < x.length; n++) {
    const magnitude = Math.abs(x[n]);
    if (magnitude > peak) peak = magnitude;
  }
  return peak;
}

/** The highest of `peak` and the three places after each sample that has all its neighbours in the window. */
function interpolatedPeak(window: Float64Array, peak: number): number {
  let highest = peak;
  for (let n = 0; n + TAPS <= window.length; n++) {
    let even = 0;
    let odd = 0;
    let half = 0;
    for (let j = 0, early = n, late = n + TAPS - 1; j < PAIRS; j++, early++, late--) {
      const sum = window[early] + window[late];
      even += EVEN[j] * sum;
      odd += ODD[j] * (window[early] - window[late]);
      half += HALF[j] * sum;
    }
    // max(|even + odd|, |even − odd|) = |even| + |odd|
    highest = Math.max(highest, Math.abs(even) + Math.abs(odd), Math.abs(half));
  }
  return highest;
}

function channelPeak(x: Float32Array, found: number): number {
  const window = new Float64Array(STRETCH_SAMPLES + TAPS - 1);
  let peak = Math.max(found, highestSample(x));
  // Places before the first sample and after the last belong to the curve as well.
  for (let start = -TAPS / 2; start < x.length + TAPS / 2; start += STRETCH_SAMPLES) {
    const from = start - BEFORE;
    const source = x.subarray(Math.max(0, from), Math.max(0, from + window.length));
    if (highestSample(source) * LARGEST_GAIN <= peak) continue;
    window.fill(0);
    window.set(source, Math.max(0, -from));
    peak = interpolatedPeak(window, peak);
  }
  return peak;
}

/** In dBTP, relative to full scale; −Infinity for digital silence. */
export function truePeakDb(audio: Audio): number {
  return 20 * Math.log10(audio.channels.reduce((peak, channel) => channelPeak(channel, peak), 0));
}

/** The highest sample, in dBFS; −Infinity for digital silence. */
export function samplePeakDb(audio: Audio): number {
  return 20 * Math.log10(Math.max(0, ...audio.channels.map(highestSample)));
}
