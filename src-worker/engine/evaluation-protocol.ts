/** Messages between a fit and the threads that evaluate its objective. */
import type { EvaluatorOptions } from './cpu/evaluator.ts';
import type { Evaluation, GradientMode } from './objective.ts';

/** A segment in memory shared with the threads. */
export interface SharedSegment {
  readonly dry: SharedArrayBuffer;
  readonly left: SharedArrayBuffer;
  readonly right: SharedArrayBuffer;
  readonly warmupSamples: number;
}

export type EvaluationRequest =
  | {
      readonly kind: 'start';
      readonly module: WebAssembly.Module;
      readonly maxLength: number;
      readonly maxRegion: number;
      /** Segments kept prepared in the thread's memory; others are prepared again when they are asked for. */
      readonly slots: number;
      readonly segments: readonly SharedSegment[];
      readonly options: EvaluatorOptions;
    }
  | {
      readonly kind: 'evaluate';
      readonly id: number;
      readonly raw: Float64Array;
      readonly segments: readonly number[];
      readonly mode: GradientMode;
      readonly withGradient: boolean;
    };

export type EvaluationReply = { readonly id: number } & (
  { readonly evaluation: Evaluation } | { readonly error: string }
);
