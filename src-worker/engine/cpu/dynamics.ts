/**
 * Equaliser and compressor of one segment: forward into the compressor's output, and back to the values' gradient.
 * The equations are in kernels/equalizer.ts, compressor.ts and convolution.ts.
 */
import { LOOKAHEAD_TAPS_AFTER, LOOKAHEAD_TAPS_BEFORE, lookaheadTaps } from '#core/effects/comp/training.ts';
import { lookaheadTapSlopes } from '#core/effects/comp/training-adjoint.ts';
import type { BiquadWithDerivatives } from '#core/signal/biquad.ts';
import { dbToGain } from '#core/units.ts';
import { SMALLEST_RATIO, dynamicsAt as at } from '../dynamics-values.ts';
import { EQ_FILTERS, addFilterGradient, designAt } from '../filter-places.ts';
import type { Kernels } from '../kernels.ts';

const TAPS = LOOKAHEAD_TAPS_BEFORE + 1 + LOOKAHEAD_TAPS_AFTER;
const BLOCK = 2048;
const HOP = BLOCK - (TAPS - 1) - ((BLOCK - (TAPS - 1)) % 4);
const FROM = BLOCK - HOP;
/** Room before padded signals: the first block starts a few samples early. */
const SPARE = 16;

/** Buffers shared by every segment that is evaluated on one instance of the kernels. */
export class Dynamics {
  private readonly eqTaps: number;
  private readonly eqStride: number;
  private readonly equalised: number;
  private readonly power: number;
  private readonly gain: number;
  private readonly smoothed: number;
  private readonly smoothedPadded: number;
  private readonly lookedAhead: number;
  private readonly gradEqualised: number;
  private readonly gradGain: number;
  private readonly gradPadded: number;
  private readonly paddedLength: number;
  private readonly coefficients: number;
  private readonly coefficientGradient: number;
  private readonly sums: number;
  private readonly ones: number;
  private readonly mask: number;
  private readonly filter: number;
  private readonly filterGradient: number;
  private readonly scratch: readonly [number, number];

  private values: Float64Array = new Float64Array(0);
  private designs: BiquadWithDerivatives[] = [];

  /** `maxLength`: the longest segment in samples. */
  constructor(
    private readonly kernels: Kernels,
    maxLength: number,
  ) {
    const floats = (count: number) => kernels.allocateFloats(count + 16);
    this.paddedLength = TAPS + maxLength + 8 * HOP + BLOCK;
    this.eqStride = (maxLength + 8) * 8;
    this.eqTaps = kernels.allocate(this.eqStride * 4);
    this.equalised = floats(maxLength);
    this.power = floats(maxLength);
    this.gain = floats(maxLength);
    this.smoothedPadded = floats(SPARE + this.paddedLength) + SPARE * 4;
    // The kernels read and write the smoothed gain as vectors: its first sample is aligned by the left padding.
    this.smoothed = this.smoothedPadded + LOOKAHEAD_TAPS_BEFORE * 4;
    this.lookedAhead = floats(maxLength + 8 * HOP);
    this.gradEqualised = floats(maxLength);
    this.gradGain = floats(FROM + maxLength + 8 * HOP + BLOCK);
    this.gradPadded = floats(SPARE + this.paddedLength) + SPARE * 4;
    this.coefficients = kernels.allocate(6 * 5 * 8);
    this.coefficientGradient = kernels.allocate(6 * 5 * 8);
    this.sums = kernels.allocate(8 * 8);
    this.ones = floats(BLOCK);
    this.mask = floats(BLOCK);
    kernels.f32(this.ones, BLOCK).fill(1);
    kernels.f32(this.mask, BLOCK).fill(1, FROM);
    this.filter = floats(BLOCK * 2);
    this.filterGradient = kernels.allocate(BLOCK * 32);
    this.scratch = [kernels.allocate(BLOCK * 32), kernels.allocate(BLOCK * 32)];
  }

  private batches(length: number): number {
    return Math.ceil(length / (8 * HOP));
  }

  /** Uses these values for the segments that follow. */
  prepare(values: Float64Array): void {
    const { kernels } = this;
    this.values = values;
    this.designs = EQ_FILTERS.map((place) => designAt(place, values));
    const coefficients = kernels.f64(this.coefficients, 30);
    this.designs.forEach(({ coefficients: { b0, b1, b2, a1, a2 } }, i) =>
      coefficients.set([b0, b1, b2, a1, a2], i * 5),
    );
    // y2[n] = Σ_j h[j] y[n + j − 44]: a convolution with the reversed taps, one block of which starts at n − 44.
    const tables = kernels.batch(BLOCK);
    const impulse = kernels.f32(this.scratch[0], BLOCK * 8).fill(0);
    lookaheadTaps(values[at.lookahead]!).forEach((tap, j) => (impulse[(TAPS - 1 - j) * 8] = tap / BLOCK));
    kernels.call.forwardBatch(this.scratch[0], BLOCK, tables.twiddles);
    const filter = kernels.f32(this.filter, BLOCK * 2);
    for (let i = 0; i < BLOCK; i++) {
      filter[2 * i] = impulse[i * 8]!;
      filter[2 * i + 1] = impulse[i * 8 + 4]!;
    }
  }

  private curve(): readonly [number, number, number, number] {
    const { values } = this;
    return [
      values[at.threshold]!,
      1 - 1 / values[at.ratio]!,
      values[at.expanderThreshold]!,
      1 - 1 / Math.max(SMALLEST_RATIO, values[at.expanderRatio]!),
    ];
  }

  /** dry: f32[length] → output: f32[length]; length a multiple of 16. */
  forward(dry: number, output: number, length: number): void {
    const { kernels, values } = this;
    const { call } = kernels;
    call.equalizerForward(dry, this.equalised, length, this.coefficients, this.eqTaps, this.eqStride);
    call.averagePower(this.equalised, this.power, length, values[at.averaging]!);
    call.gainCurve(this.power, this.gain, length, ...this.curve());
    call.smoothGain(this.gain, this.smoothed, length, values[at.attack]!, values[at.release]!);
    const smoothed = kernels.f32(this.smoothedPadded, this.paddedLength);
    smoothed.fill(smoothed[LOOKAHEAD_TAPS_BEFORE]!, 0, LOOKAHEAD_TAPS_BEFORE);
    smoothed.fill(smoothed[LOOKAHEAD_TAPS_BEFORE + length - 1]!, LOOKAHEAD_TAPS_BEFORE + length);
    // Blocks whose first valid sample is FROM reach FROM − (TAPS − 1) samples further back than needed.
    call.convolveMono(
      this.smoothedPadded - (FROM - (TAPS - 1)) * 4,
      this.lookedAhead,
      this.batches(length),
      BLOCK,
      FROM,
      HOP,
      this.ones,
      kernels.batch(BLOCK).twiddles,
      this.filter,
      this.scratch[0],
    );
    call.applyGain(this.equalised, this.lookedAhead, output, length, dbToGain(values[at.makeup]!));
  }

  /** Adds to `byValue` the gradient for the segment last given to {@link forward}, given that of its output. */
  adjoint(gradOutput: number, length: number, byValue: Float64Array): void {
    const { kernels, values } = this;
    const { call } = kernels;
    const makeup = dbToGain(values[at.makeup]!);
    const gradGain = this.gradGain + FROM * 4;
    const byMakeup = call.applyGainAdjoint(
      this.equalised,
      this.lookedAhead,
      gradOutput,
      this.gradEqualised,
      gradGain,
      length,
      makeup,
    );
    byValue[at.makeup]! += byMakeup * makeup * (Math.LN10 / 20);
    this.lookaheadAdjoint(length, byValue);
    const smoothedGradient = this.gradPadded + LOOKAHEAD_TAPS_BEFORE * 4;
    call.smoothGainAdjoint(
      this.gain,
      this.smoothed,
      smoothedGradient,
      length,
      values[at.attack]!,
      values[at.release]!,
      this.sums,
    );
    const [byAttack, byRelease] = kernels.f64(this.sums, 2);
    byValue[at.attack]! += byAttack!;
    byValue[at.release]! += byRelease!;
    // The curve's kernel works on aligned vectors from the start of the segment.
    call.gainCurveAdjoint(this.power, this.gain, smoothedGradient, length, ...this.curve(), this.sums);
    const [byThreshold, bySlope, byExpanderThreshold, byExpanderSlope] = kernels.f64(this.sums, 4);
    byValue[at.threshold]! += byThreshold!;
    byValue[at.expanderThreshold]! += byExpanderThreshold!;
    byValue[at.ratio]! += bySlope! / values[at.ratio]! ** 2;
    if (values[at.expanderRatio]! > SMALLEST_RATIO)
      byValue[at.expanderRatio]! += byExpanderSlope! / values[at.expanderRatio]! ** 2;
    byValue[at.averaging]! += call.averagePowerAdjoint(
      this.equalised,
      this.power,
      smoothedGradient,
      this.gradEqualised,
      length,
      values[at.averaging]!,
    );
    call.equalizerAdjoint(
      this.gradEqualised,
      length,
      this.coefficients,
      this.eqTaps,
      this.eqStride,
      this.coefficientGradient,
    );
    const byCoefficient = kernels.f64(this.coefficientGradient, 30);
    this.designs.forEach((design, i) =>
      addFilterGradient(EQ_FILTERS[i]!, design, byCoefficient.subarray(i * 5, i * 5 + 5), byValue),
    );
  }

  private lookaheadAdjoint(length: number, byValue: Float64Array): void {
    const { kernels } = this;
    const tables = kernels.batch(BLOCK);
    const gradGain = kernels.f32(this.gradGain, FROM + length + 8 * HOP + BLOCK);
    gradGain.fill(0, 0, FROM);
    gradGain.fill(0, FROM + length);
    const gradPadded = kernels.f32(this.gradPadded, this.paddedLength).fill(0);
    const shift = (FROM - (TAPS - 1)) * 4;
    kernels.call.convolveMonoAdjoint(
      this.smoothedPadded - shift,
      this.gradGain,
      this.gradPadded - shift,
      this.batches(length),
      BLOCK,
      HOP,
      this.mask,
      this.ones,
      tables.twiddles,
      this.filter,
      this.scratch[0],
      this.scratch[1],
      this.filterGradient,
    );
    // Replicated edges give their gradient to the sample they copy.
    const end = LOOKAHEAD_TAPS_BEFORE + length;
    let left = 0;
    for (let i = 0; i < LOOKAHEAD_TAPS_BEFORE; i++) left += gradPadded[i]!;
    let right = 0;
    for (let i = end; i < end + LOOKAHEAD_TAPS_AFTER; i++) right += gradPadded[i]!;
    gradPadded[LOOKAHEAD_TAPS_BEFORE]! += left;
    gradPadded[end - 1]! += right;
    kernels.call.inverseBatch(this.filterGradient, BLOCK, tables.twiddles);
    const byTap = kernels.f32(this.filterGradient, BLOCK * 8);
    const slopes = lookaheadTapSlopes(this.values[at.lookahead]!);
    let byLookahead = 0;
    for (let j = 0; j < TAPS; j++) {
      const tap = (TAPS - 1 - j) * 8;
      const gradient = (byTap[tap]! + byTap[tap + 1]! + byTap[tap + 2]! + byTap[tap + 3]!) / BLOCK;
      byLookahead += gradient * slopes[j]!;
    }
    byValue[at.lookahead]! += byLookahead;
  }
}
