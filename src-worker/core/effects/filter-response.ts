/**
 * Magnitude of biquads at many frequencies, for curves. With φ = sin²(ω/2), from the coefficients that sound:
 *
 *   |b0 + b1 z⁻¹ + b2 z⁻²|² = (b0 + b1 + b2)² − 4(b0 b1 + 4 b0 b2 + b1 b2) φ + 16 b0 b2 φ²
 *
 * (R. Bristow-Johnson). Unlike sums of cosines it keeps its digits at low frequencies. Above half the sample rate there
 * is no sound: the answer there is −Infinity dB.
 */
import { designBiquad, type Biquad, type FilterSettings } from '../signal/biquad.ts';

/** c0 + c1 φ + c2 φ² = |b0 + b1 z⁻¹ + b2 z⁻²|² */
function powerPolynomial(b0: number, b1: number, b2: number): readonly [number, number, number] {
  return [(b0 + b1 + b2) ** 2, -4 * (b0 * b1 + 4 * b0 * b2 + b1 * b2), 16 * b0 * b2];
}

/** Adds `times` the response of a filter in dB at each frequency in Hz to `responseDb`, which has their length. */
export function addResponseDb(
  { b0, b1, b2, a1, a2 }: Biquad,
  times: number,
  freqHz: ArrayLike<number>,
  sampleRateHz: number,
  responseDb: Float64Array,
): void {
  const [n0, n1, n2] = powerPolynomial(b0, b1, b2);
  const [d0, d1, d2] = powerPolynomial(1, a1, a2);
  const halfAngle = Math.PI / sampleRateHz;
  for (let i = 0; i < responseDb.length; i++) {
    if (freqHz[i]! > sampleRateHz / 2) {
      responseDb[i] = -Infinity;
      continue;
    }
    const phi = Math.sin(halfAngle * freqHz[i]!) ** 2;
    const power = (n0 + phi * (n1 + phi * n2)) / (d0 + phi * (d1 + phi * d2));
    responseDb[i]! += times * 10 * Math.log10(Math.max(0, power));
  }
}

/** Response in dB of filters in series, one number per frequency in Hz; −Infinity above half the sample rate. */
export function filtersResponseDb(
  filters: readonly FilterSettings[],
  freqHz: ArrayLike<number>,
  sampleRateHz: number,
): Float64Array {
  const responseDb = new Float64Array(freqHz.length);
  for (const filter of filters)
    addResponseDb(designBiquad(filter.kind, filter, sampleRateHz), 1, freqHz, sampleRateHz, responseDb);
  if (filters.length === 0)
    for (let i = 0; i < freqHz.length; i++) if (freqHz[i]! > sampleRateHz / 2) responseDb[i] = -Infinity;
  return responseDb;
}
