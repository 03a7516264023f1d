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
 */
import { designBiquad } from '../../signal/biquad.ts';
import { kaiserWindow } from '../../signal/kaiser.ts';
import { MAX_PIECE_SAMPLES, PieceBuffer, Processor, Ring, type StreamKernels } from '../processor.ts';
import { delayValues } from './training.ts';
import { streamPanGains } from '../pan/realtime.ts';

/** The longest delay in seconds; the end of the parameter's range. */
const MAX_DELAY_SECONDS = 1;
const HALF_TAPS = 32;
const TAPS = 2 * HALF_TAPS;
const kaiser = kaiserWindow(9);
/** Largest gain of one passage through the loop. */
export const MAX_LOOP_GAIN = 0.9999;

/** b0 b1 b2 a1 a2 s1 s2 twice, then γ and four gains; see kernels/stream.ts. */
const STATE_NUMBERS = 19;
const FIRST_STATE = 10;
const FEEDBACK = 14;

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

/** What the processor needs, from values in the order of `delayParameters`. */
export function designDelay(values: ArrayLike<number>, sampleRateHz: number) {
  const { timeMs, feedback, gain, lowPassHz, lowPassQ, oddPan, evenPan } = delayValues(values);
  const delaySamples = Math.min(timeMs / 1000, MAX_DELAY_SECONDS) * sampleRateHz;
  const wholeSamples = Math.floor(delaySamples);
  const peak = lowPassPeak(lowPassQ);
  return {
    wholeSamples,
    taps: interpolator(delaySamples - wholeSamples),
    lowPass: designBiquad('lowPass', { gainDb: 0, freqHz: lowPassHz, q: lowPassQ }, sampleRateHz),
    feedback: feedback * peak < MAX_LOOP_GAIN ? feedback : MAX_LOOP_GAIN / peak,
    oddGains: streamPanGains(oddPan).map((side) => gain * side),
    evenGains: streamPanGains(evenPan).map((side) => gain * side),
  };
}

/** Mono in, stereo out, no latency. */
export class DelayProcessor extends Processor {
  readonly latencySamples = 0;
  private readonly state: number;
  private readonly taps: number;
  private readonly odd: PieceBuffer;
  private readonly even: PieceBuffer;
  private readonly oddLine: Ring;
  private readonly evenLine: Ring;
  private wholeSamples = 0;

  constructor(
    kernels: StreamKernels,
    private readonly sampleRateHz: number,
    input: number | readonly PieceBuffer[] = 1,
  ) {
    super(kernels, input, 2);
    this.state = kernels.allocate(STATE_NUMBERS * 8);
    this.taps = kernels.allocate(TAPS * 4);
    this.odd = new PieceBuffer(kernels);
    this.even = new PieceBuffer(kernels);
    const memory = Math.ceil(MAX_DELAY_SECONDS * sampleRateHz) + TAPS;
    this.oddLine = new Ring(kernels, memory, TAPS);
    this.evenLine = new Ring(kernels, memory, TAPS);
  }

  set(values: ArrayLike<number>): void {
    const design = designDelay(values, this.sampleRateHz);
    if (design.wholeSamples < MAX_PIECE_SAMPLES + HALF_TAPS)
      throw new RangeError(
        `A delay of ${design.wholeSamples} samples is too short for pieces of ${MAX_PIECE_SAMPLES}.`,
      );
    const state = this.kernels.f64(this.state, STATE_NUMBERS);
    const { b0, b1, b2, a1, a2 } = design.lowPass;
    [b0, b1, b2, a1, a2].forEach((coefficient, i) => state.fill(coefficient, 2 * i, 2 * i + 2));
    state.set([design.feedback, ...design.oddGains, ...design.evenGains], FEEDBACK);
    this.kernels.f32(this.taps, TAPS).set(design.taps);
    this.wholeSamples = design.wholeSamples;
  }

  reset(): void {
    this.kernels.f64(this.state, STATE_NUMBERS).fill(0, FIRST_STATE, FEEDBACK);
    this.oddLine.reset();
    this.evenLine.reset();
  }

  run(length: number): void {
    const { call } = this.kernels;
    const odd = this.odd.address;
    const even = this.even.address;
    const start = this.wholeSamples + HALF_TAPS;
    call.streamFir(this.oddLine.windowAt(start), this.taps, TAPS, odd, length);
    call.streamFir(this.evenLine.windowAt(start), this.taps, TAPS, even, length);
    call.streamPingPong(
      this.state,
      this.inputs[0]!.address,
      odd,
      even,
      this.outputs[0]!.address,
      this.outputs[1]!.address,
      length,
    );
    this.oddLine.write(odd, length);
    this.evenLine.write(even, length);
  }
}
