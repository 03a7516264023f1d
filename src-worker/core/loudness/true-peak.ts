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

const NEIGHBOURS = TAPS - 1;
/** Samples that are copied behind their predecessors at once. */
const PIECE_SAMPLES = 1 << 14;

/** The true peak of one channel that comes piece by piece; pieces of any length give the same. */
export class TruePeakMeter {
  private peak: number;
  private readonly window = new Float64Array(STRETCH_SAMPLES + NEIGHBOURS);
  /** The last samples of the piece before, then the piece; before the first sample there is silence. */
  private readonly samples = new Float32Array(NEIGHBOURS + PIECE_SAMPLES);

  /** @param found a peak that is known already; lower ones are not looked for */
  constructor(found = 0) {
    this.peak = found;
  }

  measure(x: Float32Array): void {
    for (let start = 0; start < x.length; start += PIECE_SAMPLES)
      this.measurePiece(x.subarray(start, start + PIECE_SAMPLES));
  }

  private measurePiece(piece: Float32Array): void {
    const { samples, window } = this;
    samples.set(piece, NEIGHBOURS);
    const filled = NEIGHBOURS + piece.length;
    this.peak = Math.max(this.peak, highestSample(piece));
    for (let start = 0; start + NEIGHBOURS < filled; start += STRETCH_SAMPLES) {
      const source = samples.subarray(start, Math.min(filled, start + window.length));
      if (highestSample(source) * LARGEST_GAIN <= this.peak) continue;
      window.set(source);
      this.peak = interpolatedPeak(window.subarray(0, source.length), this.peak);
    }
    samples.copyWithin(0, filled - NEIGHBOURS, filled);
  }

  /** Of all that has come, as if silence followed; linear. Nothing can come after it. */
  end(): number {
    this.measure(new Float32Array(NEIGHBOURS));
    return this.peak;
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
