/** Conversions between the units that cross this project: decibels, gains, milliseconds, samples. */

/** The rate, in Hz, at which raw parameter vectors are defined and at which every fit runs. */
export const FIT_SAMPLE_RATE_HZ = 44_100;

/** Amplitude gain of a level in decibels: 10^(dB/20). */
export function dbToGain(levelDb: number): number {
  return 10 ** (levelDb / 20);
}

/** Level in decibels of an amplitude gain; −Infinity for 0. */
export function gainToDb(gain: number): number {
  return 20 * Math.log10(gain);
}

/**
 * One-pole coefficient of a 10-90 % rise time: c = 1 − exp(−2200 / (ms · fs)), the 2200 being 2.2 · 1000.
 * Written with expm1 so that long times keep their digits.
 */
export function riseTimeMsToCoefficient(riseTimeMs: number, sampleRateHz: number): number {
  return -Math.expm1(-2200 / (riseTimeMs * sampleRateHz));
}

/** Inverse of {@link riseTimeMsToCoefficient}; 0 ms for a coefficient of 1, Infinity for 0. */
export function coefficientToRiseTimeMs(coefficient: number, sampleRateHz: number): number {
  return -2200 / (sampleRateHz * Math.log1p(-coefficient));
}

/** The same one-pole in time at another rate: c' = 1 − (1 − c)^(from/to). */
export function convertCoefficient(coefficient: number, fromRateHz: number, toRateHz: number): number {
  return -Math.expm1((fromRateHz / toRateHz) * Math.log1p(-coefficient));
}
