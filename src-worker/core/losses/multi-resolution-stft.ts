/**
 * MSS: multi-resolution spectral loss of A-weighted signals (auraloss `MultiResolutionSTFTLoss` and
 * `SumAndDifferenceSTFTLoss`; Yamamoto et al., Parallel WaveGAN, 2020, eqs. 4-6).
 *
 *   X, Y = √max(|STFT|², 1e-8) of prediction and target
 *   loss = ‖Y − X‖_F / ‖Y‖_F + mean |ln X − ln Y|,  averaged over (n_fft, hop) = (128, 32), (512, 128), (2048, 512)
 *
 * Periodic Hann windows of n_fft samples, frames centred at t·hop for t = 0..⌊T/hop⌋, signals reflected at both ends.
 * l/r: one norm and one mean over both channels. m/s: L+R and L−R, without a factor, each by itself, then the mean.
 * Where the target's difference is silent, ‖Y‖ is only the floor and the loss grows out of bounds, as published.
 */
import { complexFft, type ComplexFft } from '../signal/fft.ts';
import { aWeighted } from './a-weighting.ts';

export type Samples = Float32Array | Float64Array;
/** Two channels of one length, left first. */
export type StereoSamples = readonly [left: Samples, right: Samples];

export const STFT_RESOLUTIONS = [
  { fftSize: 128, hop: 32 },
  { fftSize: 512, hop: 128 },
  { fftSize: 2048, hop: 512 },
] as const;

/** Least power of a bin; the least magnitude is its root. */
export const POWER_FLOOR = 1e-8;

/** Samples beyond either end that frames reach. */
export const MAX_REFLECTION = Math.max(...STFT_RESOLUTIONS.map(({ fftSize }) => fftSize / 2));
/** Shortest signal: a reflection of half a window needs one sample more. */
export const MIN_STFT_SAMPLES = MAX_REFLECTION + 1;

/** Frames are taken in blocks of this many samples, so memory does not grow with the signal; a multiple of every hop. */
const BLOCK_SAMPLES = 1 << 15;

/** Signals compared: left, right, sum, difference. */
export const SIGNALS = 4;

/** What the frames of one resolution add up to, for each signal. */
export interface StftSums {
  readonly squaredError: Float64Array;
  readonly squaredTarget: Float64Array;
  readonly logError: Float64Array;
  /** Bins times frames of one signal. */
  bins: number;
}

/** A block of both channels, A-weighted; beyond the signal's ends, its reflection. */
export type Block = readonly [left: Float64Array, right: Float64Array];

/**
 * Spectra of left and right in bin k, [lr, li, rr, ri], from Z = DFT(left + i·right) at k (zr, zi) and at −k (mr, mi):
 * 2L = Z[k] + conj Z[−k], 2iR = Z[k] − conj Z[−k].
 */
export function splitChannels(zr: number, zi: number, mr: number, mi: number, channels: Float64Array): void {
  channels[0] = (zr + mr) / 2;
  channels[1] = (zi - mi) / 2;
  channels[2] = (zi + mi) / 2;
  channels[3] = (mr - zr) / 2;
}

/** Powers of left, right, sum and difference from {@link splitChannels}' spectra. */
export function signalPowers(channels: Float64Array, powers: Float64Array): void {
  const [lr, li, rr, ri] = [channels[0]!, channels[1]!, channels[2]!, channels[3]!];
  powers[0] = lr * lr + li * li;
  powers[1] = rr * rr + ri * ri;
  powers[2] = (lr + rr) * (lr + rr) + (li + ri) * (li + ri);
  powers[3] = (lr - rr) * (lr - rr) + (li - ri) * (li - ri);
}

/** Periodic Hann window. */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/** A function that writes DFT(window · (left + i·right)) of the frame of a block which begins at `start`. */
export function frameTransform({
  length,
  forward,
}: ComplexFft): (block: Block, start: number, re: Float64Array, im: Float64Array) => void {
  const hann = hannWindow(length);
  return ([left, right], start, re, im) => {
    for (let n = 0; n < length; n++) {
      re[n] = hann[n]! * left[start + n]!;
      im[n] = hann[n]! * right[start + n]!;
    }
    forward(re, im);
  };
}

/** A function that adds the frame which begins at `start` of both blocks to the sums. */
function frameAdder(fftSize: number): (pred: Block, target: Block, start: number, sums: StftSums) => void {
  const transform = frameTransform(complexFft(fftSize));
  const [predRe, predIm, targetRe, targetIm] = Array.from({ length: 4 }, () => new Float64Array(fftSize));
  const channels = new Float64Array(4);
  const predPowers = new Float64Array(SIGNALS);
  const targetPowers = new Float64Array(SIGNALS);
  return (pred, target, start, sums) => {
    transform(pred, start, predRe, predIm);
    transform(target, start, targetRe, targetIm);
    for (let k = 0; k <= fftSize / 2; k++) {
      const mirror = (fftSize - k) % fftSize;
      splitChannels(predRe[k]!, predIm[k]!, predRe[mirror]!, predIm[mirror]!, channels);
      signalPowers(channels, predPowers);
      splitChannels(targetRe[k]!, targetIm[k]!, targetRe[mirror]!, targetIm[mirror]!, channels);
      signalPowers(channels, targetPowers);
      for (let s = 0; s < SIGNALS; s++) {
        const x = Math.max(predPowers[s]!, POWER_FLOOR);
        const y = Math.max(targetPowers[s]!, POWER_FLOOR);
        const error = Math.sqrt(y) - Math.sqrt(x);
        sums.squaredError[s]! += error * error;
        sums.squaredTarget[s]! += y;
        sums.logError[s]! += Math.abs(Math.log(x / y)) / 2;
      }
    }
    sums.bins += fftSize / 2 + 1;
  };
}

/**
 * Calls `visit` for one block of both pairs after the other. The block holds what the frames centred at samples
 * `first`..`end`−1 need; sample n is at index n − first + {@link MAX_REFLECTION}. The arrays are used again.
 */
export function forEachBlock(
  pred: StereoSamples,
  target: StereoSamples,
  visit: (predBlock: Block, targetBlock: Block, first: number, end: number) => void,
): void {
  const lengthSamples = pred[0].length;
  const room = (): Block => [
    new Float64Array(BLOCK_SAMPLES + 2 * MAX_REFLECTION),
    new Float64Array(BLOCK_SAMPLES + 2 * MAX_REFLECTION),
  ];
  const [predBlock, targetBlock] = [room(), room()];
  for (let first = 0; first <= lengthSamples; first += BLOCK_SAMPLES) {
    const end = Math.min(first + BLOCK_SAMPLES, lengthSamples + 1);
    const needed = end - first - 1 + 2 * MAX_REFLECTION;
    for (let c = 0; c < 2; c++) {
      aWeighted(pred[c]!, first - MAX_REFLECTION, predBlock[c]!.subarray(0, needed));
      aWeighted(target[c]!, first - MAX_REFLECTION, targetBlock[c]!.subarray(0, needed));
    }
    visit(predBlock, targetBlock, first, end);
  }
}

/** The sums of every resolution, in the order of {@link STFT_RESOLUTIONS}; see {@link multiResolutionStftLoss}. */
export function stftSums(pred: StereoSamples, target: StereoSamples): StftSums[] {
  const lengthSamples = pred[0].length;
  if (lengthSamples < MIN_STFT_SAMPLES)
    throw new RangeError(
      `The spectral loss needs ${MIN_STFT_SAMPLES} samples or more, got ${lengthSamples}.`,
    );
  const resolutions = STFT_RESOLUTIONS.map(({ fftSize, hop }) => ({
    fftSize,
    hop,
    add: frameAdder(fftSize),
    sums: {
      squaredError: new Float64Array(SIGNALS),
      squaredTarget: new Float64Array(SIGNALS),
      logError: new Float64Array(SIGNALS),
      bins: 0,
    },
  }));
  forEachBlock(pred, target, (predBlock, targetBlock, first, end) => {
    for (const { fftSize, hop, add, sums } of resolutions)
      for (let centre = first; centre < end; centre += hop)
        add(predBlock, targetBlock, centre - first + MAX_REFLECTION - fftSize / 2, sums);
  });
  return resolutions.map(({ sums }) => sums);
}

/** Spectral convergence and log error of some of the signals taken together. */
function lossOf(
  { squaredError, squaredTarget, logError, bins }: StftSums,
  signals: readonly number[],
): number {
  const total = (sums: Float64Array): number => signals.reduce((sum, s) => sum + sums[s]!, 0);
  return Math.sqrt(total(squaredError) / total(squaredTarget)) + total(logError) / (bins * signals.length);
}

/** The losses that the sums of all resolutions stand for. */
export function lossesOf(resolutions: readonly StftSums[]): { lr: number; ms: number } {
  let lr = 0;
  let ms = 0;
  for (const sums of resolutions) {
    lr += lossOf(sums, [0, 1]) / resolutions.length;
    ms += (lossOf(sums, [2]) + lossOf(sums, [3])) / 2 / resolutions.length;
  }
  return { lr, ms };
}

/**
 * The loss on left and right and the loss on sum and difference, both unweighted. All four arrays have one length of at
 * least {@link MIN_STFT_SAMPLES} samples at 44.1 kHz; a RangeError is thrown otherwise.
 */
export function multiResolutionStftLoss(
  pred: StereoSamples,
  target: StereoSamples,
): { lr: number; ms: number } {
  return lossesOf(stftSums(pred, target));
}
