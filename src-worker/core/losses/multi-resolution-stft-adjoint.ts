/**
 * Gradient of the multi-resolution spectral loss with respect to the prediction; names as in `multi-resolution-stft.ts`.
 *
 *   ∂SC/∂X = (X − Y) / (‖Y − X‖_F ‖Y‖_F)        ∂LOG/∂X = sign(X − Y) / (X · number of bins)
 *   Z the spectrum with X = |Z|:  Z̄ = X̄ Z / X,  0 where |Z|² < 1e-8
 *   frame̅[n] = hann[n] Re Σ_{k=0..n_fft/2} Z̄[k] e^{2πi kn/n_fft}
 *
 * Sum and difference hand theirs to left and right; reflected samples to those they repeat; the A-weighting is symmetric
 * and so its own adjoint. Where prediction and target are the same, the gradient of the norm is taken as 0.
 */
import { complexFft } from '../signal/fft.ts';
import { aWeighted } from './a-weighting.ts';
import {
  MAX_REFLECTION,
  POWER_FLOOR,
  SIGNALS,
  STFT_RESOLUTIONS,
  forEachBlock,
  frameTransform,
  hannWindow,
  lossesOf,
  signalPowers,
  splitChannels,
  stftSums,
  type Block,
  type StereoSamples,
  type StftSums,
} from './multi-resolution-stft.ts';

/** Factors of X − Y and of sign(X − Y)/X for each signal. */
interface Factors {
  readonly error: Float64Array;
  readonly sign: Float64Array;
}

function factorsOf(
  { squaredError, squaredTarget, bins }: StftSums,
  weights: { readonly lr: number; readonly ms: number },
): Factors {
  const factors: Factors = { error: new Float64Array(SIGNALS), sign: new Float64Array(SIGNALS) };
  const share = 1 / STFT_RESOLUTIONS.length;
  for (const { signals, weight } of [
    { signals: [0, 1], weight: weights.lr * share },
    { signals: [2], weight: (weights.ms * share) / 2 },
    { signals: [3], weight: (weights.ms * share) / 2 },
  ]) {
    const total = (sums: Float64Array): number => signals.reduce((sum, s) => sum + sums[s], 0);
    const norms = Math.sqrt(total(squaredError) * total(squaredTarget));
    for (const s of signals) {
      factors.error[s] = norms > 0 ? weight / norms : 0;
      factors.sign[s] = weight / (bins * signals.length);
    }
  }
  return factors;
}

/** A function that adds the gradient of the frame which begins at `start` of both blocks to `grad`, laid out like them. */
function frameGradient(
  fftSize: number,
  { error, sign }: Factors,
): (pred: Block, target: Block, start: number, grad: Block) => void {
  const plan = complexFft(fftSize);
  const transform = frameTransform(plan);
  const hann = hannWindow(fftSize);
  const [predRe, predIm, targetRe, targetIm] = Array.from({ length: 4 }, () => new Float64Array(fftSize));
  const [gradRe, gradIm] = [new Float64Array(fftSize), new Float64Array(fftSize)];
  const channels = new Float64Array(4);
  const targetChannels = new Float64Array(4);
  const predPowers = new Float64Array(SIGNALS);
  const targetPowers = new Float64Array(SIGNALS);
  /** X̄ / X of each signal. */
  const ratios = new Float64Array(SIGNALS);
  return (pred, target, start, grad) => {
    transform(pred, start, predRe, predIm);
    transform(target, start, targetRe, targetIm);
    for (let k = 0; k <= fftSize / 2; k++) {
      const mirror = (fftSize - k) % fftSize;
      splitChannels(predRe[k], predIm[k], predRe[mirror], predIm[mirror], channels);
      signalPowers(channels, predPowers);
      splitChannels(targetRe[k], targetIm[k], targetRe[mirror], targetIm[mirror], targetChannels);
      signalPowers(targetChannels, targetPowers);
      for (let s = 0; s < SIGNALS; s++) {
        const power = predPowers[s];
        const targetPower = Math.max(targetPowers[s], POWER_FLOOR);
        ratios[s] = 0;
        if (power < POWER_FLOOR) continue;
        const x = Math.sqrt(power);
        ratios[s] =
          (error[s] * (x - Math.sqrt(targetPower))) / x + (sign[s] * Math.sign(power - targetPower)) / power;
      }
      const [lr, li, rr, ri] = channels;
      const [left, right, sum, difference] = ratios;
      const both = sum + difference;
      const cross = sum - difference;
      const leftRe = (left + both) * lr + cross * rr;
      const leftIm = (left + both) * li + cross * ri;
      const rightRe = (right + both) * rr + cross * lr;
      const rightIm = (right + both) * ri + cross * li;
      // Left + i·right of a conjugate-symmetric spectrum each, whose halves hold half of Z̄ each.
      if (k === mirror) {
        gradRe[k] = leftRe;
        gradIm[k] = rightRe;
      } else {
        gradRe[k] = (leftRe - rightIm) / 2;
        gradIm[k] = (leftIm + rightRe) / 2;
        gradRe[mirror] = (leftRe + rightIm) / 2;
        gradIm[mirror] = (rightRe - leftIm) / 2;
      }
    }
    // Exchanging real and imaginary parts makes the forward transform the inverse one, without its division.
    plan.forward(gradIm, gradRe);
    const [gradLeft, gradRight] = grad;
    for (let n = 0; n < fftSize; n++) {
      gradLeft[start + n] += hann[n] * gradRe[n];
      gradRight[start + n] += hann[n] * gradIm[n];
    }
  };
}

/**
 * The losses of `multiResolutionStftLoss`; adds the gradient of weights.lr · lr + weights.ms · ms with respect to the
 * prediction to `gradient`, arrays of its length.
 */
export function multiResolutionStftGradient(
  pred: StereoSamples,
  target: StereoSamples,
  weights: { readonly lr: number; readonly ms: number },
  gradient: readonly [left: Float64Array, right: Float64Array],
): { lr: number; ms: number } {
  const sums = stftSums(pred, target);
  const resolutions = STFT_RESOLUTIONS.map(({ fftSize, hop }, r) => ({
    fftSize,
    hop,
    add: frameGradient(fftSize, factorsOf(sums[r], weights)),
  }));
  const last = pred[0].length - 1;
  const byWeighted = pred.map(({ length }) => new Float64Array(length));
  let blockGradient: Block | undefined;
  forEachBlock(pred, target, (predBlock, targetBlock, first, end) => {
    blockGradient ??= [new Float64Array(predBlock[0].length), new Float64Array(predBlock[1].length)];
    for (const channel of blockGradient) channel.fill(0);
    for (const { fftSize, hop, add } of resolutions)
      for (let centre = first; centre < end; centre += hop)
        add(predBlock, targetBlock, centre - first + MAX_REFLECTION - fftSize / 2, blockGradient);
    const start = first - MAX_REFLECTION;
    const needed = end - first - 1 + 2 * MAX_REFLECTION;
    blockGradient.forEach((channel, c) => {
      for (let j = 0; j < needed; j++) {
        const position = start + j;
        const n = position < 0 ? -position : position > last ? 2 * last - position : position;
        byWeighted[c][n] += channel[j];
      }
    });
  });
  byWeighted.forEach((grad, c) => {
    const filtered = new Float64Array(grad.length);
    aWeighted(grad, 0, filtered);
    for (let n = 0; n < filtered.length; n++) gradient[c][n] += filtered[n];
  });
  return lossesOf(sums);
}
