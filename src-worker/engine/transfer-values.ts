/**
 * What every backend computes alike of the chain after the compressor: numbers of a few bytes, from the DSP values and back
 * to their gradient. The equations are in kernels/transfer.ts.
 */
import { parameterIndex } from '#core/chain/parameters.ts';
import { DELAY_RESPONSE_SAMPLES, delaySamples, repeatCount } from '#core/effects/delay/training.ts';
import { panGainSlopes } from '#core/effects/pan/training-adjoint.ts';
import { panGains } from '#core/effects/pan/training.ts';

/** Repeats below this part of the first one are left out. */
const NEGLIGIBLE_REPEAT = 1e-8;

/** Places of the values in the raw vector. */
export const transferAt = {
  send: parameterIndex('delay.send'),
  time: parameterIndex('delay.time'),
  feedback: parameterIndex('delay.feedback'),
  gain: parameterIndex('delay.gain'),
  lowPass: parameterIndex('delay.lp.freq'),
  oddPan: parameterIndex('delay.odd_pan'),
  evenPan: parameterIndex('delay.even_pan'),
  input: parameterIndex('fdn.input.0.left'),
  output: parameterIndex('fdn.output.left.0'),
  decay: parameterIndex('fdn.decay.0'),
  mixing: parameterIndex('fdn.mixing.0.0'),
  pan: parameterIndex('pan'),
};
const at = transferAt;

/** γ, gains left odd, left even, right odd, right even, send, pan left, pan right. */
export function mixScalars(values: ArrayLike<number>): number[] {
  const odd = panGains(values[at.oddPan]!);
  const even = panGains(values[at.evenPan]!);
  const gain = values[at.gain]!;
  return [
    values[at.feedback]!,
    gain * odd[0],
    gain * even[0],
    gain * odd[1],
    gain * even[1],
    values[at.send]!,
    ...panGains(values[at.pan]!),
  ];
}

/** Odd and even repeats that are summed for segments of up to `maxLength` samples. */
export function audibleRepeats(values: ArrayLike<number>, maxLength: number): [odd: number, even: number] {
  const timeMs = values[at.time]!;
  // Repeats that grow are cut off by the published response's length, and never come when the segment ends before.
  const repeats = Math.min(repeatCount(timeMs), Math.ceil(maxLength / delaySamples(timeMs)) + 1);
  const q = values[at.lowPass + 1]!;
  const peak = q > Math.SQRT1_2 ? q / Math.sqrt(1 - 1 / (4 * q * q)) : 1;
  const loopGain = Math.max(1e-6, values[at.feedback]! * peak);
  const audible =
    loopGain < 1 ? Math.ceil(Math.log(NEGLIGIBLE_REPEAT) / (2 * Math.log(loopGain))) + 1 : Infinity;
  return [Math.min(Math.ceil(repeats / 2), audible), Math.min(Math.floor(repeats / 2), audible)];
}

/** ln η a bin of a grid of `points`: the published surrogate counts bins of a transform of the delay's response. */
export function dampingPerBin(logDamp: number, points: number): number {
  return (logDamp * DELAY_RESPONSE_SAMPLES) / points;
}

/**
 * Adds the gradient of pan, delay mix, send and feedback. `totals`: pan left, right; delay gains left odd, left even, right
 * odd, right even; send; γ times that of γ.
 */
export function addMixGradient(
  values: ArrayLike<number>,
  totals: ArrayLike<number>,
  byValue: Float64Array,
): void {
  const [left, right] = panGainSlopes(values[at.pan]!);
  byValue[at.pan]! += totals[0]! * left + totals[1]! * right;
  const [leftOdd, leftEven, rightOdd, rightEven] = [totals[2]!, totals[3]!, totals[4]!, totals[5]!];
  const gain = values[at.gain]!;
  const odd = panGains(values[at.oddPan]!);
  const even = panGains(values[at.evenPan]!);
  const oddSlope = panGainSlopes(values[at.oddPan]!);
  const evenSlope = panGainSlopes(values[at.evenPan]!);
  byValue[at.gain]! += leftOdd * odd[0] + rightOdd * odd[1] + leftEven * even[0] + rightEven * even[1];
  byValue[at.oddPan]! += gain * (leftOdd * oddSlope[0] + rightOdd * oddSlope[1]);
  byValue[at.evenPan]! += gain * (leftEven * evenSlope[0] + rightEven * evenSlope[1]);
  byValue[at.send]! += totals[6]!;
  byValue[at.feedback]! += totals[7]! / Math.max(values[at.feedback]!, Number.MIN_VALUE);
}

/**
 * Gradient of the delay in samples and of log η through the damped surrogate, from Σ k η^k Im W and Σ k η^k Re W over the bins
 * k of a grid of `points`.
 */
export function surrogateSlopes(
  imaginary: number,
  real: number,
  points: number,
): { byDelaySamples: number; byLogDamp: number } {
  return {
    byDelaySamples: (imaginary * 2 * Math.PI) / points,
    byLogDamp: (real * DELAY_RESPONSE_SAMPLES) / points,
  };
}
