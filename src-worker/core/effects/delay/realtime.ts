/**
 * Ping-pong delay as a recursion, mono to stereo. With E one passage through delay and low-pass:
 *
 *   o = E(x + γ e),  e = γ E(o),  out = gain · (pan_odd(o) + pan_even(e))
 *
 * so repeat k has spectrum E^k γ^(k−1) as in the training form (chain.md), and there is no last repeat.
 * The delay d = fs·time is fractional: a Kaiser-windowed sinc of 64 taps reads the line (Smith, Physical Audio Signal
 * Processing, Windowed Sinc Interpolation): within 2e-4 of the ideal up to 0.91 of Nyquist, never above 1 + 7e-5.
 * Deviation: γ is lowered where γ·max|H_lp| would reach 1 (possible only for Q > 0.707), so that every setting decays;
 * other settings are unchanged. The training form keeps γ and stops after 4 s.
 * Another delay is crossfaded to: the line is read at both, so nothing changes its pitch. All else glides.
 */
import { designBiquad } from '../../signal/biquad.ts';
import { kaiserWindow } from '../../signal/kaiser.ts';
import { FILTER_PLACE_NUMBERS, filterPlace } from '../../signal/state-variable.ts';
import {
  FadeCurve,
  FadedTable,
  Glide,
  GlidingFilters,
  Ramps,
  TABLE_FADE_SECONDS,
  type Gliding,
} from '../glide.ts';
import { streamPanGain, streamPanGains } from '../pan/realtime.ts';
import {
  Doubles,
  Floats,
  MAX_PIECE_SAMPLES,
  PieceBuffer,
  Processor,
  Ring,
  type StreamKernels,
} from '../processor.ts';
import { delayValues } from './training.ts';

/** The longest delay in seconds; the end of the parameter's range. */
const MAX_DELAY_SECONDS = 1;
const HALF_TAPS = 32;
const TAPS = 2 * HALF_TAPS;
const kaiser = kaiserWindow(9);
/** Largest gain of one passage through the loop. */
export const MAX_LOOP_GAIN = 0.9999;

/** b0 b1 b2 a1 a2 s1 s2 twice, then γ and four gains; see kernels/stream.ts. */
const STATE_NUMBERS = 19;
const COEFFICIENTS = 5;
const FIRST_STATE = 10;
const FEEDBACK = 14;
const LEVELS = 5;

/** Numbers of a glide: ln Hz and ln Q of the low-pass after an unused gain, then feedback, gain and the two positions. */
const LOW_PASS_LN_Q = 2;
const AFTER_LOW_PASS = FILTER_PLACE_NUMBERS;
const GLIDE_NUMBERS = AFTER_LOW_PASS + 4;

const sinc = (z: number): number => (z === 0 ? 1 : Math.sin(Math.PI * z) / (Math.PI * z));

/** Largest |H| of a second-order low-pass: at its resonance if it has one, else at 0 Hz. */
export function lowPassPeak(q: number): number {
  return q > Math.SQRT1_2 ? q / Math.sqrt(1 - 1 / (4 * q * q)) : 1;
}

/** Taps for samples −(HALF_TAPS−1)..HALF_TAPS before ⌊d⌋, oldest first, that read between samples; unit sum. */
function interpolator(fraction: number): Float32Array {
  const taps = Float64Array.from({ length: TAPS }, (_, j) => {
    const z = HALF_TAPS - j - fraction;
    return sinc(z) * kaiser(z / HALF_TAPS);
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return Float32Array.from(taps, (tap) => tap / sum);
}

export interface DelayDesign {
  readonly delaySamples: number;
  /** Taps that read the line at ⌊delaySamples⌋ and the fraction. */
  readonly taps: Float32Array;
  /** b0 b1 b2 a1 a2 */
  readonly lowPass: Float64Array;
  /** γ, as lowered. */
  readonly feedback: number;
  /** Odd to left and right, even to left and right. */
  readonly gains: Float64Array;
  /** {@link filterPlace} of the low-pass, γ as asked for, gain, positions of odd and even repeats. */
  readonly places: Float64Array;
}

/** γ as asked for, or lower so that every passage through a low-pass of this Q loses something. */
function loopFeedback(feedback: number, lowPassQ: number): number {
  const peak = lowPassPeak(lowPassQ);
  return feedback * peak < MAX_LOOP_GAIN ? feedback : MAX_LOOP_GAIN / peak;
}

/**
 * What the processor needs, from values in the order of `delayParameters`. Throws a RangeError at sample rates so low
 * that the delay is shorter than a piece.
 */
export function designDelay(values: ArrayLike<number>, sampleRateHz: number): DelayDesign {
  const { timeMs, feedback, gain, lowPassHz, lowPassQ, oddPan, evenPan } = delayValues(values);
  const delaySamples = Math.min(timeMs / 1000, MAX_DELAY_SECONDS) * sampleRateHz;
  const wholeSamples = Math.floor(delaySamples);
  if (wholeSamples < MAX_PIECE_SAMPLES + HALF_TAPS)
    throw new RangeError(
      `A delay of ${wholeSamples} samples is too short for pieces of ${MAX_PIECE_SAMPLES}.`,
    );
  const lowPass = { gainDb: 0, freqHz: lowPassHz, q: lowPassQ };
  const { b0, b1, b2, a1, a2 } = designBiquad('lowPass', lowPass, sampleRateHz);
  return {
    delaySamples,
    taps: interpolator(delaySamples - wholeSamples),
    lowPass: Float64Array.of(b0, b1, b2, a1, a2),
    feedback: loopFeedback(feedback, lowPassQ),
    gains: Float64Array.from([...streamPanGains(oddPan), ...streamPanGains(evenPan)], (side) => gain * side),
    places: Float64Array.of(...filterPlace(lowPass, sampleRateHz), feedback, gain, oddPan, evenPan),
  };
}

/** Mono in, stereo out, no latency. */
export class DelayProcessor extends Processor<DelayDesign> implements Gliding {
  readonly latencySamples = 0;
  private readonly state: Doubles;
  private readonly taps: FadedTable;
  private readonly odd: PieceBuffer;
  private readonly even: PieceBuffer;
  private readonly other: PieceBuffer;
  private readonly oddLine: Ring;
  private readonly evenLine: Ring;
  private readonly glide: Glide;
  private readonly lowPass: GlidingFilters;
  private readonly ramps: Ramps;
  private target: DelayDesign | undefined;

  constructor(
    kernels: StreamKernels,
    private readonly sampleRateHz: number,
    input: number | readonly PieceBuffer[] = 1,
  ) {
    super(kernels, input, 2);
    this.state = new Doubles(kernels, STATE_NUMBERS);
    const curve = new FadeCurve(kernels, Math.round(TABLE_FADE_SECONDS * sampleRateHz));
    this.taps = new FadedTable(kernels, TAPS, curve);
    this.odd = new PieceBuffer(kernels);
    this.even = new PieceBuffer(kernels);
    this.other = new PieceBuffer(kernels);
    const memory = Math.ceil(MAX_DELAY_SECONDS * sampleRateHz) + TAPS;
    this.oddLine = new Ring(kernels, memory, TAPS);
    this.evenLine = new Ring(kernels, memory, TAPS);
    this.glide = new Glide(GLIDE_NUMBERS, sampleRateHz);
    this.lowPass = new GlidingFilters(kernels, ['lowPass'], 2, this.state, sampleRateHz);
    this.ramps = new Ramps(kernels, LEVELS);
  }

  design(values: ArrayLike<number>): DelayDesign {
    return designDelay(values, this.sampleRateHz);
  }

  setDesign(design: DelayDesign): void {
    this.target = design;
    if (this.glide.jumpTo(design.places)) this.endGlide();
    else this.useSettings();
    this.taps.jumpTo(design.taps, design.delaySamples);
  }

  glideTo(design: DelayDesign): void {
    this.target = design;
    this.glide.moveTo(design.places);
    this.taps.moveTo(design.taps, design.delaySamples);
  }

  reset(): void {
    if (this.target) this.setDesign(this.target);
    this.state.numbers.fill(0, FIRST_STATE, FEEDBACK);
    this.oddLine.reset();
    this.evenLine.reset();
  }

  run(length: number): void {
    for (let start = 0; start < length;) {
      this.taps.begin();
      const part = this.taps.part(length - start);
      this.readLine(this.oddLine, this.odd, start, part);
      this.readLine(this.evenLine, this.even, start, part);
      this.taps.advance(part);
      start += part;
    }
    this.glide.run(length, this);
    this.oddLine.write(this.odd.address, length);
    this.evenLine.write(this.even.address, length);
  }

  beginGlide(): void {
    this.lowPass.begin(this.glide.numbers, 0);
    for (let i = 0; i < LEVELS; i++) this.ramps.place(i, levelAt(this.glide.numbers, i));
  }

  planSegment(): void {
    this.lowPass.rampTo(this.glide.numbers, 0);
    for (let i = 0; i < LEVELS; i++) this.ramps.rampTo(i, levelAt(this.glide.numbers, i));
  }

  endGlide(): void {
    this.useSettings();
    this.lowPass.end(this.glide.numbers, 0);
  }

  /** From what the lines give to what goes into them, and to the output. */
  runPart(start: number, length: number): void {
    const { call } = this.kernels;
    const { isMoving, phase } = this.glide;
    const offset = 4 * start;
    const input = this.inputs[0]!.address + offset;
    const odd = this.odd.address + offset;
    const even = this.even.address + offset;
    const left = this.outputs[0]!.address + offset;
    const right = this.outputs[1]!.address + offset;
    if (isMoving) {
      this.lowPass.run(odd, even, odd, even, length);
      call.streamGlidingPingPong(this.ramps.address, phase, input, odd, even, left, right, length);
    } else call.streamPingPong(this.state.address, input, odd, even, left, right, length);
  }

  /** Samples start..start + length − 1 of what a line gives. */
  private readLine(line: Ring, buffer: PieceBuffer, start: number, length: number): void {
    const { call } = this.kernels;
    const { taps } = this;
    const out = buffer.address + 4 * start;
    const from = Math.floor(taps.label) + HALF_TAPS - start;
    call.streamFir(line.windowAt(from), taps.address, TAPS, out, length);
    if (!taps.isFading) return;
    const other = this.other.address;
    const nextFrom = Math.floor(taps.nextLabel) + HALF_TAPS - start;
    call.streamFir(line.windowAt(nextFrom), taps.nextAddress, TAPS, other, length);
    call.streamCrossfade(out, other, taps.falling, taps.rising, out, length);
  }

  private useSettings(): void {
    const { lowPass, feedback, gains } = this.target!;
    const state = this.state.numbers;
    for (let i = 0; i < COEFFICIENTS; i++) state[2 * i] = state[2 * i + 1] = lowPass[i]!;
    state[FEEDBACK] = feedback;
    state.set(gains, FEEDBACK + 1);
  }
}

/** γ and the four gains, from the numbers of a glide. */
function levelAt(places: Float64Array, index: number): number {
  if (index === 0) return loopFeedback(places[AFTER_LOW_PASS]!, Math.exp(places[LOW_PASS_LN_Q]!));
  const isOdd = index < 3;
  const position = places[AFTER_LOW_PASS + (isOdd ? 2 : 3)]!;
  return places[AFTER_LOW_PASS + 1]! * streamPanGain(position, isOdd ? index - 1 : index - 3);
}

export interface SendDesign {
  readonly level: Float64Array;
}

/** The level of the send, from values in the order of `sendParameters`. */
export function designSend(values: ArrayLike<number>): SendDesign {
  return { level: Float64Array.of(values[0]!) };
}

/** What goes into the reverb: direct sound, and both channels of the delay at the send's level. Three in, two out. */
export class SendProcessor extends Processor<SendDesign> implements Gliding {
  readonly latencySamples = 0;
  private readonly level: Floats;
  private readonly levels: PieceBuffer;
  private readonly ramp: Ramps;
  private readonly glide: Glide;
  private target: SendDesign | undefined;

  constructor(kernels: StreamKernels, sampleRateHz: number, input: number | readonly PieceBuffer[] = 3) {
    super(kernels, input, 2);
    this.level = new Floats(kernels, 1);
    this.levels = new PieceBuffer(kernels);
    this.ramp = new Ramps(kernels, 1);
    this.glide = new Glide(1, sampleRateHz);
  }

  design(values: ArrayLike<number>): SendDesign {
    return designSend(values);
  }

  setDesign(design: SendDesign): void {
    this.target = design;
    this.glide.jumpTo(design.level);
    this.endGlide();
  }

  glideTo(design: SendDesign): void {
    this.target = design;
    this.glide.moveTo(design.level);
  }

  reset(): void {
    if (this.target) this.setDesign(this.target);
  }

  run(length: number): void {
    this.glide.run(length, this);
  }

  beginGlide(): void {
    this.ramp.place(0, this.glide.numbers[0]!);
  }

  planSegment(): void {
    this.ramp.rampTo(0, this.glide.numbers[0]!);
  }

  endGlide(): void {
    this.level.numbers.set(this.target!.level);
  }

  runPart(start: number, length: number): void {
    const { call } = this.kernels;
    const { isMoving, phase } = this.glide;
    const offset = 4 * start;
    const direct = this.inputs[0]!.address + offset;
    if (isMoving) call.streamRamp(this.ramp.address, phase, this.levels.address, length);
    for (let c = 0; c < 2; c++) {
      const delayed = this.inputs[1 + c]!.address + offset;
      const output = this.outputs[c]!.address + offset;
      if (isMoving) call.streamAddWeighted(direct, delayed, this.levels.address, output, length);
      else call.streamAddScaled(direct, delayed, this.level.address, output, length);
    }
  }
}
