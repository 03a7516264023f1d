/** The fit's objective: four losses between a prediction and a target, and their weighted sum (DiffVox, DAFx 2025). */
import { loudnessDynamicRangeGradient } from './loudness-dynamic-range-adjoint.ts';
import { loudnessDynamicRangeLoss } from './loudness-dynamic-range.ts';
import { multiResolutionStftGradient } from './multi-resolution-stft-adjoint.ts';
import { multiResolutionStftLoss, type StereoSamples } from './multi-resolution-stft.ts';

/** Spectral (mss) and dynamics (mldr) losses on left/right and on mid/side, unweighted. */
export interface LossTerms {
  readonly mss_lr: number;
  readonly mss_ms: number;
  readonly mldr_lr: number;
  readonly mldr_ms: number;
}

export const LOSS_WEIGHTS: LossTerms = { mss_lr: 1, mss_ms: 0.5, mldr_lr: 0.5, mldr_ms: 0.25 };

export function totalLoss(terms: LossTerms): number {
  return (
    LOSS_WEIGHTS.mss_lr * terms.mss_lr +
    LOSS_WEIGHTS.mss_ms * terms.mss_ms +
    LOSS_WEIGHTS.mldr_lr * terms.mldr_lr +
    LOSS_WEIGHTS.mldr_ms * terms.mldr_ms
  );
}

function requireOneLength(pred: StereoSamples, target: StereoSamples): void {
  const lengths = [...pred, ...target].map(({ length }) => length);
  if (lengths.some((length) => length !== lengths[0]))
    throw new RangeError(`Prediction and target differ in length: ${lengths.join(', ')} samples.`);
}

function namedTerms(mss: { lr: number; ms: number }, mldr: { lr: number; ms: number }): LossTerms {
  return { mss_lr: mss.lr, mss_ms: mss.ms, mldr_lr: mldr.lr, mldr_ms: mldr.ms };
}

/**
 * All four terms and their weighted sum, over the whole of what is given, at 44.1 kHz. Throws a RangeError if the four
 * channels differ in length or are shorter than the losses can work with (1,025 samples).
 */
export function evaluateLosses(pred: StereoSamples, target: StereoSamples): LossTerms & { total: number } {
  requireOneLength(pred, target);
  const terms = namedTerms(multiResolutionStftLoss(pred, target), loudnessDynamicRangeLoss(pred, target));
  return { ...terms, total: totalLoss(terms) };
}

/** {@link evaluateLosses} and the gradient of the weighted sum with respect to the prediction. */
export function evaluateLossesWithGradient(
  pred: StereoSamples,
  target: StereoSamples,
): { terms: LossTerms; total: number; gradient: [left: Float64Array, right: Float64Array] } {
  requireOneLength(pred, target);
  const gradient: [Float64Array, Float64Array] = [
    new Float64Array(pred[0].length),
    new Float64Array(pred[1].length),
  ];
  const { mss_lr, mss_ms, mldr_lr, mldr_ms } = LOSS_WEIGHTS;
  const mss = multiResolutionStftGradient(pred, target, { lr: mss_lr, ms: mss_ms }, gradient);
  const mldr = loudnessDynamicRangeGradient(pred, target, { lr: mldr_lr, ms: mldr_ms }, gradient);
  const terms = namedTerms(mss, mldr);
  return { terms, total: totalLoss(terms), gradient };
}
