/**
 * Compressor and expander of many segments on the GPU: forward from equalised sound, and back to its gradient and that of
 * the values. The equations are in kernels/compressor.ts and core/effects/comp/training.ts; how recursions run in parallel
 * is in chunks.ts. All numbers are float32, with states of recursions and their entries in two floats.
 */
import { dbToGain } from '#core/units.ts';
import { SMALLEST_RATIO, dynamicsAt as at } from '../../dynamics-values.ts';
import type { Dispatch, GpuContext, Recording } from '../device.ts';
import { Sums } from '../sums.ts';
import { chunkRows, type Sizes } from './chunks.ts';
import { GainSmoothing } from './gain-smoothing.ts';
import { Lookahead, gradientRows, lookaheadGroups } from './lookahead.ts';
import { COLUMNS, columnOf, type Column } from './parts.ts';
import { PowerAverage } from './power-average.ts';
import { SETTINGS_LENGTH, dynamicsSettings } from './settings.ts';

/** Numbers that {@link GpuDynamics.recordAdjoint} leaves for each segment. */
export const DYNAMICS_SUMS = COLUMNS.length;

export interface GpuDynamicsBuffers {
  /**
   * f32[maxSegments][points] each. What lies behind a segment's length in `equalised` and `gradOutput` is not used;
   * `output` and `gradEqualised` are written in whole rows, zero behind the length.
   */
  readonly equalised: GPUBuffer;
  readonly output: GPUBuffer;
  readonly gradOutput: GPUBuffer;
  readonly gradEqualised: GPUBuffer;
  /** array<Segment>, no two of a dispatch with the same slot. */
  readonly segments: GPUBuffer;
}

/** Real vocals of 12 s took at most 20 from nothing, with attack 1 and release 1e-6; 11 with published presets. */
const SMOOTHING_ROUNDS = 24;

export class GpuDynamics {
  /**
   * Most rounds in which attack and release are found in parallel before a single thread does those of a segment in order.
   * The result is the same to the last place of float32.
   */
  smoothingRounds = SMOOTHING_ROUNDS;

  private constructor(
    private readonly context: GpuContext,
    private readonly settings: GPUBuffer,
    private readonly averaging: PowerAverage,
    private readonly smoothing: GainSmoothing,
    private readonly lookahead: Lookahead,
    private readonly summing: { readonly sums: Sums; readonly dispatch: Dispatch },
    /** f32[maxSegments][DYNAMICS_SUMS], written by {@link recordAdjoint}. */
    readonly sums: GPUBuffer,
  ) {}

  /** Throws GpuError if the adapter has no buffers that large: six rows of `maxLength` for each segment of a dispatch. */
  static async make(
    context: GpuContext,
    sizes: Sizes,
    { equalised, output, gradOutput, gradEqualised, segments }: GpuDynamicsBuffers,
  ): Promise<GpuDynamics> {
    const groups = lookaheadGroups(sizes);
    const rows = (label: string): GPUBuffer => chunkRows(context, label, sizes);
    const settings = context.numbers('dynamics settings', SETTINGS_LENGTH);
    const power = rows('power');
    const gain = rows('gain');
    const smoothed = rows('smoothed gain');
    const lookedAhead = rows('gain looked ahead');
    const gradLookedAhead = rows('gradient of the gain looked ahead');
    const gradient = gradientRows(context, 'gradient of the smoothed gain', sizes);
    const parts = context.numbers('dynamics parts', sizes.maxSegments * groups * DYNAMICS_SUMS);
    const sums = context.numbers('dynamics sums', sizes.maxSegments * DYNAMICS_SUMS);
    const [averaging, smoothing, lookahead, summing] = await Promise.all([
      PowerAverage.make(context, sizes, groups, {
        settings,
        segments,
        equalised,
        gradEqualised,
        power,
        gain,
        gradPower: gradient,
        parts,
      }),
      GainSmoothing.make(context, sizes, groups, {
        settings,
        segments,
        power,
        gain,
        smoothed,
        gradient,
        parts,
      }),
      Lookahead.make(context, sizes, groups, {
        settings,
        segments,
        equalised,
        output,
        gradOutput,
        gradEqualised,
        smoothed,
        lookedAhead,
        gradLookedAhead,
        gradient,
        parts,
      }),
      Sums.make(context, 'dynamics sums', groups, DYNAMICS_SUMS),
    ]);
    return new GpuDynamics(
      context,
      settings,
      averaging,
      smoothing,
      lookahead,
      { sums: summing, dispatch: summing.on(parts, sums) },
      sums,
    );
  }

  /** u32[maxSegments][2]: whether attack and release of each segment were found in parallel, and in how many rounds. */
  get progress(): GPUBuffer {
    return this.smoothing.progress;
  }

  /** Uses these DSP values, indexed as rawToValues gives them, for whatever is submitted next. */
  prepare(values: Float64Array): void {
    this.context.write(this.settings, dynamicsSettings(values));
  }

  /** From `equalised` to `output`, for the first `count` segments of the table. */
  recordForward(recording: Recording, count: number): void {
    this.averaging.recordForward(recording, count);
    this.smoothing.recordForward(recording, count, this.smoothingRounds);
    this.lookahead.recordForward(recording, count);
  }

  /** From `gradOutput` to `gradEqualised` and {@link sums}, for the segments last given to {@link recordForward}. */
  recordAdjoint(recording: Recording, count: number): void {
    this.lookahead.recordAdjoint(recording, count);
    this.smoothing.recordAdjoint(recording, count);
    this.averaging.recordAdjoint(recording, count);
    this.summing.sums.record(recording, this.summing.dispatch, count);
  }

  /** Adds the gradient by DSP value from one segment's {@link DYNAMICS_SUMS} numbers, found at these values. */
  addGradient(sums: Float32Array, byValue: Float64Array, values: Float64Array): void {
    const sum = (name: Column): number => sums[columnOf(name)]!;
    byValue[at.makeup]! += sum('makeup') * dbToGain(values[at.makeup]!) * (Math.LN10 / 20);
    byValue[at.lookahead]! += sum('lookahead');
    byValue[at.attack]! += sum('attack');
    byValue[at.release]! += sum('release');
    byValue[at.averaging]! += sum('averaging');
    byValue[at.threshold]! += sum('threshold');
    byValue[at.expanderThreshold]! += sum('expanderThreshold');
    byValue[at.ratio]! += sum('slope') / values[at.ratio]! ** 2;
    if (values[at.expanderRatio]! > SMALLEST_RATIO)
      byValue[at.expanderRatio]! += sum('expanderSlope') / values[at.expanderRatio]! ** 2;
  }
}
