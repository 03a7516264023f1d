/** The fit's objective: four losses between a prediction and a target, and their weighted sum (DiffVox, DAFx 2025). */
import { loudnessDynamicRangeLoss } from './loudness-dynamic-range.ts';
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

/**
 * All four terms and their weighted sum, over the whole of what is given, at 44.1 kHz. Throws a RangeError if the four
 * channels differ in length or are shorter than the losses can work with (1,025 samples).
 */
export function evaluateLosses(pred: StereoSamples, target: StereoSamples): LossTerms & { total: number } {
  const lengths = [...pred, ...target].map(({ length }) => length);
  if (lengths.some((length) => length !== lengths[0]))
    throw new RangeError(`Prediction and target differ in length: ${lengths.join(', ')} samples.`);
  const mss = multiResolutionStftLoss(pred, target);
  const mldr = loudnessDynamicRangeLoss(pred, target);
  const terms: LossTerms = { mss_lr: mss.lr, mss_ms: mss.ms, mldr_lr: mldr.lr, mldr_ms: mldr.ms };
  return { ...terms, total: totalLoss(terms) };
}
