/**
 * Compressor and downward expander with lookahead as a stream. Equations: losses.md §5; source: DiffVox, torchcomp.
 *
 *   m[n] = (1 − a) m[n−1] + a max(x², 1e-8),  l = 10 log10 m
 *   g = min(0, (1 − 1/CR)(CT − l), (1 − 1/ER)(ET − l)) dB,  ĝ smoothed with attack where falling, else release
 *   y[n] = x[n] · makeup · Σ_j sinc(j − before − L) ĝ[n + j − before],  j = 0..before + after
 *
 * The sum reads `after` samples ahead, so the output lags by that much whatever the lookahead L is. As in the training
 * form, gains before the first sample repeat the first one; `holdGain` repeats the last one after the end.
 * While settings glide, thresholds and make-up go in dB, times in log, the expander by its ratio; another lookahead is
 * crossfaded to.
 * Deviations: gains are held at −400 dB and above and m at 1e-300; neither can be heard or measured.
 */
import { FIT_SAMPLE_RATE_HZ, convertCoefficient, dbToGain, gainToDb } from '../../units.ts';
import { FadeCurve, FadedTable, Glide, Ramps, TABLE_FADE_SECONDS, type Gliding } from '../glide.ts';
import {
  Doubles,
  Floats,
  MAX_PIECE_SAMPLES,
  PieceBuffer,
  Processor,
  Ring,
  type StreamKernels,
} from '../processor.ts';
import { MAX_LOOKAHEAD_MS } from './params.ts';
import { compressorValues } from './training.ts';

/** Reach of the lookahead filter into the past, in ms. */
const LOOKAHEAD_PAST_MS = 1;
/** An expander ratio of 0 would be an infinite slope. */
const STEEPEST_EXPANDER = -1e12;

/** a, attack, release, CT, ET, slopes, averaged power, smoothed gain, largest power; see kernels/stream.ts. */
const STATE_NUMBERS = 10;
const SETTINGS = 7;
const AVERAGED_POWER = 7;
const SMOOTHED_GAIN = 8;
const LARGEST_POWER = 9;
const SMOOTHED_AT_START = 1;

/** Numbers of a glide: ln a, ln attack, ln release, CT, ET, 1 − 1/CR, ER, then the make-up in dB. */
const LOGARITHMIC = 3;
const GLIDE_NUMBERS = SETTINGS + 1;
const MAKEUP = SETTINGS;
/** ln of smoothing coefficients below this is not told apart. */
const SLOWEST_COEFFICIENT = 1e-12;

/** Below this a gain is shown as this. */
const LEAST_SHOWN_DB = -400;

const samplesOf = (ms: number, sampleRateHz: number): number => Math.floor((ms * sampleRateHz) / 1000);
const sinc = (z: number): number => (z === 0 ? 1 : Math.sin(Math.PI * z) / (Math.PI * z));

export interface CompDesign {
  /** a, attack, release, CT, ET, 1 − 1/CR, 1 − 1/ER */
  readonly settings: Float64Array;
  readonly makeupGain: number;
  readonly lookaheadSamples: number;
  readonly taps: Float32Array;
  /** ln a, ln attack, ln release, CT, ET, 1 − 1/CR, ER, make-up in dB */
  readonly places: Float64Array;
}

/** Settings of the kernel, lookahead taps and make-up gain, from values in the order of `compParameters`. */
export function designComp(values: ArrayLike<number>, sampleRateHz: number): CompDesign {
  const named = compressorValues(values);
  const atRate = (coefficient: number): number =>
    sampleRateHz === FIT_SAMPLE_RATE_HZ
      ? coefficient
      : convertCoefficient(coefficient, FIT_SAMPLE_RATE_HZ, sampleRateHz);
  const before = samplesOf(LOOKAHEAD_PAST_MS, sampleRateHz);
  const after = samplesOf(MAX_LOOKAHEAD_MS, sampleRateHz);
  const lookahead = (named.lookaheadMs * sampleRateHz) / 1000;
  const coefficients = [atRate(named.averaging), atRate(named.attack), atRate(named.release)];
  const slope = 1 - 1 / named.ratio;
  return {
    settings: Float64Array.of(
      ...coefficients,
      named.thresholdDb,
      named.expanderThresholdDb,
      slope,
      Math.max(1 - 1 / named.expanderRatio, STEEPEST_EXPANDER),
    ),
    makeupGain: dbToGain(named.makeupDb),
    lookaheadSamples: lookahead,
    taps: Float32Array.from({ length: before + after + 1 }, (_, j) => sinc(j - before - lookahead)),
    places: Float64Array.of(
      ...coefficients.map((coefficient) => Math.log(Math.max(coefficient, SLOWEST_COEFFICIENT))),
      named.thresholdDb,
      named.expanderThresholdDb,
      slope,
      named.expanderRatio,
      named.makeupDb,
    ),
  };
}

/** Mono in, mono out; latency ⌊0.015 fs⌋ samples. */
export class CompProcessor extends Processor<CompDesign> implements Gliding {
  readonly latencySamples: number;
  private readonly tapCount: number;
  private readonly state: Doubles;
  private readonly lookahead: FadedTable;
  private readonly makeupGain: Floats;
  private readonly scratch: number;
  private readonly gains: PieceBuffer;
  private readonly product: PieceBuffer;
  private readonly otherProduct: PieceBuffer;
  private readonly makeup: PieceBuffer;
  private readonly gainRing: Ring;
  private readonly inputRing: Ring;
  private readonly glide: Glide;
  private readonly ramps: Ramps;
  private readonly makeupRamp: Ramps;
  private readonly one: Floats;
  private readonly leastGain: Floats;
  private target: CompDesign | undefined;
  private shownReductionDb = 0;
  private shownInputDb = -Infinity;
  private aligned = 0;
  private started = false;
  private held = false;

  constructor(
    kernels: StreamKernels,
    private readonly sampleRateHz: number,
    input: number | readonly PieceBuffer[] = 1,
  ) {
    super(kernels, input, 1);
    this.latencySamples = samplesOf(MAX_LOOKAHEAD_MS, sampleRateHz);
    this.tapCount = samplesOf(LOOKAHEAD_PAST_MS, sampleRateHz) + this.latencySamples + 1;
    this.state = new Doubles(kernels, STATE_NUMBERS);
    const curve = new FadeCurve(kernels, Math.round(TABLE_FADE_SECONDS * sampleRateHz));
    this.lookahead = new FadedTable(kernels, this.tapCount, curve);
    this.makeupGain = new Floats(kernels, 1);
    this.scratch = kernels.allocate((MAX_PIECE_SAMPLES + 1) * 8);
    this.gains = new PieceBuffer(kernels);
    this.product = new PieceBuffer(kernels);
    this.otherProduct = new PieceBuffer(kernels);
    this.makeup = new PieceBuffer(kernels);
    this.gainRing = new Ring(kernels, this.tapCount, this.tapCount);
    this.inputRing = new Ring(kernels, this.latencySamples, 0);
    this.glide = new Glide(GLIDE_NUMBERS, sampleRateHz);
    this.ramps = new Ramps(kernels, SETTINGS);
    this.makeupRamp = new Ramps(kernels, 1);
    this.one = new Floats(kernels, 1);
    this.one.numbers[0] = 1;
    this.leastGain = new Floats(kernels, 1);
    this.reset();
  }

  /**
   * The smallest gain since this was last read, lookahead included, make-up not; in dB, ≤ 0. What it was last time if
   * nothing came since.
   */
  get gainReductionDb(): number {
    const least = this.leastGain.numbers;
    if (least[0]! < Infinity)
      this.shownReductionDb = Math.min(0, Math.max(LEAST_SHOWN_DB, gainToDb(Math.abs(least[0]!))));
    least[0] = Infinity;
    return this.shownReductionDb;
  }

  /** The largest level in dB that the gain was computed from since this was last read; −Infinity before any sound. */
  get inputDb(): number {
    const state = this.state.numbers;
    if (state[LARGEST_POWER]! > 0) this.shownInputDb = 10 * Math.log10(state[LARGEST_POWER]!);
    state[LARGEST_POWER] = 0;
    return this.shownInputDb;
  }

  /** Address of the latest piece of input, as late as the output is. */
  get alignedInput(): number {
    return this.aligned;
  }

  design(values: ArrayLike<number>): CompDesign {
    return designComp(values, this.sampleRateHz);
  }

  setDesign(design: CompDesign): void {
    this.target = design;
    this.glide.jumpTo(design.places);
    this.endGlide();
    this.lookahead.jumpTo(design.taps, design.lookaheadSamples);
  }

  glideTo(design: CompDesign): void {
    this.target = design;
    this.glide.moveTo(design.places);
    this.lookahead.moveTo(design.taps, design.lookaheadSamples);
  }

  reset(): void {
    if (this.target) this.setDesign(this.target);
    const state = this.state.numbers;
    state[AVERAGED_POWER] = 0;
    state[SMOOTHED_GAIN] = SMOOTHED_AT_START;
    state[LARGEST_POWER] = 0;
    this.leastGain.numbers[0] = Infinity;
    this.shownReductionDb = 0;
    this.shownInputDb = -Infinity;
    this.gainRing.reset();
    this.inputRing.reset();
    this.started = this.held = false;
  }

  /** From now on the gain is the last one of what came so far: the end of a recording, before it is flushed. */
  holdGain(): void {
    this.held = this.started;
  }

  run(length: number): void {
    const { call } = this.kernels;
    const input = this.inputs[0]!.address;
    const gains = this.gains.address;
    const product = this.product.address;
    const isMoving = this.glide.isMoving;
    this.glide.run(length, this);
    if (!this.started) {
      this.gainRing.fill(gains);
      this.started = true;
    }
    const window = this.gainRing.windowAt(this.tapCount - 1);
    const delayed = this.inputRing.windowAt(this.latencySamples);
    this.gainRing.write(gains, length);
    this.inputRing.write(input, length);
    this.applyLookahead(window, length);
    call.streamLeast(product, this.leastGain.address, length);
    const output = this.outputs[0]!.address;
    if (isMoving) {
      call.streamWeight(delayed, this.makeup.address, output, length);
      call.streamMultiply(product, output, this.one.address, output, length);
    } else call.streamMultiply(product, delayed, this.makeupGain.address, output, length);
    this.aligned = delayed;
  }

  beginGlide(): void {
    const { numbers } = this.glide;
    for (let i = 0; i < SETTINGS; i++) this.ramps.place(i, settingAt(numbers, i));
    this.makeupRamp.place(0, dbToGain(numbers[MAKEUP]!));
  }

  planSegment(): void {
    const { numbers } = this.glide;
    for (let i = 0; i < SETTINGS; i++) this.ramps.rampTo(i, settingAt(numbers, i));
    this.makeupRamp.rampTo(0, dbToGain(numbers[MAKEUP]!));
  }

  endGlide(): void {
    const { settings, makeupGain } = this.target!;
    this.state.numbers.set(settings);
    this.makeupGain.numbers[0] = makeupGain;
  }

  /** Gains of the compressor, and of the make-up if the piece began in a glide. */
  runPart(start: number, length: number): void {
    const { call } = this.kernels;
    const input = this.inputs[0]!.address + 4 * start;
    const gains = this.gains.address + 4 * start;
    const makeup = this.makeup.address + 4 * start;
    const { phase, isMoving } = this.glide;
    if (isMoving) call.streamRamp(this.makeupRamp.address, phase, makeup, length);
    else if (start > 0) call.streamRepeat(this.makeupGain.address, makeup, length);
    if (this.held) call.streamRepeat(start > 0 ? gains - 4 : this.gainRing.windowAt(1), gains, length);
    else if (isMoving)
      call.streamGlidingGain(
        this.state.address,
        this.ramps.address,
        phase,
        input,
        this.scratch,
        gains,
        length,
      );
    else call.streamGain(this.state.address, input, this.scratch, gains, length);
  }

  private applyLookahead(window: number, length: number): void {
    const { call } = this.kernels;
    const { lookahead, tapCount } = this;
    for (let start = 0; start < length;) {
      lookahead.begin();
      const part = lookahead.part(length - start);
      const from = window + 4 * start;
      const product = this.product.address + 4 * start;
      const other = this.otherProduct.address + 4 * start;
      call.streamFir(from, lookahead.address, tapCount, product, part);
      if (lookahead.isFading) {
        call.streamFir(from, lookahead.nextAddress, tapCount, other, part);
        call.streamCrossfade(product, other, lookahead.falling, lookahead.rising, product, part);
      }
      lookahead.advance(part);
      start += part;
    }
  }
}

/** A setting of the kernel (the expander by its ratio) from the numbers of a glide. */
function settingAt(numbers: Float64Array, index: number): number {
  return index < LOGARITHMIC ? Math.exp(numbers[index]!) : numbers[index]!;
}
