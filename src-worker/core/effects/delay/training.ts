/**
 * Ping-pong delay with a low-pass in its loop, training form (DiffVox `Delay`), mono to stereo.
 *
 *   s[n] = sinc(n − d), n = 0..N−1, N = 4 fs, d fractional      e = low-pass(s)      E = rfft_N(e)
 *   odd = Σ_{k odd} E^k γ^{k−1},  even = Σ_{k even} E^k γ^{k−1},  k = 1..K,  K = ⌊N / (⌊d⌋ + 1)⌋
 *   h_c = gain · irfft_N(pan_c(oddPan) · odd + pan_c(evenPan) · even)
 *
 * Every repeat k has passed the low-pass k times. The powers are circular with period N; the convolution with the input
 * is linear. The part of the sinc before n = 0 is cut.
 */
import { convolveMatrix } from '../../signal/convolve.ts';
import { filterCascade, type FilterSettings } from '../../signal/biquad.ts';
import { realFft, type RealFft } from '../../signal/fft.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';
import { panGains, type Stereo } from '../pan/training.ts';

/** Length N of the response in samples. */
export const DELAY_RESPONSE_SAMPLES = 4 * FIT_SAMPLE_RATE_HZ;

/** The values of {@link delayParameters} by name. */
export interface DelayValues {
  readonly timeMs: number;
  readonly feedback: number;
  readonly gain: number;
  readonly lowPassHz: number;
  readonly lowPassQ: number;
  readonly oddPan: number;
  readonly evenPan: number;
}

/** Names the values of {@link delayParameters}, given in their order. */
export function delayValues(values: ArrayLike<number>): DelayValues {
  const [timeMs, feedback, gain, lowPassHz, lowPassQ, oddPan, evenPan] = Array.from(values);
  return { timeMs, feedback, gain, lowPassHz, lowPassQ, oddPan, evenPan };
}

/** d in samples. */
export function delaySamples(timeMs: number): number {
  return (timeMs * FIT_SAMPLE_RATE_HZ) / 1000;
}

/** Number K of repeats. */
export function repeatCount(timeMs: number): number {
  return Math.floor(DELAY_RESPONSE_SAMPLES / (Math.floor(delaySamples(timeMs)) + 1));
}

/** sinc(n − d) for n = 0..length−1. */
export function fractionalDelay(d: number, length: number): Float64Array {
  const whole = Math.floor(d);
  const fraction = d - whole;
  // sin π(n−d) = ∓ sin π·fraction keeps full precision far from d.
  const sine = Math.sin(Math.PI * fraction);
  return Float64Array.from({ length }, (_, n) => {
    const distance = n - d;
    if (distance === 0) return 1;
    return ((n - whole) % 2 === 0 ? -sine : sine) / (Math.PI * distance);
  });
}

let plan: RealFft | undefined;

/** The transform of the responses, N samples, made once. */
export function delayResponseFft(): RealFft {
  return (plan ??= realFft(DELAY_RESPONSE_SAMPLES));
}

/** The low-pass in the loop, at the fit rate. */
export function loopFilter({ lowPassHz, lowPassQ }: DelayValues): FilterSettings {
  return { kind: 'lowPass', gainDb: 0, freqHz: lowPassHz, q: lowPassQ };
}

/** The first repeat before gain and pan: s, which is e before the low-pass, and E. */
export function firstRepeat(values: DelayValues): {
  readonly undamped: Float64Array;
  readonly spectrumRe: Float64Array;
  readonly spectrumIm: Float64Array;
} {
  const fft = delayResponseFft();
  const undamped = fractionalDelay(delaySamples(values.timeMs), DELAY_RESPONSE_SAMPLES);
  const echo = undamped.slice();
  filterCascade([loopFilter(values)], FIT_SAMPLE_RATE_HZ, echo);
  const spectrumRe = new Float64Array(fft.bins);
  const spectrumIm = new Float64Array(fft.bins);
  fft.forward(echo, spectrumRe, spectrumIm);
  return { undamped, spectrumRe, spectrumIm };
}

/** The two channels' responses h, N samples each; the low-pass belongs to the fit rate. */
export function delayImpulseResponse(values: DelayValues): Stereo {
  const { timeMs, feedback, gain, oddPan, evenPan } = values;
  const { bins, inverse } = delayResponseFft();
  const { spectrumRe: echoRe, spectrumIm: echoIm } = firstRepeat(values);

  const [oddLeft, oddRight] = panGains(oddPan);
  const [evenLeft, evenRight] = panGains(evenPan);
  const repeats = repeatCount(timeMs);
  const [leftRe, leftIm, rightRe, rightIm] = Array.from({ length: 4 }, () => new Float64Array(bins));
  for (let b = 0; b < bins; b++) {
    const er = echoRe[b]!;
    const ei = echoIm[b]!;
    let re = er;
    let im = ei;
    let oddRe = 0;
    let oddIm = 0;
    let evenRe = 0;
    let evenIm = 0;
    for (let k = 1; k <= repeats; k++) {
      if (k % 2 === 1) {
        oddRe += re;
        oddIm += im;
      } else {
        evenRe += re;
        evenIm += im;
      }
      const next = feedback * (re * er - im * ei);
      im = feedback * (re * ei + im * er);
      re = next;
    }
    leftRe[b] = gain * (oddLeft * oddRe + evenLeft * evenRe);
    leftIm[b] = gain * (oddLeft * oddIm + evenLeft * evenIm);
    rightRe[b] = gain * (oddRight * oddRe + evenRight * evenRe);
    rightIm[b] = gain * (oddRight * oddIm + evenRight * evenIm);
  }
  const response: Stereo = [
    new Float64Array(DELAY_RESPONSE_SAMPLES),
    new Float64Array(DELAY_RESPONSE_SAMPLES),
  ];
  inverse(leftRe, leftIm, response[0]);
  inverse(rightRe, rightIm, response[1]);
  return response;
}

/** The repeats of x (without x itself), at the fit rate; `values` in the order of {@link delayParameters}. */
export function delay(values: ArrayLike<number>, x: Float64Array): Stereo {
  const [left, right] = delayImpulseResponse(delayValues(values));
  return convolveMatrix([x], [[left], [right]]) as Stereo;
}
