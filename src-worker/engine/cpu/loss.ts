/**
 * The four loss terms of one region against its target, and their gradient, through the kernels stft-loss.ts and
 * dynamics-loss.ts. Exactly the losses of core/losses, in float32.
 */
import { aWeightingTaps, A_WEIGHTING_TAPS } from '#core/losses/a-weighting.ts';
import { LDR_SCALES } from '#core/losses/loudness-dynamic-range.ts';
import { POWER_FLOOR, STFT_RESOLUTIONS } from '#core/losses/multi-resolution-stft.ts';
import { LOSS_WEIGHTS, type LossTerms } from '#core/losses/index.ts';
import type { BatchTables, Kernels } from '../kernels.ts';

const MAX_REFLECTION = 1024;
/** The rolls of the dynamics loss and the reflections of the STFT must fit in a region. */
const SHORTEST_REGION = Math.max(MAX_REFLECTION, ...LDR_SCALES.map(({ rollSamples }) => rollSamples));
const HALF_TAPS = (A_WEIGHTING_TAPS - 1) / 2;
const BLOCK = 1024;
const HOP = BLOCK - (A_WEIGHTING_TAPS - 1);

interface Resolution {
  readonly length: number;
  readonly hop: number;
  readonly window: number;
  readonly tables: BatchTables;
  readonly places: number;
}

/** What the kernels sum: squared differences of left and right, sum, difference; logarithms of the first and of the others. */
type StftSums = Float64Array;

/**
 * The gradient of ‖Y − X‖ needs the norm before the pass that forms it. `exact` makes a pass of its own for that; `lagged`
 * takes the norm of the evaluation before, which in a fit differs by a per cent or two and only scales that one term.
 */
export type ConvergenceNorm = 'exact' | 'lagged';

export interface GradientRequest {
  /** Factor of the loss. */
  readonly scale: number;
  /** Addresses of f32[length + 4·924]: the gradient of both channels; what lies behind the region is zeroed. */
  readonly left: number;
  readonly right: number;
  readonly norm: ConvergenceNorm;
}

interface TargetResolution {
  readonly magnitudes: number;
  /** ‖Y‖² of left and right, sum, difference. */
  readonly energies: Float64Array;
  /** ‖Y − X‖² of the last evaluation; 0 before the first. */
  readonly distances: Float64Array;
}

/** What a target is kept as; made by {@link Loss.prepareTarget}. */
export interface Target {
  readonly length: number;
  readonly resolutions: readonly TargetResolution[];
  /** Ratio of short to long average for both scales. */
  readonly ratios: readonly [number, number];
}

export class Loss {
  private readonly resolutions: readonly Resolution[];
  private readonly padded: readonly [number, number];
  private readonly weighted: readonly [number, number];
  private readonly gradWeighted: readonly [number, number];
  private readonly averages: number;
  private readonly averageStride: number;
  private readonly dynamicsGradients: number;
  private readonly coefficients: number;
  private readonly sums: number;
  private readonly weights: number;
  private readonly ones: number;
  private readonly filter: number;
  private readonly scratch: number;
  private readonly shifts: readonly [number, number];

  /** `maxLength`: the longest region in samples. */
  constructor(
    private readonly kernels: Kernels,
    private readonly maxLength: number,
    /** Every how many frames one is compared. */
    frameStep: 1 | 2,
    /** Every how many samples the dynamics are compared. */
    private readonly sampleStep: 1 | 4,
  ) {
    const floats = (count: number) => kernels.allocateFloats(count + 16);
    const spare = 4 * HOP + BLOCK;
    const stereo = (count: number) => [floats(count), floats(count)] as const;
    this.padded = stereo(HALF_TAPS + maxLength + spare);
    this.weighted = stereo(MAX_REFLECTION * 2 + maxLength + spare);
    this.gradWeighted = stereo(MAX_REFLECTION * 2 + maxLength + spare);
    this.averageStride = this.samplesCompared(maxLength) * 16;
    this.averages = kernels.allocate(this.averageStride * 4);
    this.dynamicsGradients = kernels.allocate(this.averageStride * 4);
    this.coefficients = kernels.allocate(4 * 8);
    kernels
      .f64(this.coefficients, 4)
      .set(
        LDR_SCALES.flatMap(({ shortCoefficient, longCoefficient }) => [shortCoefficient, longCoefficient]),
      );
    this.shifts = LDR_SCALES.map(({ rollSamples }) => Math.round(rollSamples / sampleStep)) as [
      number,
      number,
    ];
    this.sums = kernels.allocate(8 * 8);
    this.weights = kernels.allocate(8 * 4);
    this.ones = floats(BLOCK);
    kernels.f32(this.ones, BLOCK).fill(1);
    this.scratch = kernels.allocate(2048 * 32);
    this.filter = floats(BLOCK * 2);
    this.makeFilter();
    this.resolutions = STFT_RESOLUTIONS.map(({ fftSize, hop }) =>
      this.makeResolution(fftSize, hop * frameStep),
    );
  }

  private makeFilter(): void {
    const { kernels } = this;
    const tables = kernels.batch(BLOCK);
    const impulse = kernels.f32(this.scratch, BLOCK * 8).fill(0);
    aWeightingTaps().forEach((tap, i) => (impulse[i * 8] = tap / BLOCK));
    kernels.call.forwardBatch(this.scratch, BLOCK, tables.twiddles);
    const filter = kernels.f32(this.filter, BLOCK * 2);
    for (let i = 0; i < BLOCK; i++) {
      filter[2 * i] = impulse[i * 8]!;
      filter[2 * i + 1] = impulse[i * 8 + 4]!;
    }
  }

  private makeResolution(length: number, hop: number): Resolution {
    const { kernels } = this;
    const tables = kernels.batch(length);
    const window = kernels.allocateFloats(length);
    // Half a periodic Hann window: see kernels/stft-loss.ts.
    kernels
      .f32(window, length)
      .set(Float32Array.from({ length }, (_, i) => 0.25 - 0.25 * Math.cos((2 * Math.PI * i) / length)));
    const places = kernels.allocate(length * 4);
    kernels.i32(places, length).set(tables.places.map((place) => place * 32));
    return { length, hop, window, tables, places };
  }

  private frames(length: number, hop: number): number {
    return 1 + Math.floor(length / hop);
  }

  /** A-weights both channels into the padded buffers and reflects their ends. */
  private weigh(left: number, right: number, length: number): void {
    const { kernels } = this;
    [left, right].forEach((source, channel) => {
      const padded = kernels.f32(this.padded[channel]!, HALF_TAPS + length + 4 * HOP + BLOCK);
      padded.set(kernels.f32(source, length), HALF_TAPS);
      padded.fill(0, HALF_TAPS + length);
    });
    this.convolve(
      this.padded,
      this.weighted.map((address) => address + MAX_REFLECTION * 4) as [number, number],
      length,
    );
    for (const address of this.weighted) {
      const signal = kernels.f32(address, MAX_REFLECTION * 2 + length + BLOCK);
      const first = MAX_REFLECTION;
      const last = MAX_REFLECTION + length - 1;
      for (let i = 1; i <= MAX_REFLECTION; i++) {
        signal[first - i] = signal[first + i]!;
        signal[last + i] = signal[last - i]!;
      }
    }
  }

  private convolve(from: readonly [number, number], to: readonly [number, number], length: number): void {
    this.kernels.call.convolveStereo(
      from[0],
      from[1],
      to[0],
      to[1],
      Math.ceil(length / (4 * HOP)),
      BLOCK,
      A_WEIGHTING_TAPS - 1,
      HOP,
      this.ones,
      this.kernels.batch(BLOCK).twiddles,
      this.filter,
      this.scratch,
    );
  }

  /** Reserves room for a target of up to `maxLength` samples; fill it with {@link setTarget}. */
  allocateTarget(): Target {
    const { kernels } = this;
    return {
      length: 0,
      resolutions: this.resolutions.map(({ length, hop }) => ({
        magnitudes: kernels.allocate(Math.ceil(this.frames(this.maxLength, hop) / 4) * (length / 2 + 1) * 64),
        energies: new Float64Array(3),
        distances: new Float64Array(3),
      })),
      ratios: [kernels.allocate(this.averageStride), kernels.allocate(this.averageStride)],
    };
  }

  /** left, right: f32[length], the target; length at least {@link MAX_REFLECTION} + 1 and the longest shift. */
  setTarget(target: Target, left: number, right: number, length: number): Target {
    const { kernels } = this;
    if (length <= SHORTEST_REGION)
      throw new RangeError(`The losses need more than ${SHORTEST_REGION} samples, got ${length}.`);
    this.weigh(left, right, length);
    this.resolutions.forEach((resolution, i) => {
      const { magnitudes, energies, distances } = target.resolutions[i]!;
      distances.fill(0);
      const [l, r] = this.frameStart(this.weighted, resolution);
      kernels.call.stftTarget(
        l,
        r,
        resolution.length,
        resolution.hop,
        this.frames(length, resolution.hop),
        resolution.window,
        resolution.tables.twiddles,
        resolution.places,
        this.scratch,
        magnitudes,
        POWER_FLOOR,
        this.sums,
      );
      energies.set(kernels.f64(this.sums, 3));
    });
    kernels.call.dynamicsAverages(
      left,
      right,
      length,
      this.sampleStep,
      this.coefficients,
      this.averages,
      this.averageStride,
    );
    this.shifts.forEach((shift, scale) => {
      const [short, long] = this.averagesOf(scale);
      kernels.call.dynamicsTarget(short, long, this.samplesCompared(length), shift, target.ratios[scale]!);
    });
    return { ...target, length };
  }

  private samplesCompared(length: number): number {
    return Math.ceil(length / this.sampleStep);
  }

  private averagesOf(scale: number): [number, number] {
    return [
      this.averages + 2 * scale * this.averageStride,
      this.averages + (2 * scale + 1) * this.averageStride,
    ];
  }

  private frameStart(padded: readonly [number, number], { length }: Resolution): [number, number] {
    const offset = (MAX_REFLECTION - length / 2) * 4;
    return [padded[0] + offset, padded[1] + offset];
  }

  /** Loss terms of left and right (addresses of f32[target.length]), and their gradient where it is asked for. */
  evaluate(left: number, right: number, target: Target, gradient?: GradientRequest): LossTerms {
    const { length } = target;
    this.weigh(left, right, length);
    const padded = gradient && this.clearGradient(length);
    let lr = 0;
    let ms = 0;
    this.resolutions.forEach((resolution, i) => {
      const targetResolution = target.resolutions[i]!;
      const sums = gradient
        ? this.stftGradient(resolution, targetResolution, length, gradient)
        : this.stftSums(resolution, targetResolution, length);
      targetResolution.distances.set(sums.subarray(0, 3));
      const convergence = (signal: number) => Math.sqrt(sums[signal]! / targetResolution.energies[signal]!);
      const values = this.valuesPerSignal(resolution, length);
      lr += convergence(0) + sums[3]! / (2 * values);
      ms += (convergence(1) + convergence(2) + sums[4]! / values) / 2;
    });
    const terms = {
      mss_lr: lr / this.resolutions.length,
      mss_ms: ms / this.resolutions.length,
      ...this.dynamicsForward(left, right, target),
    };
    if (gradient) {
      this.unweigh(padded!, length, gradient);
      this.dynamicsAdjoint(left, right, target, gradient);
    }
    return terms;
  }

  private stftArguments(resolution: Resolution, { magnitudes }: TargetResolution, length: number) {
    return [
      ...this.frameStart(this.weighted, resolution),
      resolution.length,
      resolution.hop,
      this.frames(length, resolution.hop),
      resolution.window,
      resolution.tables.twiddles,
      resolution.places,
      this.scratch,
      magnitudes,
      POWER_FLOOR,
      this.sums,
    ] as const;
  }

  private stftSums(resolution: Resolution, target: TargetResolution, length: number): StftSums {
    this.kernels.call.stftForward(...this.stftArguments(resolution, target, length));
    return this.kernels.f64(this.sums, 5).slice();
  }

  private stftGradient(
    resolution: Resolution,
    target: TargetResolution,
    length: number,
    { scale, norm }: GradientRequest,
  ): StftSums {
    const { kernels } = this;
    if (norm === 'exact' || target.distances.every((distance) => distance === 0))
      target.distances.set(this.stftSums(resolution, target, length).subarray(0, 3));
    const values = this.valuesPerSignal(resolution, length);
    const share = scale / this.resolutions.length;
    const factors = [LOSS_WEIGHTS.mss_lr, LOSS_WEIGHTS.mss_ms / 2, LOSS_WEIGHTS.mss_ms / 2];
    const weights = kernels.f32(this.weights, 5);
    weights[0] = (share * factors[0]!) / (2 * values);
    weights[1] = (share * factors[1]!) / values;
    factors.forEach((factor, signal) => {
      const norms = Math.sqrt(target.distances[signal]! * target.energies[signal]!);
      weights[2 + signal] = norms > 0 ? (share * factor) / norms : 0;
    });
    kernels.call.stftGradient(
      ...this.stftArguments(resolution, target, length),
      this.weights,
      ...this.frameStart(this.gradWeighted, resolution),
    );
    return kernels.f64(this.sums, 5).slice();
  }

  private clearGradient(length: number): readonly Float32Array[] {
    const paddedLength = MAX_REFLECTION * 2 + length + 4 * HOP + BLOCK;
    return this.gradWeighted.map((address) => this.kernels.f32(address, paddedLength).fill(0));
  }

  /** Gradient of the A-weighted signals with reflected ends → gradient of the signals. */
  private unweigh(padded: readonly Float32Array[], length: number, { left, right }: GradientRequest): void {
    const first = MAX_REFLECTION;
    const last = MAX_REFLECTION + length - 1;
    for (const signal of padded) {
      for (let i = 1; i <= MAX_REFLECTION; i++) {
        signal[first + i]! += signal[first - i]!;
        signal[last - i]! += signal[last + i]!;
      }
      signal.fill(0, 0, first);
      signal.fill(0, last + 1);
    }
    // The filter is symmetric: it is its own adjoint.
    const start = (MAX_REFLECTION - HALF_TAPS) * 4;
    this.convolve([this.gradWeighted[0] + start, this.gradWeighted[1] + start], [left, right], length);
    for (const address of [left, right]) this.kernels.f32(address, length + 4 * HOP).fill(0, length);
  }

  private valuesPerSignal({ length, hop }: Resolution, region: number): number {
    return this.frames(region, hop) * (length / 2 + 1);
  }

  private dynamicsForward(left: number, right: number, target: Target): { mldr_lr: number; mldr_ms: number } {
    const { kernels } = this;
    kernels.call.dynamicsAverages(
      left,
      right,
      target.length,
      this.sampleStep,
      this.coefficients,
      this.averages,
      this.averageStride,
    );
    const rows = new Float64Array(4);
    this.shifts.forEach((shift, scale) => {
      const [short, long] = this.averagesOf(scale);
      kernels.call.dynamicsForward(
        short,
        long,
        this.samplesCompared(target.length),
        shift,
        target.ratios[scale]!,
        this.dynamicsGradients + 2 * scale * this.averageStride,
        this.dynamicsGradients + (2 * scale + 1) * this.averageStride,
        this.sums,
      );
      kernels.f64(this.sums, 4).forEach((sum, row) => (rows[row]! += sum));
    });
    const count = 2 * this.samplesCompared(target.length);
    return { mldr_lr: (rows[0]! + rows[1]!) / count, mldr_ms: (rows[2]! + rows[3]!) / count };
  }

  private dynamicsAdjoint(left: number, right: number, { length }: Target, gradient: GradientRequest): void {
    const perSample = gradient.scale / (2 * this.samplesCompared(length));
    const [lr, ms] = [perSample * LOSS_WEIGHTS.mldr_lr, perSample * LOSS_WEIGHTS.mldr_ms];
    this.kernels.f32(this.weights, 4).set([lr, lr, ms, ms]);
    this.kernels.call.dynamicsAdjoint(
      left,
      right,
      length,
      this.sampleStep,
      this.coefficients,
      this.shifts[0],
      this.shifts[1],
      this.dynamicsGradients,
      this.averageStride,
      this.weights,
      gradient.left,
      gradient.right,
    );
  }
}
