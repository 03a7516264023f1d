/**
 * Compressor and downward expander with lookahead as a stream. Equations: losses.md §5; source: DiffVox, torchcomp.
 *
 *   m[n] = (1 − a) m[n−1] + a max(x², 1e-8),  l = 10 log10 m
 *   g = min(0, (1 − 1/CR)(CT − l), (1 − 1/ER)(ET − l)) dB,  ĝ smoothed with attack where falling, else release
 *   y[n] = x[n] · makeup · Σ_j sinc(j − before − L) ĝ[n + j − before],  j = 0..before + after
 *
 * The sum reads `after` samples ahead, so the output lags by that much whatever the lookahead L is. As in the training
 * form, gains before the first sample repeat the first one; `holdGain` repeats the last one after the end.
 * Deviations: gains are held at −400 dB and above and m at 1e-300; neither can be heard or measured.
 */
import { FIT_SAMPLE_RATE_HZ, convertCoefficient, dbToGain } from '../../units.ts';
import { MAX_PIECE_SAMPLES, PieceBuffer, Processor, Ring, type StreamKernels } from '../processor.ts';
import { MAX_LOOKAHEAD_MS } from './params.ts';
import { compressorValues } from './training.ts';

/** Reach of the lookahead filter into the past, in ms. */
const LOOKAHEAD_PAST_MS = 1;
/** An expander ratio of 0 would be an infinite slope. */
const STEEPEST_EXPANDER = -1e12;

/** a, attack, release, CT, ET, slopes, then the averaged power and the smoothed gain; see kernels/stream.ts. */
const STATE_NUMBERS = 9;
const SETTINGS = 7;
const SMOOTHED_AT_START = 1;

const samplesOf = (ms: number, sampleRateHz: number): number => Math.floor((ms * sampleRateHz) / 1000);
const sinc = (z: number): number => (z === 0 ? 1 : Math.sin(Math.PI * z) / (Math.PI * z));

/** Settings of the kernel, lookahead taps and make-up gain, from values in the order of `compParameters`. */
export function designComp(
  values: ArrayLike<number>,
  sampleRateHz: number,
): { readonly settings: Float64Array; readonly taps: Float32Array; readonly makeupGain: number } {
  const named = compressorValues(values);
  const atRate = (coefficient: number): number =>
    sampleRateHz === FIT_SAMPLE_RATE_HZ
      ? coefficient
      : convertCoefficient(coefficient, FIT_SAMPLE_RATE_HZ, sampleRateHz);
  const before = samplesOf(LOOKAHEAD_PAST_MS, sampleRateHz);
  const after = samplesOf(MAX_LOOKAHEAD_MS, sampleRateHz);
  const lookahead = (named.lookaheadMs * sampleRateHz) / 1000;
  return {
    settings: Float64Array.of(
      atRate(named.averaging),
      atRate(named.attack),
      atRate(named.release),
      named.thresholdDb,
      named.expanderThresholdDb,
      1 - 1 / named.ratio,
      Math.max(1 - 1 / named.expanderRatio, STEEPEST_EXPANDER),
    ),
    taps: Float32Array.from({ length: before + after + 1 }, (_, j) => sinc(j - before - lookahead)),
    makeupGain: dbToGain(named.makeupDb),
  };
}

/** Mono in, mono out; latency ⌊0.015 fs⌋ samples. */
export class CompProcessor extends Processor {
  readonly latencySamples: number;
  private readonly tapCount: number;
  private readonly state: number;
  private readonly taps: number;
  private readonly makeupGain: number;
  private readonly scratch: number;
  private readonly gains: PieceBuffer;
  private readonly product: PieceBuffer;
  private readonly gainRing: Ring;
  private readonly inputRing: Ring;
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
    this.state = kernels.allocate(STATE_NUMBERS * 8);
    this.taps = kernels.allocate(this.tapCount * 4);
    this.makeupGain = kernels.allocate(4);
    this.scratch = kernels.allocate((MAX_PIECE_SAMPLES + 1) * 8);
    this.gains = new PieceBuffer(kernels);
    this.product = new PieceBuffer(kernels);
    this.gainRing = new Ring(kernels, this.tapCount, this.tapCount);
    this.inputRing = new Ring(kernels, this.latencySamples, 0);
    this.reset();
  }

  set(values: ArrayLike<number>): void {
    const { settings, taps, makeupGain } = designComp(values, this.sampleRateHz);
    this.kernels.f64(this.state, SETTINGS).set(settings);
    this.kernels.f32(this.taps, this.tapCount).set(taps);
    this.kernels.f32(this.makeupGain, 1).fill(makeupGain);
  }

  reset(): void {
    this.kernels.f64(this.state, STATE_NUMBERS).set([0, SMOOTHED_AT_START], SETTINGS);
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
    if (this.held) call.streamRepeat(this.gainRing.windowAt(1), gains, length);
    else call.streamGain(this.state, input, this.scratch, gains, length);
    if (!this.started) {
      this.gainRing.fill(gains);
      this.started = true;
    }
    const window = this.gainRing.windowAt(this.tapCount - 1);
    const delayed = this.inputRing.windowAt(this.latencySamples);
    this.gainRing.write(gains, length);
    this.inputRing.write(input, length);
    call.streamFir(window, this.taps, this.tapCount, this.product.address, length);
    call.streamMultiply(this.product.address, delayed, this.makeupGain, this.outputs[0]!.address, length);
  }
}
