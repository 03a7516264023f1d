/**
 * Bringing a pair to what the chain expects: both at −18 LUFS, the dry mono, the wet in time and in polarity with it.
 *
 * Offset and polarity come from the peak of a partly whitened cross-correlation (generalised cross-correlation, Knapp and
 * Carter 1976, with |S|^−β instead of |S|^−1): whitening sharpens the peak that harmonics and reverberation smear.
 */
import { gainToLufs } from '#core/loudness/index.ts';
import { averageToMono, type Audio } from '#core/signal/audio.ts';
import { realFft } from '#core/signal/fft.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { UserError } from '#core/errors.ts';

/** Level in LUFS at which the published presets were made. */
const FIT_LUFS = -18;

/** How a fit's pair was brought to the fit's level and time; see {@link calibrate}. */
export interface Calibration {
  /** Gain that brings the dry to −18 LUFS. */
  readonly inputGain: number;
  /** Gain that brings the chain's output back to the wet's level. */
  readonly outputGain: number;
  /** The wet lags the dry by this, at 44.1 kHz; may be negative and fractional. */
  readonly offsetSamples: number;
  readonly polarity: 1 | -1;
}

export interface CalibratedPair {
  readonly dryMono: Float32Array;
  readonly wet: readonly [Float32Array, Float32Array];
  readonly calibration: Calibration;
  /** Pearson correlation of the aligned dry with the middle of the wet, 0..1. */
  readonly correlation: number;
  /** How far the whitened correlation's peak stands out of the rest, in standard deviations. */
  readonly prominence: number;
}

/** Below this many standard deviations a peak is what unrelated sounds give too: they reach 13, real pairs begin at 140. */
export const UNRELATED_PROMINENCE = 30;

const WHITENING = 0.8;
/** Stretches of the dry that are correlated, and the longest transform. */
const STRETCH_SAMPLES = 2 ** 19;
const MAX_TRANSFORM = 2 ** 21;
const MAX_STRETCHES = 6;

/** Left and right of a file: mono is doubled, more than two channels give their first two. */
export function stereoOf(audio: Audio): readonly [Float32Array, Float32Array] {
  const [left, right] = audio.channels;
  return [left!, right ?? left!];
}

function energy(samples: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = Math.max(0, from); i < Math.min(samples.length, to); i++) sum += samples[i]! ** 2;
  return sum;
}

/** Starts of the loudest stretches of the dry, the whole of it if it is short. */
function loudestStretches(dry: Float32Array): number[] {
  const starts: number[] = [];
  for (let start = 0; start < dry.length; start += STRETCH_SAMPLES) starts.push(start);
  return starts
    .map((start) => ({ start, level: energy(dry, start, start + STRETCH_SAMPLES) }))
    .sort((a, b) => b.level - a.level)
    .slice(0, MAX_STRETCHES)
    .map(({ start }) => start);
}

interface Lag {
  readonly lagSamples: number;
  readonly polarity: 1 | -1;
  readonly prominence: number;
}

/** Lag of `wet` behind `dry` at the largest peak of either sign. */
export function findLag(dry: Float32Array, wet: Float32Array): Lag {
  const stretch = Math.min(STRETCH_SAMPLES, dry.length);
  let points = 1024;
  while (points < stretch + Math.max(wet.length, stretch) && points < MAX_TRANSFORM) points *= 2;
  // The window of the wet reaches as far before the stretch as behind it.
  const reach = Math.floor((points - stretch) / 2);
  const fft = realFft(points);
  const crossRe = new Float64Array(fft.bins);
  const crossIm = new Float64Array(fft.bins);
  const buffer = new Float64Array(points);
  const [dryRe, dryIm, wetRe, wetIm] = Array.from({ length: 4 }, () => new Float64Array(fft.bins)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const start of loudestStretches(dry)) {
    buffer.fill(0);
    buffer.set(dry.subarray(start, start + stretch));
    fft.forward(buffer, dryRe, dryIm);
    buffer.fill(0);
    const from = start - reach;
    buffer.set(wet.subarray(Math.max(0, from), Math.max(0, from + points)), Math.max(0, -from));
    fft.forward(buffer, wetRe, wetIm);
    for (let k = 0; k < fft.bins; k++) {
      crossRe[k]! += dryRe[k]! * wetRe[k]! + dryIm[k]! * wetIm[k]!;
      crossIm[k]! += dryRe[k]! * wetIm[k]! - dryIm[k]! * wetRe[k]!;
    }
  }
  whiten(crossRe, crossIm);
  fft.inverse(crossRe, crossIm, buffer);
  let best = 0;
  let squares = 0;
  const last = Math.min(points, 2 * reach + 1);
  for (let i = 0; i < last; i++) {
    squares += buffer[i]! ** 2;
    if (Math.abs(buffer[i]!) > Math.abs(buffer[best]!)) best = i;
  }
  const peak = buffer[best]!;
  return {
    lagSamples: best - reach,
    polarity: peak < 0 ? -1 : 1,
    prominence: squares > 0 ? Math.abs(peak) / Math.sqrt(squares / last) : 0,
  };
}

function whiten(re: Float64Array, im: Float64Array): void {
  let largest = 0;
  for (let k = 0; k < re.length; k++) largest = Math.max(largest, Math.hypot(re[k]!, im[k]!));
  if (largest === 0) return;
  for (let k = 0; k < re.length; k++) {
    const factor = (Math.hypot(re[k]!, im[k]!) / largest + 1e-9) ** -WHITENING;
    re[k]! *= factor;
    im[k]! *= factor;
  }
  // The mean and whatever lies below hearing say nothing about time.
  re[0] = 0;
  im[0] = 0;
}

function pearson(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

function scaled(samples: Float32Array, gain: number): Float32Array {
  return gain === 1 ? samples : samples.map((sample) => sample * gain);
}

/**
 * The linear gain that brings sound to the level of a fit, by the loudness of pyloudnorm.
 * @throws RangeError when nothing in it is loud enough to be measured
 */
export function gainToFitLevel(audio: Audio): number {
  return gainToLufs(audio, FIT_LUFS, { weighting: 'pyloudnorm' });
}

/**
 * {@link gainToFitLevel} of a file that the user calls `name`.
 * Throws UserError('bad-input') when it is too quiet to measure.
 */
export function loudnessGain(audio: Audio, name: string): number {
  try {
    return gainToFitLevel(audio);
  } catch (error) {
    if (error instanceof RangeError)
      throw new UserError(
        'bad-input',
        `The ${name} has no sound loud enough to measure; choose a file with a voice in it.`,
      );
    throw error;
  }
}

/** A lag and polarity of the wet that are known, at 44.1 kHz. */
export type KnownAlignment = Pick<Calibration, 'offsetSamples' | 'polarity'>;

/**
 * `dry` and `wet` at the fit rate. Without `normalise` gains are 1; without `align` the offset is 0 and the polarity 1.
 * A known alignment takes the place of the measured one, to the nearest sample.
 * The result's signals cover the time both have sound, are equally long, and start together.
 * Throws UserError('bad-input') when either is too quiet to measure or they do not overlap.
 */
export function calibrate(
  dry: Audio,
  wet: Audio,
  { align, normalise }: { align: boolean | KnownAlignment; normalise: boolean },
): CalibratedPair {
  for (const { sampleRateHz } of [dry, wet])
    if (sampleRateHz !== FIT_SAMPLE_RATE_HZ)
      throw new RangeError(`Calibration needs 44,100 Hz, got ${sampleRateHz}.`);
  const mono = averageToMono(dry);
  const [left, right] = stereoOf(wet);
  const inputGain = normalise
    ? loudnessGain({ sampleRateHz: FIT_SAMPLE_RATE_HZ, channels: [mono] }, 'dry')
    : 1;
  const wetGain = normalise
    ? loudnessGain({ sampleRateHz: FIT_SAMPLE_RATE_HZ, channels: [left, right] }, 'wet')
    : 1;
  const middle = middleOf(left, right);
  const lag = findLag(mono, middle);
  const { offsetSamples, polarity } = chosenAlignment(align, lag);
  const offset = Math.round(offsetSamples);
  const dryStart = Math.max(0, -offset);
  const wetStart = Math.max(0, offset);
  const length = Math.min(mono.length - dryStart, left.length - wetStart);
  if (length <= 0)
    throw new UserError(
      'bad-input',
      'The dry and the wet have no time in common; check that they are the same take.',
    );
  const cut = (samples: Float32Array, start: number) => samples.subarray(start, start + length);
  const correlation = Math.abs(pearson(cut(mono, dryStart), cut(middle, wetStart)));
  return {
    dryMono: scaled(cut(mono, dryStart), inputGain),
    wet: [scaled(cut(left, wetStart), wetGain * polarity), scaled(cut(right, wetStart), wetGain * polarity)],
    calibration: { inputGain, outputGain: 1 / wetGain, offsetSamples: offset, polarity },
    correlation,
    prominence: lag.prominence,
  };
}

function chosenAlignment(align: boolean | KnownAlignment, lag: Lag): KnownAlignment {
  if (align === false) return { offsetSamples: 0, polarity: 1 };
  return align === true ? { offsetSamples: lag.lagSamples, polarity: lag.polarity } : align;
}

/** (L + R)/2, or the louder channel where the two nearly cancel. */
function middleOf(left: Float32Array, right: Float32Array): Float32Array {
  if (left === right) return left;
  const middle = left.map((sample, i) => (sample + right[i]!) / 2);
  const [l, r, m] = [left, right, middle].map((samples) => energy(samples, 0, samples.length)) as [
    number,
    number,
    number,
  ];
  if (m > 0.01 * Math.max(l, r)) return middle;
  return l >= r ? left : right;
}
