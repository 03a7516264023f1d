/**
 * True peak: the highest point of the curve between the samples (ITU-R BS.1770-4, Annex 2), by interpolating at
 * quarter samples:
 *
 *   x(n + p/4) ≈ Σ_j x[n + j] h_p[j],  p = 1, 2, 3,  h a Kaiser-windowed sinc
 *
 * with 32 taps for each of the three places instead of the standard's 12: within 0.01 dB up to 0.4 fs at the
 * places it looks at. Between them a peak can still hide, at most 0.17 dB at fs/4 and 0.56 dB at 0.45 fs.
 * Stretches and places that cannot exceed the peak found so far, by the sum of the absolute weights, are passed over.
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

/** The nearest neighbours give most of a place's value, and tell whether the others can matter. */
const FAR_PAIRS = PAIRS - 3;
const FAR_GAIN = Math.max(
  ...[QUARTER, HALF].map((weights) =>
    weights.reduce(
      (sum, weight, j) => sum + (Math.min(j, TAPS - 1 - j) < FAR_PAIRS ? Math.abs(weight) : 0),
      0,
    ),
  ),
);

const NEIGHBOURS = TAPS - 1;
/** Samples that are copied behind their predecessors at once. */
const PIECE_SAMPLES = 1 << 14;

/** The true peak of one channel that comes piece by piece; pieces of any length give the same. Measuring allocates nothing. */
export class TruePeakMeter {
  /** One number; in a field it might be allocated anew every time it changes. */
  private readonly peak: Float64Array;
  private readonly window = new Float64Array(STRETCH_SAMPLES + NEIGHBOURS);
  /** The last samples of the piece before, then the piece; before the first sample there is silence. */
  private readonly samples = new Float32Array(NEIGHBOURS + PIECE_SAMPLES);

  /** @param found a peak that is known already; lower ones are not looked for */
  constructor(found = 0) {
    this.peak = Float64Array.of(found);
  }

  /** The next `length` samples of the channel. */
  measure(x: Float32Array, length = x.length): void {
    for (let start = 0; start < length; start += PIECE_SAMPLES)
      this.measurePiece(x, start, Math.min(PIECE_SAMPLES, length - start));
  }

  private measurePiece(x: Float32Array, start: number, length: number): void {
    const { samples, peak } = this;
    let highest = peak[0];
    for (let n = 0; n < length; n++) {
      const sample = x[start + n];
      samples[NEIGHBOURS + n] = sample;
      const magnitude = Math.abs(sample);
      if (magnitude > highest) highest = magnitude;
    }
    peak[0] = highest;
    const filled = NEIGHBOURS + length;
    for (let from = 0; from + NEIGHBOURS < filled; from += STRETCH_SAMPLES)
      this.measureBetween(from, Math.min(filled, from + STRETCH_SAMPLES + NEIGHBOURS));
    samples.copyWithin(0, length, filled);
  }

  /** Looks between samples from..to − 1 at the three places after each that has all its neighbours there. */
  private measureBetween(from: number, to: number): void {
    const { samples, window, peak } = this;
    let loudest = 0;
    for (let n = from; n < to; n++) {
      const sample = samples[n];
      window[n - from] = sample;
      const magnitude = Math.abs(sample);
      if (magnitude > loudest) loudest = magnitude;
    }
    let highest = peak[0];
    if (loudest * LARGEST_GAIN <= highest) return;
    const farthest = loudest * FAR_GAIN;
    for (let n = 0; n + TAPS <= to - from; n++) {
      let even = 0;
      let odd = 0;
      let half = 0;
      for (
        let j = FAR_PAIRS, early = n + FAR_PAIRS, late = n + TAPS - 1 - FAR_PAIRS;
        j < PAIRS;
        j++, early++, late--
      ) {
        const sum = window[early] + window[late];
        even += EVEN[j] * sum;
        odd += ODD[j] * (window[early] - window[late]);
        half += HALF[j] * sum;
      }
      if (Math.max(Math.abs(even) + Math.abs(odd), Math.abs(half)) + farthest <= highest) continue;
      for (let j = 0, early = n, late = n + TAPS - 1; j < FAR_PAIRS; j++, early++, late--) {
        const sum = window[early] + window[late];
        even += EVEN[j] * sum;
        odd += ODD[j] * (window[early] - window[late]);
        half += HALF[j] * sum;
      }
      // max(|even + odd|, |even − odd|) = |even| + |odd|
      highest = Math.max(highest, Math.abs(even) + Math.abs(odd), Math.abs(half));
    }
    peak[0] = highest;
  }

  /** Of what came since the last look, but for places whose neighbours are still to come; linear. Begins anew. */
  take(): number {
    const peak = this.peak[0];
    this.peak[0] = 0;
    return peak;
  }

  /** As if there had been silence so far. */
  reset(): void {
    this.peak[0] = 0;
    this.samples.fill(0, 0, NEIGHBOURS);
  }

  /** Of all that has come, as if silence followed; linear. Nothing can come after it. */
  end(): number {
    this.measure(new Float32Array(NEIGHBOURS));
    return this.peak[0];
  }
}

function channelPeak(x: Float32Array, found: number): number {
  const meter = new TruePeakMeter(found);
  meter.measure(x);
  return meter.end();
}

/** In dBTP, relative to full scale; −Infinity for digital silence. */
export function truePeakDb(audio: Audio): number {
  return 20 * Math.log10(audio.channels.reduce((peak, channel) => channelPeak(channel, peak), 0));
}

/** The highest sample, in dBFS; −Infinity for digital silence. */
export function samplePeakDb(audio: Audio): number {
  return 20 * Math.log10(Math.max(0, ...audio.channels.map(highestSample)));
}
