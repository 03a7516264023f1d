/**
 * The objective on a GPU: raw parameters in, loss terms and gradient out; between them everything stays on the device. Agrees
 * with the CPU's exact options.
 *
 * One period of P points serves a whole segment: long enough that what wraps round has died away, so that all filters are
 * products of spectra, the equaliser's too. Some segments are treated side by side, as memory allows; each pass of the
 * computation is one dispatch over all of them:
 *
 *   dry spectrum · equaliser → sound → compressor → spectrum · response → left and right → losses
 *   and back: gradient's spectrum · response* → compressor's adjoint → spectrum, weighed with the dry one
 *
 * Of the parameters, filters' coefficients, the mixing matrix and the like are made on the CPU, some hundreds of numbers, and
 * their chain rule is applied there to as many sums.
 */
import { rawToValues } from '#core/chain/parameters.ts';
import { MAX_T60_SECONDS } from '#core/effects/fdn/params.ts';
import type { LossTerms } from '#core/losses/index.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { evaluationOf, logDampOf, rawGradient } from '../evaluation.ts';
import type { Evaluation, GradientMode, Objective, Segment } from '../objective.ts';
import { SegmentSlots } from '../segment-slots.ts';
import { GpuError, type GpuContext, type KernelTimes, type Recording } from './device.ts';
import { DYNAMICS_SUMS, GpuDynamics } from './dynamics/index.ts';
import { LongFft, type LongFftRun } from './fft/long-fft.ts';
import { rootTable } from './fft/roots.ts';
import { EQUALIZER_SUMS, GpuEqualizer } from './filters/equalizer.ts';
import { Spectra } from './filters/spectra.ts';
import { GpuTransfer, TRANSFER_SUMS } from './filters/transfer.ts';
import { GpuLoss, LOSS_SUMS, largestLossRows } from './losses/index.ts';
import { segmentTable, type SegmentEntry } from './segment.ts';

/** Sound that a period holds beside the segment: 80 % of the longest decay time. */
const TAIL_SECONDS = 0.8 * MAX_T60_SECONDS;
const SMALLEST_POINTS = 2 ** 13;
/** Lengths are cut to a multiple of this many samples, as on the CPU. */
const LENGTH_MULTIPLE = 16;
/** Segments of 12 s side by side at most, 72 MB each: two parts make a song, and more would hardly keep a large GPU busier. */
const MAX_SEGMENTS = 18;
/** So many that to keep more of them side by side gains less than to keep more of them at all. */
const FEW_SEGMENTS = 4;
/** Segments kept prepared at most, 17 MB each. */
const MAX_SLOTS = 128;
/** Evaluations under way at once: the GPU has the next ones to do while the answer to one is read and used. */
const AT_ONCE = 4;

const SEGMENT_SUMS = LOSS_SUMS + DYNAMICS_SUMS;
const TERMS = ['mss_lr', 'mss_ms', 'mldr_lr', 'mldr_ms'] as const satisfies readonly (keyof LossTerms)[];

export interface GpuEvaluatorOptions {
  /** Segments treated side by side at most; by default all, as far as memory allows. */
  readonly maxSegments?: number;
  /** Longest echo and decay that do not wrap round into the segment; less makes shorter periods. */
  readonly tailSeconds?: number;
}

interface Parts {
  readonly equalizer: GpuEqualizer;
  readonly transfer: GpuTransfer;
  readonly dynamics: GpuDynamics;
  readonly loss: GpuLoss;
  readonly spectra: Spectra;
  /** By what they make. */
  readonly transforms: Readonly<
    Record<
      | 'drySpectrum'
      | 'equalised'
      | 'inputSpectrum'
      | 'outputs'
      | 'outputGradients'
      | 'inputGradient'
      | 'equalisedGradient',
      LongFftRun
    >
  >;
}

interface Buffers {
  readonly segments: GPUBuffer;
  readonly count: GPUBuffer;
  readonly equalised: GPUBuffer;
  readonly equalizerWeights: GPUBuffer;
  readonly transferGradient: GPUBuffer;
  /** f32[segments of an evaluation][SEGMENT_SUMS], then the sums of transfer and equaliser. */
  readonly results: GPUBuffer;
}

export class GpuEvaluator implements Objective {
  private readonly slots: SegmentSlots;
  /** {@link AT_ONCE} lanes, which calls take in turns: in each, what is under way. */
  private readonly lanes = Array.from({ length: AT_ONCE }, (): Promise<unknown> => Promise.resolve());
  private calls = 0;

  private constructor(
    private readonly context: GpuContext,
    private readonly segments: readonly Segment[],
    readonly points: number,
    /** Segments that are treated side by side. */
    readonly maxSegments: number,
    slots: number,
    private readonly buffers: Buffers,
    private readonly parts: Parts,
  ) {
    this.slots = new SegmentSlots(slots, (slot, segment) => {
      this.fill(slot, segments[segment]!);
    });
  }

  /**
   * Prepares everything for these segments; where memory does not suffice, fewer are kept and fewer go side by side.
   * Throws GpuError if it does not suffice for one.
   */
  static async make(
    context: GpuContext,
    segments: readonly Segment[],
    options: GpuEvaluatorOptions = {},
  ): Promise<GpuEvaluator> {
    const points = pointsFor(Math.max(...segments.map(lengthOf)), options.tailSeconds ?? TAIL_SECONDS);
    const most = mostThatFit(context, points, Math.max(...segments.map(regionOf)));
    const together = Math.min(options.maxSegments ?? Infinity, segments.length);
    // Parts of one size, as `evaluateNow` makes them.
    let count = Math.min(Math.ceil(together / Math.ceil(together / MAX_SEGMENTS)), most.maxSegments);
    let slots = Math.max(count, Math.min(segments.length, MAX_SLOTS, most.slots));
    for (;;) {
      const fork = context.fork();
      const attempt = { points, maxSegments: count, slots };
      try {
        return await fork.allocating(() => GpuEvaluator.build(fork, segments, attempt));
      } catch (error) {
        fork.end();
        if (!(error instanceof GpuError) || slots === 1) throw error;
        // One more side by side takes some four times what it takes to keep one.
        if (count > Math.min(FEW_SEGMENTS, slots)) count = Math.ceil(count / 2);
        else slots = Math.ceil(slots / 2);
        count = Math.min(count, slots);
      }
    }
  }

  private static async build(
    context: GpuContext,
    segments: readonly Segment[],
    { points, maxSegments, slots }: { points: number; maxSegments: number; slots: number },
  ): Promise<GpuEvaluator> {
    const bins = points / 2;
    const maxLength = Math.max(...segments.map(lengthOf));
    const maxRegion = Math.max(...segments.map(regionOf));
    const rows = (label: string, channels = 1): GPUBuffer =>
      context.numbers(label, maxSegments * channels * points);
    const roots = rootTable(context);
    const segmentsBuffer = context.numbers('segments', 4 * maxSegments);
    const count = context.numbers('count', 1);
    const dry = context.numbers('dry spectra', slots * points);
    const equalizer = context.numbers('equaliser’s response', points);
    const equalizerWeights = context.numbers('equaliser’s weights', points);
    const transfer = context.numbers('response', 2 * points);
    const transferGradient = context.numbers('response’s gradient', 2 * points);
    const mono = rows('spectra');
    const stereo = rows('stereo spectra', 2);
    const inputs = rows('compressed spectra');
    const equalised = rows('equalised');
    const compressed = rows('compressed');
    const equalisedGradient = rows('equalised gradient');
    const signals = rows('outputs', 2);
    const signalGradients = rows('outputs’ gradients', 2);
    const [forward, inverse, equalizerPart, transferPart, dynamics, loss, spectra] = await Promise.all([
      LongFft.make(context, bins, 'forward', roots),
      LongFft.make(context, bins, 'inverse', roots),
      GpuEqualizer.make(context, bins, roots, equalizer, equalizerWeights),
      GpuTransfer.make(context, points, maxLength, roots, transfer, transferGradient),
      GpuDynamics.make(
        context,
        { points, maxLength, maxSegments, slots },
        {
          equalised,
          output: compressed,
          gradOutput: compressed,
          gradEqualised: equalisedGradient,
          segments: segmentsBuffer,
        },
      ),
      GpuLoss.make(
        context,
        { points, maxRegion, maxSegments, slots },
        { signals, gradient: signalGradients, segments: segmentsBuffer },
      ),
      Spectra.make(context, points, {
        segments: segmentsBuffer,
        roots,
        count,
        dry,
        equalizer,
        equalizerWeights,
        transfer,
        transferGradient,
        mono,
        stereo,
        inputs,
      }),
    ]);
    return new GpuEvaluator(
      context,
      segments,
      points,
      maxSegments,
      slots,
      {
        segments: segmentsBuffer,
        count,
        equalised,
        equalizerWeights,
        transferGradient,
        results: context.numbers(
          'results',
          (segments.length + maxSegments) * SEGMENT_SUMS + TRANSFER_SUMS + EQUALIZER_SUMS,
        ),
      },
      {
        equalizer: equalizerPart,
        transfer: transferPart,
        dynamics,
        loss,
        spectra,
        transforms: {
          drySpectrum: forward.on(equalised, mono),
          equalised: inverse.on(mono, equalised),
          inputSpectrum: forward.on(compressed, mono),
          outputs: inverse.on(stereo, signals),
          outputGradients: forward.on(signalGradients, stereo),
          inputGradient: inverse.on(mono, compressed),
          equalisedGradient: forward.on(equalisedGradient, mono),
        },
      },
    );
  }

  /** Where a benchmark collects the times of kernels. */
  set times(times: KernelTimes | null) {
    this.context.times = times;
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return this.context.bytes;
  }

  /**
   * See {@link Objective.evaluate}; no segment twice. Rejects with GpuError when the GPU fails. Calls take their turns on the
   * GPU.
   */
  evaluate(
    raw: Float64Array,
    segments: readonly number[],
    mode: GradientMode,
    withGradient: boolean,
  ): Promise<Evaluation> {
    const lane = this.calls++ % AT_ONCE;
    const turn = this.lanes[lane]!.then(() => this.evaluateNow(raw, segments, mode, withGradient));
    this.lanes[lane] = turn.catch(() => undefined);
    return turn;
  }

  /** Gives everything back but the device. */
  end(): void {
    this.context.end();
  }

  /**
   * Evaluations share all buffers but that of the answer. Until that one is waited for, all is submitted without a break, and
   * a queue writes, computes and copies in the order of submission: those under way do not meet. What comes after the answer
   * uses nothing that another evaluation prepares.
   */
  private async evaluateNow(
    raw: Float64Array,
    indices: readonly number[],
    mode: GradientMode,
    withGradient: boolean,
  ): Promise<Evaluation> {
    const { context, buffers, parts } = this;
    context.check();
    const values = rawToValues(raw);
    const options = { surrogate: mode === 'train', logDamp: logDampOf(raw) };
    parts.equalizer.prepare(values);
    parts.transfer.prepare(raw, values, options);
    parts.dynamics.prepare(values);
    parts.loss.prepare(1 / indices.length);
    context.run((recording) => {
      parts.equalizer.recordForward(recording);
      parts.transfer.recordForward(recording);
      recording.clear(buffers.transferGradient);
      recording.clear(buffers.equalizerWeights);
    });
    // In parts of one size: what a part costs however small it is counts fewer times.
    const size = Math.ceil(indices.length / Math.ceil(indices.length / this.maxSegments));
    for (let first = 0; first < indices.length; first += size)
      this.evaluateSome(indices.slice(first, first + size), first, withGradient);

    const shared = indices.length * SEGMENT_SUMS;
    const count = shared + (withGradient ? TRANSFER_SUMS + EQUALIZER_SUMS : 0);
    const results = await context.read(buffers.results, count, 0, (recording) => {
      if (!withGradient) return;
      parts.transfer.recordAdjoint(recording);
      parts.equalizer.recordAdjoint(recording);
      recording.copy(parts.transfer.sums, 0, buffers.results, shared * 4, TRANSFER_SUMS * 4);
      recording.copy(
        parts.equalizer.sums,
        0,
        buffers.results,
        (shared + TRANSFER_SUMS) * 4,
        EQUALIZER_SUMS * 4,
      );
    });
    const evaluation = evaluationOf(this.meanTerms(results, indices), raw, mode);
    if (!withGradient) return evaluation;
    const byValue = new Float64Array(raw.length);
    indices.forEach((_, i) => {
      parts.dynamics.addGradient(
        results.subarray(i * SEGMENT_SUMS + LOSS_SUMS, (i + 1) * SEGMENT_SUMS),
        byValue,
        values,
      );
    });
    const byLogDamp = parts.transfer.addGradient(results.subarray(shared), byValue, raw, values, options);
    parts.equalizer.addGradient(results.subarray(shared + TRANSFER_SUMS), byValue);
    return { ...evaluation, gradient: rawGradient(raw, byValue, byLogDamp, mode) };
  }

  private meanTerms(results: Float32Array, indices: readonly number[]): LossTerms {
    const mean = { mss_lr: 0, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 };
    indices.forEach((index, i) => {
      const segment = this.segments[index]!;
      const terms = this.parts.loss.terms(
        results.subarray(i * SEGMENT_SUMS, i * SEGMENT_SUMS + LOSS_SUMS),
        regionOf(segment),
      );
      for (const key of TERMS) mean[key] += terms[key] / indices.length;
    });
    return mean;
  }

  /** Forward, and back where that is asked for, through segments side by side; their sums go to `results` from `first` on. */
  private evaluateSome(indices: readonly number[], first: number, withGradient: boolean): void {
    const { context } = this;
    const { spectra, transforms, dynamics, loss } = this.parts;
    const count = indices.length;
    // Slots first: filling them uses the same buffers.
    this.setSegments(indices.map((index) => entryOf(this.segments[index]!, this.slots.prepare(index))));
    context.run((recording) => {
      spectra.equalise(recording, count);
      transforms.equalised.record(recording, count);
      dynamics.recordForward(recording, count);
      transforms.inputSpectrum.record(recording, count);
      spectra.filter(recording, count);
      transforms.outputs.record(recording, 2 * count);
      loss.record(recording, count, withGradient);
      if (withGradient) {
        transforms.outputGradients.record(recording, 2 * count);
        spectra.filterAdjoint(recording, count);
        transforms.inputGradient.record(recording, count);
        dynamics.recordAdjoint(recording, count);
        transforms.equalisedGradient.record(recording, count);
        spectra.weigh(recording, count);
      }
      this.copySums(recording, count, first);
    });
  }

  private copySums(recording: Recording, count: number, first: number): void {
    const { loss, dynamics } = this.parts;
    for (let i = 0; i < count; i++) {
      const to = (first + i) * SEGMENT_SUMS * 4;
      recording.copy(loss.sums, i * LOSS_SUMS * 4, this.buffers.results, to, LOSS_SUMS * 4);
      recording.copy(
        dynamics.sums,
        i * DYNAMICS_SUMS * 4,
        this.buffers.results,
        to + LOSS_SUMS * 4,
        DYNAMICS_SUMS * 4,
      );
    }
  }

  private setSegments(entries: readonly SegmentEntry[]): void {
    this.context.write(this.buffers.segments, segmentTable(entries));
    this.context.write(this.buffers.count, Uint32Array.of(entries.length));
  }

  /** Keeps a segment's dry spectrum and target in a slot. */
  private fill(slot: number, segment: Segment): void {
    const { context, buffers, parts } = this;
    const { length, warmup } = entryOf(segment, slot);
    const row = new Float32Array(this.points);
    row.set(segment.dry.subarray(0, length));
    this.setSegments([{ length, warmup, slot }]);
    context.write(buffers.equalised, row);
    context.run((recording) => {
      parts.transforms.drySpectrum.record(recording, 1);
      parts.spectra.keepDry(recording, 1);
    });
    const [left, right] = segment.wet.map((channel) => channel.slice(warmup, length));
    parts.loss.setTarget(slot, left!, right!);
  }
}

function lengthOf({ dry }: Segment): number {
  return dry.length - (dry.length % LENGTH_MULTIPLE);
}

/** Samples that are compared. */
function regionOf(segment: Segment): number {
  return lengthOf(segment) - segment.warmupSamples;
}

/** How many segments the largest buffers of a GPU hold, side by side and kept. */
function mostThatFit(
  { limits: { maxBufferSize, maxStorageBufferBindingSize } }: GpuContext,
  points: number,
  maxRegion: number,
): { maxSegments: number; slots: number } {
  const largest = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const { scratch, target } = largestLossRows(maxRegion);
  return {
    maxSegments: Math.max(1, Math.floor(largest / Math.max(8 * points, scratch))),
    slots: Math.max(1, Math.floor(largest / Math.max(4 * points, target))),
  };
}

function entryOf(segment: Segment, slot: number): SegmentEntry {
  return { length: lengthOf(segment), warmup: segment.warmupSamples, slot };
}

/** The period for segments of up to `length` samples, a power of two. */
function pointsFor(length: number, tailSeconds: number): number {
  return Math.max(SMALLEST_POINTS, 2 ** Math.ceil(Math.log2(length + tailSeconds * FIT_SAMPLE_RATE_HZ)));
}
