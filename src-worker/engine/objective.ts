/**
 * What a fit minimises, as one narrow interface: raw parameters in, loss terms and gradient out, over a batch of segments.
 * Any backend that implements it can drive a fit.
 */
import type { LossTerms } from '#core/losses/index.ts';

/** 151 raw values of the chain and, last, the raw damping of the delay's surrogate. */
export const FIT_PARAMETER_COUNT = 152;

export type GradientMode = 'train' | 'eval';

export interface Segment {
  /** Dry signal, mono, at the fit rate and level. */
  readonly dry: Float32Array;
  /** Target, left and right, as long as the dry signal. */
  readonly wet: readonly [Float32Array, Float32Array];
  /** Samples at the start that are heard by the chain but not compared. */
  readonly warmupSamples: number;
}

export interface Evaluation {
  /** Mean over the segments of the weighted sum of the terms, and in training the delay regulariser. */
  readonly total: number;
  /** Means over the segments. */
  readonly terms: LossTerms;
  /** (1 − η)², 0 outside training. */
  readonly delayRegulariser: number;
  /** With respect to the raw parameters, 152 values; absent when it was not asked for. */
  readonly gradient?: Float64Array;
}

/** Whether everything in it is a number. */
export const isFiniteEvaluation = ({ total, gradient }: Evaluation): boolean =>
  Number.isFinite(total) && (gradient?.every(Number.isFinite) ?? true);

/** Of the angle between two gradients. */
export function cosineOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

export interface Objective {
  /**
   * Evaluates the segments with these indices. In `train` mode the delay time's gradient is that of the damped surrogate.
   * Rejects only for defects: NaN and infinity come back as values.
   */
  evaluate(
    raw: Float64Array,
    segments: readonly number[],
    mode: GradientMode,
    withGradient: boolean,
  ): Promise<Evaluation>;
}
