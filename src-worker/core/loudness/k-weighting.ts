/**
 * The weighting filter of loudness meters: a high shelf for the head, then a high pass (ITU-R BS.1770-4, Annex 1).
 *
 * `bs1770`: the standard's filters. It tabulates them for 48 kHz only; for any rate they are derived again from
 * the same analogue prototypes by the bilinear transform, K = tan(π f/fs) (B. De Man, Evaluation of
 * implementations of the EBU R128 loudness measurement, AES 145, 2018). At 48 kHz these are the tabulated
 * coefficients to 11 digits.
 *
 * `pyloudnorm`: the default filters of the Python package of that name (cookbook shelf at 1.5 kHz, high pass at
 * 38 Hz with unity gain above). They read 0.046 LU lower on voices. The published system normalises with them,
 * so whatever has to agree with it must too.
 */
import type { Biquad } from '../signal/biquad.ts';
import { designBiquad } from '../signal/biquad.ts';

export type Weighting = 'bs1770' | 'pyloudnorm';

export type KWeighting = readonly [shelf: Biquad, highPass: Biquad];

const SHELF_HZ = 1681.9744509555319;
const SHELF_GAIN = 10 ** (3.99984385397 / 20);
const SHELF_Q = 0.7071752369554193;
/** The gain in the middle of the shelf is the whole gain to this power. */
const SHELF_MIDDLE = 0.499666774155;
const HIGH_PASS_HZ = 38.13547087613982;
const HIGH_PASS_Q = 0.5003270373253953;

function standardShelf(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * SHELF_HZ) / sampleRateHz);
  const slope = k / SHELF_Q;
  const middle = SHELF_GAIN ** SHELF_MIDDLE;
  const a0 = 1 + slope + k * k;
  return {
    b0: (SHELF_GAIN + middle * slope + k * k) / a0,
    b1: (2 * (k * k - SHELF_GAIN)) / a0,
    b2: (SHELF_GAIN - middle * slope + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - slope + k * k) / a0,
  };
}

function highPassDenominator(sampleRateHz: number): readonly [a0: number, a1: number, a2: number] {
  const k = Math.tan((Math.PI * HIGH_PASS_HZ) / sampleRateHz);
  const slope = k / HIGH_PASS_Q;
  return [1 + slope + k * k, 2 * (k * k - 1), 1 - slope + k * k];
}

/**
 * The standard writes the numerator at 48 kHz as 1, −2, 1 instead of dividing it by a0, a gain of 0.04 dB that is
 * part of its calibration. It is kept at every rate, so that a tone reads the same at all of them.
 */
const HIGH_PASS_GAIN = highPassDenominator(48_000)[0];

function standardHighPass(sampleRateHz: number): Biquad {
  const [a0, a1, a2] = highPassDenominator(sampleRateHz);
  const b0 = HIGH_PASS_GAIN / a0;
  return { b0, b1: -2 * b0, b2: b0, a1: a1 / a0, a2: a2 / a0 };
}

export function kWeighting(sampleRateHz: number, weighting: Weighting = 'bs1770'): KWeighting {
  switch (weighting) {
    case 'bs1770':
      return [standardShelf(sampleRateHz), standardHighPass(sampleRateHz)];
    case 'pyloudnorm':
      return [
        designBiquad('highShelf', { gainDb: 4, freqHz: 1500, q: Math.SQRT1_2 }, sampleRateHz),
        designBiquad('highPass', { gainDb: 0, freqHz: 38, q: 0.5 }, sampleRateHz),
      ];
    default:
      throw new RangeError(`No weighting is called “${String(weighting satisfies never)}”.`);
  }
}
