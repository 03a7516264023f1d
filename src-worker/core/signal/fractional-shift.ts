/**
 * Shifts sound in time by a fractional number of samples: y(n) = Σ_k x(k) · h(n − d − k), h a Kaiser-windowed sinc.
 *
 * Half width 32 taps and β = 8: flat to 0.83 of the Nyquist frequency, errors below −80 dB there. A whole number of samples
 * is shifted exactly. What lies outside the input counts as silence.
 */
import { kaiserWindow } from './kaiser.ts';

const HALF_WIDTH = 32;
const kaiser = kaiserWindow(8);

/** `input` later by `delaySamples` (earlier if negative), cut or padded to `lengthSamples`. */
export function shiftInTime(
  input: Float32Array,
  delaySamples: number,
  lengthSamples: number,
): Float32Array<ArrayBuffer> {
  const output = new Float32Array(lengthSamples);
  const whole = Math.floor(delaySamples + 1e-6);
  const fraction = delaySamples - whole;
  if (Math.abs(fraction) < 1e-6) {
    const start = Math.max(0, whole);
    const end = Math.min(lengthSamples, input.length + whole);
    if (end > start) output.set(input.subarray(start - whole, end - whole), start);
    return output;
  }
  const taps = Float64Array.from({ length: 2 * HALF_WIDTH }, (_, i) => {
    const t = i - HALF_WIDTH + 1 - fraction;
    return (Math.sin(Math.PI * t) / (Math.PI * t)) * kaiser(t / HALF_WIDTH);
  });
  for (let n = 0; n < lengthSamples; n++) {
    // Tap i multiplies x[n − whole − (i − HALF_WIDTH + 1)].
    const newest = n - whole + HALF_WIDTH - 1;
    const from = Math.max(0, newest - input.length + 1);
    const to = Math.min(taps.length, newest + 1);
    let sum = 0;
    for (let i = from; i < to; i++) sum += taps[i] * input[newest - i];
    output[n] = sum;
  }
  return output;
}
