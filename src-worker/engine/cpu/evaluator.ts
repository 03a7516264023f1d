/**
 * The objective on one instance of the kernels: forward through the chain in its training form, losses, and the adjoint
 * of everything. Segments are kept in the instance's memory.
 */
import { parameterIndex, rawToValues } from '#core/chain/parameters.ts';
import { decayDisplay } from '#core/effects/fdn/params.ts';
import type { LossTerms } from '#core/losses/index.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { evaluationOf, logDampOf, rawGradient } from '../evaluation.ts';
import type { Kernels } from '../kernels.ts';
import { FIT_PARAMETER_COUNT, type Evaluation, type GradientMode, type Segment } from '../objective.ts';
import { Dynamics } from './dynamics.ts';
import { Loss, type ConvergenceNorm, type Target } from './loss.ts';
import { Transfer } from './transfer.ts';

export interface EvaluatorOptions {
  /**
   * Periods of the circular convolution after the compressor, powers of two, the shortest first; see {@link Transfer}.
   * A compared region that does not fit in one with enough before it is done in several frames. The shortest is taken that
   * has room for the current decay times; the longest is taken for all others.
   */
  readonly grids: readonly number[];
  /** Frames at which the STFT losses are taken: every one, or every second. */
  readonly frameStep: 1 | 2;
  /** Samples at which the dynamics losses are taken: every one, or every fourth. */
  readonly sampleStep: 1 | 4;
  readonly norm: ConvergenceNorm;
}

/**
 * Agrees with the published system: the loss terms to 1e−6, the gradient to 1e−3 of each effect's largest entry. The slope of
 * the delay time without surrogate may be further off: it hangs on spectral nulls that a change of 1e−6 of full scale moves.
 */
export const EXACT: EvaluatorOptions = {
  grids: [2 ** 19, 2 ** 20],
  frameStep: 1,
  sampleStep: 1,
  norm: 'exact',
};

/** What drives a fit: within about 0.1 % of the exact loss at little more than half its time. */
export const FAST: EvaluatorOptions = {
  grids: [2 ** 18, 2 ** 19],
  frameStep: 2,
  sampleStep: 4,
  norm: 'lagged',
};

/** Least sound before a compared part that a frame must hold, as a part of the longest decay time. */
const CONTEXT_PER_T60 = 0.8;
/** Decay bands above this index (12 kHz) do not decide the grid: air decays fast and weighs little. */
const DECIDING_BANDS = 27;
/** The compressor's memory before the first frame. */
const SETTLING_SAMPLES = 33_072;

/** Lengths are cut to a multiple of this many samples. */
const LENGTH_MULTIPLE = 16;
/** Samples behind a gradient that the A-weighting's blocks may write; see {@link Loss.adjoint}. */
const SPARE = 4 * 1024;

interface StoredSegment {
  readonly dry: number;
  readonly length: number;
  readonly warmup: number;
  readonly target: Target;
}

interface Frame {
  /** First sample of the frame, and of the part of it that is compared. */
  readonly start: number;
  readonly part: number;
  readonly length: number;
}

/** Largest part of a frame that may be context. */
const LARGEST_CONTEXT_PART = 0.42;
const firstDecay = parameterIndex('fdn.decay.0');

export class Evaluator {
  private readonly dynamics: Dynamics;
  private readonly transfers: readonly { readonly transfer: Transfer; readonly plan: number }[];
  private readonly loss: Loss;
  private readonly compressed: number;
  /** Of each frame, kept from the forward pass for the adjoint. */
  private readonly inputSpectra: (readonly [number, number])[] = [];
  private readonly outputSpectrum: readonly [number, number];
  /** One frame of the outputs, and the whole compared region. */
  private readonly frame: readonly [number, number];
  private readonly region: readonly [number, number];
  private readonly gradRegion: readonly [number, number];
  private readonly gradInputSpectrum: readonly [number, number];
  private readonly gradFrame: number;
  private readonly gradCompressed: number;
  private readonly segments: StoredSegment[] = [];

  /** `maxRegion`: the longest compared part in samples; unless given, as long as the longest segment. */
  constructor(
    private readonly kernels: Kernels,
    private readonly maxLength: number,
    private readonly options: EvaluatorOptions,
    maxRegion = maxLength,
  ) {
    const longest = Math.max(...options.grids);
    const floats = (count: number) => kernels.allocateFloats(count + 16);
    const pair = (count: number) => [floats(count), floats(count)] as const;
    this.transfers = options.grids.map((points) => ({
      transfer: new Transfer(kernels, points, maxLength),
      plan: kernels.realPlan(points),
    }));
    this.dynamics = new Dynamics(kernels, maxLength);
    this.loss = new Loss(kernels, maxRegion, options.frameStep, options.sampleStep);
    this.compressed = floats(maxLength + longest);
    this.outputSpectrum = pair(longest / 2);
    this.gradInputSpectrum = pair(longest / 2);
    this.frame = pair(longest);
    this.region = pair(maxRegion);
    this.gradRegion = pair(maxRegion + SPARE);
    this.gradFrame = floats(longest);
    this.gradCompressed = floats(maxLength);
  }

  /** Keeps a segment in a slot, in place of the one that was there; slots are numbered from 0 without gaps. */
  setSegment(slot: number, segment: Segment): void {
    const { kernels } = this;
    const length = segment.dry.length - (segment.dry.length % LENGTH_MULTIPLE);
    const kept = this.segments[slot];
    const dry = kept?.dry ?? kernels.allocateFloats(this.maxLength);
    const target = kept?.target ?? this.loss.allocateTarget();
    kernels.f32(dry, length).set(segment.dry.subarray(0, length));
    const regionLength = length - segment.warmupSamples;
    segment.wet.forEach((channel, i) => {
      kernels.f32(this.region[i]!, regionLength).set(channel.subarray(segment.warmupSamples, length));
    });
    this.segments[slot] = {
      dry,
      length,
      warmup: segment.warmupSamples,
      target: this.loss.setTarget(target, this.region[0], this.region[1], regionLength),
    };
  }

  /** See {@link Objective.evaluate}; `prepare` answers the slot that holds a segment, by default its index. */
  evaluate(
    raw: Float64Array,
    indices: readonly number[],
    mode: GradientMode,
    withGradient: boolean,
    prepare: (index: number) => number = (index) => index,
  ): Evaluation {
    const values = rawToValues(raw);
    const logDamp = logDampOf(raw);
    const options = { surrogate: mode === 'train', logDamp };
    this.dynamics.prepare(values);
    const grid = this.chooseGrid(values);
    const { transfer } = this.transfers[grid.index]!;
    transfer.forward(raw, values, options);
    if (withGradient) transfer.clearGradient();
    const byValue = new Float64Array(FIT_PARAMETER_COUNT);
    const terms = { mss_lr: 0, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 };
    const share = 1 / indices.length;
    for (const index of indices) {
      const segmentTerms = this.evaluateSegment(
        this.segments[prepare(index)]!,
        grid,
        withGradient ? { byValue, share } : undefined,
      );
      for (const key of Object.keys(terms) as (keyof LossTerms)[]) terms[key] += segmentTerms[key] * share;
    }
    const evaluation = evaluationOf(terms, raw, mode);
    if (!withGradient) return evaluation;
    const byLogDamp = transfer.adjoint(byValue, options);
    return { ...evaluation, gradient: rawGradient(raw, byValue, byLogDamp, mode) };
  }

  /** The grid for these decay times, and how much sound before a compared part its frames hold at least. */
  private chooseGrid(values: Float64Array): { index: number; context: number } {
    let slowest = 0;
    for (let band = 0; band < DECIDING_BANDS; band++) slowest = Math.max(slowest, values[firstDecay + band]!);
    const context = Math.round(CONTEXT_PER_T60 * decayDisplay.toPhysical(slowest) * FIT_SAMPLE_RATE_HZ);
    const { grids } = this.options;
    const fitting = grids.findIndex((points) => context <= LARGEST_CONTEXT_PART * points);
    const index = fitting < 0 ? grids.length - 1 : fitting;
    return { index, context: Math.min(context, LARGEST_CONTEXT_PART * grids[index]!) };
  }

  /** Cuts the compared region into parts and gives each the frame of the compressor's output that ends with it. */
  private framesOf({ length, warmup }: StoredSegment, points: number, context: number): Frame[] {
    if (length <= points) return [{ start: 0, part: warmup, length: length - warmup }];
    const count = Math.ceil((length - warmup) / (points - context));
    const partLength = Math.ceil((length - warmup) / count / 4) * 4;
    return Array.from({ length: count }, (_, i) => {
      const part = warmup + i * partLength;
      const end = Math.min(length, part + partLength);
      return { start: Math.max(0, end - points), part, length: end - part };
    });
  }

  private evaluateSegment(
    segment: StoredSegment,
    grid: { index: number; context: number },
    gradient?: { byValue: Float64Array; share: number },
  ): LossTerms {
    const { kernels } = this;
    const { points } = this.transfers[grid.index]!.transfer;
    const { length, target } = segment;
    const frames = this.framesOf(segment, points, grid.context);
    // What lies before the first frame is needed only for the compressor to settle.
    const earliest = Math.max(0, frames[0]!.start - SETTLING_SAMPLES);
    const first = earliest - (earliest % LENGTH_MULTIPLE);
    this.dynamics.forward(segment.dry + first * 4, this.compressed + first * 4, length - first);
    kernels.f32(this.compressed, length + points).fill(0, length);
    this.forwardFrames(segment, frames, grid.index);
    if (!gradient) return this.loss.evaluate(this.region[0], this.region[1], target);
    const terms = this.loss.evaluate(this.region[0], this.region[1], target, {
      scale: gradient.share,
      left: this.gradRegion[0],
      right: this.gradRegion[1],
      norm: this.options.norm,
    });
    this.adjointFrames(segment, frames, grid.index);
    this.dynamics.adjoint(this.gradCompressed + first * 4, length - first, gradient.byValue);
    return terms;
  }

  /** The compressor's output through the transfer function into the compared region. */
  private forwardFrames({ warmup }: StoredSegment, frames: readonly Frame[], grid: number): void {
    const { kernels } = this;
    const { transfer, plan } = this.transfers[grid]!;
    const { bins, points, response } = transfer;
    frames.forEach((frame, i) => {
      const input = this.inputSpectrum(i);
      kernels.call.forwardReal(this.compressed + frame.start * 4, ...input, plan);
      for (const channel of [0, 1] as const) {
        const [re, im] = [response[2 * channel]!, response[2 * channel + 1]!];
        kernels.call.applyTransfer(bins, ...input, re, im, ...this.outputSpectrum, 1 / points);
        kernels.call.inverseReal(...this.outputSpectrum, this.frame[channel], plan);
        kernels
          .f32(this.region[channel] + (frame.part - warmup) * 4, frame.length)
          .set(kernels.f32(this.frame[channel] + (frame.part - frame.start) * 4, frame.length));
      }
    });
  }

  /** Gradient of the compared region into those of the transfer function (added) and of the compressor's output. */
  private adjointFrames({ length, warmup }: StoredSegment, frames: readonly Frame[], grid: number): void {
    const { kernels } = this;
    const { transfer, plan } = this.transfers[grid]!;
    const { bins, points, response, gradient } = transfer;
    kernels.f32(this.gradCompressed, length).fill(0);
    frames.forEach((frame, i) => {
      for (const channel of [0, 1] as const) {
        const [re, im] = [2 * channel, 2 * channel + 1];
        kernels
          .f32(this.frame[channel], points)
          .fill(0)
          .set(
            kernels.f32(this.gradRegion[channel] + (frame.part - warmup) * 4, frame.length),
            frame.part - frame.start,
          );
        kernels.call.forwardReal(this.frame[channel], ...this.outputSpectrum, plan);
        kernels.call.applyTransferAdjoint(
          bins,
          ...this.inputSpectrum(i),
          response[re]!,
          response[im]!,
          ...this.outputSpectrum,
          gradient[re]!,
          gradient[im]!,
          ...this.gradInputSpectrum,
          2 / points,
          channel === 0,
        );
      }
      kernels.call.inverseReal(...this.gradInputSpectrum, this.gradFrame, plan);
      const count = Math.min(length - frame.start, points);
      kernels.call.accumulateInto(this.gradCompressed + frame.start * 4, this.gradFrame, count);
    });
  }

  /** Room for the spectrum of the i-th frame's input, which the adjoint needs again. */
  private inputSpectrum(frame: number): readonly [number, number] {
    const bins = Math.max(...this.options.grids) / 2 + 16;
    return (this.inputSpectra[frame] ??= [
      this.kernels.allocateFloats(bins),
      this.kernels.allocateFloats(bins),
    ]);
  }
}
