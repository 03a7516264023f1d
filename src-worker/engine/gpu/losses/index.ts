/**
 * The four loss terms of segments against their targets on the GPU, and their gradient: core/losses in float32, every frame
 * and every sample, with the norm of the evaluation itself. See stft-loss.ts, dynamics-loss.ts and a-weighting.ts.
 *
 * Memory, with R the longest region rounded up to whole groups of 512 samples: 40 R bytes for a slot (12 MB for 7 s: the
 * A-weighted target and, of both scales of the dynamics, its ratios) and 48 R bytes of scratch for each of `maxSegments`
 * (15 MB), of which the largest buffer has 32 R.
 */
import { LOSS_WEIGHTS, type LossTerms } from '#core/losses/index.ts';
import { LDR_SCALES } from '#core/losses/loudness-dynamic-range.ts';
import { MAX_REFLECTION, STFT_RESOLUTIONS } from '#core/losses/multi-resolution-stft.ts';
import type { Dispatch, GpuContext, Recording } from '../device.ts';
import { segmentTable } from '../segment.ts';
import { Sums } from '../sums.ts';
import { AWeighting } from './a-weighting.ts';
import { DynamicsKernels, DynamicsLoss } from './dynamics-loss.ts';
import {
  DYNAMICS_SUMS,
  FACTORS,
  FIRST_DYNAMICS_SUM,
  LOSS_SUMS,
  lossLayout,
  SCRATCH_BYTES_PER_SAMPLE,
  STFT_SUMS,
  type LossLayout,
} from './loss-layout.ts';
import { StftLoss } from './stft-loss.ts';

export { LOSS_SUMS } from './loss-layout.ts';

/** Of the ratios of one scale of the dynamics. */
const TARGET_BYTES_PER_SAMPLE = 16;
/** The rolls of the dynamics loss and the reflections of the STFT must fit in a region. */
const SHORTEST_REGION = Math.max(MAX_REFLECTION, ...LDR_SCALES.map(({ rollSamples }) => rollSamples));

export interface GpuLossBuffers {
  /** f32[maxSegments][2][points], the chain's output, left then right. */
  readonly signals: GPUBuffer;
  /** The same shape, written: the gradient; zero outside the compared region. */
  readonly gradient: GPUBuffer;
  /** array<Segment>; the compared region of a segment is samples [warmup, length) of its rows. */
  readonly segments: GPUBuffer;
}

export interface GpuLossSizes {
  /** Samples from a row of signals to the next. */
  readonly points: number;
  /** Samples of the longest region. */
  readonly maxRegion: number;
  readonly maxSegments: number;
  /** How many targets are kept. */
  readonly slots: number;
}

/** What becomes a target: the rows of one segment without warm-up. */
interface Staging {
  readonly signals: GPUBuffer;
  readonly segments: GPUBuffer;
  readonly weigh: Dispatch;
  readonly weighted: GPUBuffer;
}

interface Parts {
  readonly layout: LossLayout;
  readonly targets: GPUBuffer;
  readonly staging: Staging;
  readonly factors: GPUBuffer;
  readonly weigh: Dispatch;
  readonly unweigh: Dispatch;
  readonly resolutions: readonly StftLoss[];
  readonly scales: readonly DynamicsLoss[];
  readonly total: Sums;
  readonly sum: Dispatch;
}

/** Bytes that a segment and a target take in the largest buffers that hold one row of each. */
export function largestLossRows(maxRegion: number): { scratch: number; target: number } {
  const { stride } = lossLayout(0, maxRegion);
  return { scratch: SCRATCH_BYTES_PER_SAMPLE * stride, target: TARGET_BYTES_PER_SAMPLE * stride };
}

export class GpuLoss {
  private constructor(
    private readonly context: GpuContext,
    private readonly sizes: GpuLossSizes,
    private readonly buffers: GpuLossBuffers,
    private readonly parts: Parts,
    /** f32[maxSegments][LOSS_SUMS], written by {@link record}. */
    readonly sums: GPUBuffer,
  ) {}

  /** Throws GpuError where the GPU has no buffers of these sizes. */
  static async make(context: GpuContext, sizes: GpuLossSizes, buffers: GpuLossBuffers): Promise<GpuLoss> {
    const { points, maxRegion, maxSegments, slots } = sizes;
    const layout = lossLayout(points, maxRegion);
    const { groups, stride } = layout;
    const { signals, gradient, segments } = buffers;
    const scratch = context.numbers(
      'loss scratch',
      (maxSegments * stride * SCRATCH_BYTES_PER_SAMPLE) / Float32Array.BYTES_PER_ELEMENT,
    );
    const weighted = context.numbers('weighted', maxSegments * stride * 2);
    const byWeighted = context.numbers('gradient of the weighted', maxSegments * stride * 2);
    const targets = context.numbers('weighted targets', slots * stride * 2);
    const states = context.numbers('dynamics states', maxSegments * groups * 8);
    const parts = context.numbers('loss parts', maxSegments * groups * LOSS_SUMS);
    const sums = context.numbers('loss sums', maxSegments * LOSS_SUMS);
    const factors = context.numbers('loss factors', FACTORS);
    const staged = {
      signals: context.numbers('target', 2 * points),
      segments: context.numbers('target segment', 4),
    };
    const [weighting, resolutions, kernels, total] = await Promise.all([
      AWeighting.make(context, layout),
      Promise.all(
        STFT_RESOLUTIONS.map((resolution, i) =>
          StftLoss.make(context, resolution, i, layout, {
            weighted,
            targets,
            segments,
            parts,
            sums,
            factors,
            frames: scratch,
            byWeighted,
          }),
        ),
      ),
      DynamicsKernels.make(context, layout),
      Sums.make(context, 'loss sums', groups, LOSS_SUMS),
    ]);
    const scales = LDR_SCALES.map(
      (scale, i) =>
        new DynamicsLoss(
          context,
          kernels,
          scale,
          i,
          layout,
          { signals, segments, averages: scratch, states },
          { ...staged, averages: scratch, states },
          { ratios: context.numbers('target ratios', slots * stride * 4), parts, factors, gradient },
        ),
    );
    return new GpuLoss(
      context,
      sizes,
      buffers,
      {
        layout,
        targets,
        staging: {
          ...staged,
          weigh: weighting.onForward(staged.signals, staged.segments, weighted),
          weighted,
        },
        factors,
        weigh: weighting.onForward(signals, segments, weighted),
        unweigh: weighting.onAdjoint(byWeighted, segments, gradient),
        resolutions,
        scales,
        total,
        sum: total.on(parts, sums),
      },
      sums,
    );
  }

  /**
   * Keeps what is needed of a target, f32[region] left and right, in a slot. Throws a RangeError for a region that is too
   * short for the losses or longer than `maxRegion`.
   */
  setTarget(slot: number, left: Float32Array, right: Float32Array): void {
    const { context, sizes, parts } = this;
    const { staging, layout } = parts;
    const region = left.length;
    if (region <= SHORTEST_REGION || region > sizes.maxRegion)
      throw new RangeError(
        `The losses need more than ${SHORTEST_REGION} and at most ${sizes.maxRegion} samples, got ${region}.`,
      );
    context.write(staging.segments, segmentTable([{ length: region, warmup: 0, slot }]));
    context.write(staging.signals, left);
    context.write(staging.signals, right, sizes.points);
    context.run((recording) => {
      recording.dispatch(staging.weigh, layout.groups, 1, 1);
      const bytes = layout.stride * 8;
      recording.copy(staging.weighted, 0, parts.targets, slot * bytes, bytes);
      for (const scale of parts.scales) scale.recordTarget(recording);
    });
  }

  /**
   * `scale`: factor of the loss in the gradient, 1 / segments of the whole evaluation. What is recorded after uses it, as
   * does what was recorded before and has not run.
   */
  prepare(scale: number, weights: LossTerms = LOSS_WEIGHTS): void {
    const { mss_lr, mss_ms, mldr_lr, mldr_ms } = weights;
    this.context.write(
      this.parts.factors,
      Float32Array.of(mss_lr, mss_ms, mldr_lr, mldr_ms).map((weight) => scale * weight),
    );
  }

  /** Sums of the first `count` segments, and the gradient of scale · Σ weights · terms where it is asked for. */
  record(recording: Recording, count: number, withGradient: boolean): void {
    const { layout, weigh, unweigh, resolutions, scales, total, sum } = this.parts;
    if (withGradient) recording.clear(this.buffers.gradient, 0, count * 2 * layout.points * 4);
    for (const scale of scales) scale.record(recording, count, withGradient);
    recording.dispatch(weigh, layout.groups, 1, count);
    for (const resolution of resolutions) resolution.recordSums(recording, count);
    total.record(recording, sum, count);
    if (!withGradient) return;
    for (const resolution of resolutions) resolution.recordGradient(recording, count);
    recording.dispatch(unweigh, layout.groups, 1, count);
  }

  /** Terms of one segment from its f32[{@link LOSS_SUMS}] and the length of its region in samples. */
  terms(sums: Float32Array, region: number): LossTerms {
    let [mss_lr, mss_ms, mldr_lr, mldr_ms] = [0, 0, 0, 0];
    STFT_RESOLUTIONS.forEach(({ fftSize, hop }, i) => {
      const of = sums.subarray(i * STFT_SUMS);
      const bins = (Math.floor(region / hop) + 1) * (fftSize / 2 + 1);
      const convergence = (signal: number) => Math.sqrt(of[signal]! / of[3 + signal]!);
      mss_lr += (convergence(0) + of[6]! / (2 * bins)) / STFT_RESOLUTIONS.length;
      mss_ms += (convergence(1) + convergence(2) + of[7]! / bins) / 2 / STFT_RESOLUTIONS.length;
    });
    LDR_SCALES.forEach((_, i) => {
      const first = FIRST_DYNAMICS_SUM + i * DYNAMICS_SUMS;
      mldr_lr += sums[first]! / (2 * region);
      mldr_ms += sums[first + 1]! / (2 * region);
    });
    return { mss_lr, mss_ms, mldr_lr, mldr_ms };
  }
}
