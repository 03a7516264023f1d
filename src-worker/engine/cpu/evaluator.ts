/**
 * The objective on one instance of the kernels: forward through the chain in its training form, losses, and the adjoint
 * of everything. Segments are kept in the instance's memory.
 */
import { CHAIN_PARAMETERS, rawToValues } from '#core/chain/parameters.ts';
import { parametersUnder } from '#core/chain/parameters.ts';
import { LOSS_WEIGHTS, type LossTerms } from '#core/losses/index.ts';
import type { Kernels } from '../kernels.ts';
import { FIT_PARAMETER_COUNT, type Evaluation, type GradientMode, type Segment } from '../objective.ts';
import { Dynamics } from './dynamics.ts';
import { Loss, type Target } from './loss.ts';
import { Transfer } from './transfer.ts';

export interface EvaluatorOptions {
  /** Period of the circular convolution after the compressor, a power of two; see {@link Transfer}. */
  readonly gridPoints: number;
}

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

const isMixing = new Set(parametersUnder('fdn.mixing'));

export class Evaluator {
  private readonly dynamics: Dynamics;
  private readonly transfer: Transfer;
  private readonly loss: Loss;
  private readonly plan: number;
  private readonly compressed: number;
  private readonly inputSpectrum: readonly [number, number];
  private readonly outputSpectrum: readonly [number, number];
  private readonly outputs: readonly [number, number];
  private readonly gradOutputs: readonly [number, number];
  private readonly gradInputSpectrum: readonly [number, number];
  private readonly gradCompressed: number;
  private readonly segments: StoredSegment[] = [];

  /** `maxLength`: the longest segment in samples. */
  constructor(
    private readonly kernels: Kernels,
    private readonly maxLength: number,
    private readonly options: EvaluatorOptions,
  ) {
    const { gridPoints } = options;
    const floats = (count: number) => kernels.allocateFloats(count + 16);
    const spectrum = () => [floats(gridPoints / 2), floats(gridPoints / 2)] as const;
    this.plan = kernels.realPlan(gridPoints);
    this.dynamics = new Dynamics(kernels, maxLength);
    this.transfer = new Transfer(kernels, gridPoints);
    this.loss = new Loss(kernels, Math.min(maxLength, gridPoints));
    this.compressed = floats(Math.max(maxLength, gridPoints));
    this.inputSpectrum = spectrum();
    this.outputSpectrum = spectrum();
    this.gradInputSpectrum = spectrum();
    this.outputs = [floats(gridPoints), floats(gridPoints)];
    this.gradOutputs = [floats(gridPoints + SPARE), floats(gridPoints + SPARE)];
    this.gradCompressed = floats(Math.max(maxLength, gridPoints));
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
      kernels.f32(this.outputs[i]!, regionLength).set(channel.subarray(segment.warmupSamples, length));
    });
    this.segments[slot] = {
      dry,
      length,
      warmup: segment.warmupSamples,
      target: this.loss.setTarget(target, this.outputs[0], this.outputs[1], regionLength),
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
    const logDamp = -Math.log1p(Math.exp(raw[FIT_PARAMETER_COUNT - 1]!));
    const options = { surrogate: mode === 'train', logDamp };
    this.dynamics.prepare(values);
    this.transfer.forward(raw, values, options);
    if (withGradient) this.transfer.clearGradient();
    const byValue = new Float64Array(FIT_PARAMETER_COUNT);
    const terms = { mss_lr: 0, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 };
    const share = 1 / indices.length;
    for (const index of indices) {
      const segmentTerms = this.evaluateSegment(this.segments[prepare(index)]!, withGradient ? { byValue, share } : undefined);
      for (const key of Object.keys(terms) as (keyof LossTerms)[]) terms[key] += segmentTerms[key] * share;
    }
    const damping = Math.exp(logDamp);
    const delayRegulariser = mode === 'train' ? (1 - damping) ** 2 : 0;
    const total =
      (Object.keys(terms) as (keyof LossTerms)[]).reduce((sum, key) => sum + LOSS_WEIGHTS[key] * terms[key], 0) +
      delayRegulariser;
    if (!withGradient) return { total, terms, delayRegulariser };
    let byLogDamp = this.transfer.adjoint(byValue, options);
    if (mode === 'train') byLogDamp -= 2 * (1 - damping) * damping;
    const gradient = byValue.map((g, i) =>
      i >= CHAIN_PARAMETERS.length || isMixing.has(i) ? g : g * CHAIN_PARAMETERS[i]!.map.slope(raw[i]!),
    );
    // log η = −softplus(raw): the slope is −σ(raw).
    gradient[FIT_PARAMETER_COUNT - 1] = -byLogDamp / (1 + Math.exp(-raw[FIT_PARAMETER_COUNT - 1]!));
    return { total, terms, delayRegulariser, gradient };
  }

  private evaluateSegment(segment: StoredSegment, gradient?: { byValue: Float64Array; share: number }): LossTerms {
    const { kernels, transfer } = this;
    const { call } = kernels;
    const { gridPoints } = this.options;
    const { length, warmup, target } = segment;
    // A segment longer than the grid leaves its beginning to the compressor alone: only its oldest reverberation is lost.
    const skipped = Math.max(0, length - gridPoints);
    this.dynamics.forward(segment.dry, this.compressed, length);
    if (length < gridPoints) kernels.f32(this.compressed, gridPoints).fill(0, length);
    call.forwardReal(this.compressed + skipped * 4, ...this.inputSpectrum, this.plan);
    for (const channel of [0, 1] as const) {
      call.applyTransfer(
        transfer.bins,
        ...this.inputSpectrum,
        transfer.response[2 * channel]!,
        transfer.response[2 * channel + 1]!,
        ...this.outputSpectrum,
        1 / gridPoints,
      );
      call.inverseReal(...this.outputSpectrum, this.outputs[channel], this.plan);
    }
    const region = (warmup - skipped) * 4;
    const [left, right] = [this.outputs[0] + region, this.outputs[1] + region];
    const terms = this.loss.forward(left, right, target);
    if (!gradient) return terms;
    const [gradLeft, gradRight] = [this.gradOutputs[0] + region, this.gradOutputs[1] + region];
    this.loss.adjoint(left, right, target, gradient.share, gradLeft, gradRight);
    for (const channel of [0, 1] as const) {
      const whole = kernels.f32(this.gradOutputs[channel], gridPoints);
      whole.fill(0, 0, warmup - skipped);
      whole.fill(0, length - skipped);
      call.forwardReal(this.gradOutputs[channel], ...this.outputSpectrum, this.plan);
      call.applyTransferAdjoint(
        transfer.bins,
        ...this.inputSpectrum,
        transfer.response[2 * channel]!,
        transfer.response[2 * channel + 1]!,
        ...this.outputSpectrum,
        transfer.gradient[2 * channel]!,
        transfer.gradient[2 * channel + 1]!,
        ...this.gradInputSpectrum,
        2 / gridPoints,
        channel === 0,
      );
    }
    call.inverseReal(...this.gradInputSpectrum, this.gradCompressed + skipped * 4, this.plan);
    kernels.f32(this.gradCompressed, skipped).fill(0);
    this.dynamics.adjoint(segment.dry, this.gradCompressed, length, gradient.byValue);
    return terms;
  }
}
