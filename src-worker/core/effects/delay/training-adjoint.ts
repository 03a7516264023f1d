/**
 * Adjoint of the ping-pong delay's training form.
 *
 * With h̄ = ∂L/∂h and G = rfft(h̄), a spectrum H of which h is the inverse transform has dL = 1/N Σ_b w_b Re(G_b* dH_b),
 * w = 1 at 0 Hz and Nyquist and 2 elsewhere; what G becomes on its way back through products with spectra is,
 * inverse-transformed, the gradient of the signal that was transformed. With p_k = (γE)^(k−1), sums over odd or even k:
 *
 *   odd = E Σ p_k,     ∂odd/∂E = Σ k p_k,     ∂odd/∂γ = E² Σ (k−1) p_{k−1}
 *
 * Delay time and damping: by default through s[n] = sinc(n−d); with a surrogate, through s′ = irfft_N(η^b e^{−2πi bd/N}),
 * as if s were s′ (DiffVox `SurrogateDelay`, straight-through). The number of repeats is a constant.
 */
import { filterCascadeAdjoint } from '../../signal/biquad-adjoint.ts';
import { convolveMatrixAdjoint } from '../../signal/convolve-adjoint.ts';
import { binWeight } from '../../signal/fft.ts';
import { FIT_SAMPLE_RATE_HZ } from '../../units.ts';
import { panGainSlopes } from '../pan/training-adjoint.ts';
import { panGains, type Stereo } from '../pan/training.ts';
import {
  DELAY_RESPONSE_SAMPLES,
  delayImpulseResponse,
  delayResponseFft,
  delaySamples,
  delayValues,
  firstRepeat,
  loopFilter,
  repeatCount,
  type DelayValues,
} from './training.ts';

/** Below this distance from a sample the quotient in {@link sincShiftSlope} loses more digits than its series. */
const SMALL_DISTANCE = 1e-4;

/** Σ_n grad[n] ∂/∂d sinc(n−d), with ∂/∂d sinc(z) = (sinc z − cos πz)/z for z = n−d. */
function sincShiftSlope(grad: Float64Array, sinc: Float64Array, d: number): number {
  const whole = Math.floor(d);
  // cos π(n−d) = ±cos π·fraction keeps full precision far from d.
  const cosine = Math.cos(Math.PI * (d - whole));
  let sum = 0;
  for (let n = 0; n < grad.length; n++) {
    const distance = n - d;
    const slope =
      Math.abs(distance) < SMALL_DISTANCE
        ? (Math.PI ** 2 * distance) / 3
        : (sinc[n] - ((n - whole) % 2 === 0 ? cosine : -cosine)) / distance;
    sum += grad[n] * slope;
  }
  return sum;
}

/** Gradient of d in samples and of log η through s′, given that of s. */
function surrogateSlopes(grad: Float64Array, d: number, logDamp: number): { d: number; logDamp: number } {
  const { length, bins, forward } = delayResponseFft();
  const re = new Float64Array(bins);
  const im = new Float64Array(bins);
  forward(grad, re, im);
  let byD = 0;
  let byLogDamp = 0;
  for (let b = 0; b < bins; b++) {
    const angle = (2 * Math.PI * b) / length;
    const magnitude = Math.exp(logDamp * b) * binWeight(b, length);
    const cosine = magnitude * Math.cos(angle * d);
    const sine = -magnitude * Math.sin(angle * d);
    byLogDamp += b * (re[b] * cosine + im[b] * sine);
    byD += angle * (re[b] * sine - im[b] * cosine);
  }
  return { d: byD, logDamp: byLogDamp };
}

export interface DelayGradient {
  /** In the order of {@link delayParameters}. */
  readonly values: Float64Array;
  /** log η's; 0 without a surrogate. */
  readonly logDamp: number;
}

/**
 * Gradient of a scalar with respect to the delay's values, given that with respect to both channels of
 * `delayImpulseResponse`. With `logDamp`, time and log η go through the surrogate.
 */
export function delayImpulseResponseAdjoint(
  values: DelayValues,
  gradResponse: Stereo,
  logDamp?: number,
): DelayGradient {
  const { timeMs, feedback, gain, oddPan, evenPan } = values;
  const { bins, length, forward, inverse } = delayResponseFft();
  const { undamped, spectrumRe: echoRe, spectrumIm: echoIm } = firstRepeat(values);
  const [leftRe, leftIm, rightRe, rightIm] = Array.from({ length: 4 }, () => new Float64Array(bins));
  forward(gradResponse[0], leftRe, leftIm);
  forward(gradResponse[1], rightRe, rightIm);

  const [oddLeft, oddRight] = panGains(oddPan);
  const [evenLeft, evenRight] = panGains(evenPan);
  const repeats = repeatCount(timeMs);
  /** Σ w/N Re(G_channel* odd or even). */
  let [leftOdd, rightOdd, leftEven, rightEven] = [0, 0, 0, 0];
  let byFeedback = 0;
  for (let b = 0; b < bins; b++) {
    const er = echoRe[b];
    const ei = echoIm[b];
    const lr = leftRe[b];
    const li = leftIm[b];
    const rr = rightRe[b];
    const ri = rightIm[b];
    const weight = binWeight(b, length);
    // Sums of p_k, k p_k and (k−1) p_{k−1}, which one pass over k turns into those of odd and of even repeats.
    let [pr, pi, beforeRe, beforeIm] = [1, 0, 0, 0];
    let [oddRe, oddIm, oddSlopeRe, oddSlopeIm, oddLoopRe, oddLoopIm] = [0, 0, 0, 0, 0, 0];
    let [evenRe, evenIm, evenSlopeRe, evenSlopeIm, evenLoopRe, evenLoopIm] = [0, 0, 0, 0, 0, 0];
    for (let k = 1; k <= repeats; k++) {
      if (k % 2 === 1) {
        oddRe += pr;
        oddIm += pi;
        oddSlopeRe += k * pr;
        oddSlopeIm += k * pi;
        oddLoopRe += (k - 1) * beforeRe;
        oddLoopIm += (k - 1) * beforeIm;
      } else {
        evenRe += pr;
        evenIm += pi;
        evenSlopeRe += k * pr;
        evenSlopeIm += k * pi;
        evenLoopRe += (k - 1) * beforeRe;
        evenLoopIm += (k - 1) * beforeIm;
      }
      beforeRe = pr;
      beforeIm = pi;
      pr = feedback * (beforeRe * er - beforeIm * ei);
      pi = feedback * (beforeRe * ei + beforeIm * er);
    }
    const or = oddRe * er - oddIm * ei;
    const oi = oddRe * ei + oddIm * er;
    const vr = evenRe * er - evenIm * ei;
    const vi = evenRe * ei + evenIm * er;
    leftOdd += weight * (lr * or + li * oi);
    rightOdd += weight * (rr * or + ri * oi);
    leftEven += weight * (lr * vr + li * vi);
    rightEven += weight * (rr * vr + ri * vi);

    const gradOddRe = gain * (oddLeft * lr + oddRight * rr);
    const gradOddIm = gain * (oddLeft * li + oddRight * ri);
    const gradEvenRe = gain * (evenLeft * lr + evenRight * rr);
    const gradEvenIm = gain * (evenLeft * li + evenRight * ri);
    // Re(G* E² Σ) = Re((G* Σ) E²)
    const loopRe =
      gradOddRe * oddLoopRe + gradOddIm * oddLoopIm + gradEvenRe * evenLoopRe + gradEvenIm * evenLoopIm;
    const loopIm =
      gradOddRe * oddLoopIm - gradOddIm * oddLoopRe + gradEvenRe * evenLoopIm - gradEvenIm * evenLoopRe;
    byFeedback += weight * (loopRe * (er * er - ei * ei) - loopIm * 2 * er * ei);
    // G times the conjugate slope, in place of the left channel's gradient.
    leftRe[b] =
      gradOddRe * oddSlopeRe + gradOddIm * oddSlopeIm + gradEvenRe * evenSlopeRe + gradEvenIm * evenSlopeIm;
    leftIm[b] =
      gradOddIm * oddSlopeRe - gradOddRe * oddSlopeIm + gradEvenIm * evenSlopeRe - gradEvenRe * evenSlopeIm;
  }
  const gradEcho = new Float64Array(DELAY_RESPONSE_SAMPLES);
  inverse(leftRe, leftIm, gradEcho);
  const [lowPass] = filterCascadeAdjoint([loopFilter(values)], FIT_SAMPLE_RATE_HZ, undamped, gradEcho);

  const d = delaySamples(timeMs);
  const slopes =
    logDamp === undefined
      ? { d: sincShiftSlope(gradEcho, undamped, d), logDamp: 0 }
      : surrogateSlopes(gradEcho, d, logDamp);
  const [oddLeftSlope, oddRightSlope] = panGainSlopes(oddPan);
  const [evenLeftSlope, evenRightSlope] = panGainSlopes(evenPan);
  return {
    values: Float64Array.of(
      (slopes.d * FIT_SAMPLE_RATE_HZ) / 1000,
      byFeedback,
      oddLeft * leftOdd + oddRight * rightOdd + evenLeft * leftEven + evenRight * rightEven,
      lowPass.freqHz,
      lowPass.q,
      gain * (oddLeftSlope * leftOdd + oddRightSlope * rightOdd),
      gain * (evenLeftSlope * leftEven + evenRightSlope * rightEven),
    ),
    logDamp: slopes.logDamp,
  };
}

/**
 * Gradient of a scalar with respect to the values of {@link delayParameters}, in their order, to log η and to x, given
 * that with respect to `delay(values, x)`. With `logDamp`, time and log η go through the surrogate.
 */
export function delayAdjoint(
  values: ArrayLike<number>,
  x: Float64Array,
  gradOutput: Stereo,
  logDamp?: number,
): DelayGradient & { readonly input: Float64Array } {
  const named = delayValues(values);
  const [left, right] = delayImpulseResponse(named);
  const {
    inputs: [input],
    responses: [[gradLeft], [gradRight]],
  } = convolveMatrixAdjoint([x], [[left], [right]], gradOutput);
  return { ...delayImpulseResponseAdjoint(named, [gradLeft, gradRight], logDamp), input };
}
