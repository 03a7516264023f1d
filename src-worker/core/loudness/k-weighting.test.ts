import { describe, expect, test } from 'vitest';
import { biquadResponse } from '../signal/biquad.ts';
import type { Weighting } from './k-weighting.ts';
import { kWeighting } from './k-weighting.ts';

function gainDb(frequencyHz: number, sampleRateHz: number, weighting: Weighting): number {
  return kWeighting(sampleRateHz, weighting).reduce((sum, stage) => {
    const { re, im } = biquadResponse(stage, frequencyHz, sampleRateHz);
    return sum + 20 * Math.log10(Math.hypot(re, im));
  }, 0);
}

test('at 48 kHz the coefficients are those of BS.1770-4, Tables 1 and 2', () => {
  const [shelf, highPass] = kWeighting(48000);
  const table = {
    shelf: {
      b0: 1.53512485958697,
      b1: -2.69169618940638,
      b2: 1.19839281085285,
      a1: -1.69065929318241,
      a2: 0.73248077421585,
    },
    highPass: { b0: 1, b1: -2, b2: 1, a1: -1.99004745483398, a2: 0.99007225036621 },
  };
  for (const key of ['b0', 'b1', 'b2', 'a1', 'a2'] as const) {
    expect(shelf[key]).toBeCloseTo(table.shelf[key], 10);
    expect(highPass[key]).toBeCloseTo(table.highPass[key], 10);
  }
});

// The bilinear transform bends the curve near the Nyquist frequency.
describe.each([
  [8000, 0.22],
  [22050, 0.03],
  [44100, 0.005],
  [96000, 0.01],
  [192_000, 0.01],
  [384_000, 0.01],
])('at %i Hz', (rate, toleranceDb) => {
  test('the curve is that at 48 kHz, well below the Nyquist frequency', () => {
    for (const frequencyHz of [20, 50, 100, 200, 500, 997]) {
      const difference = gainDb(frequencyHz, rate, 'bs1770') - gainDb(frequencyHz, 48000, 'bs1770');
      expect(Math.abs(difference)).toBeLessThan(toleranceDb);
    }
  });

  test('997 Hz, where meters are calibrated, gets the 0.691 dB that the formula takes away', () => {
    expect(Math.abs(gainDb(997, rate, 'bs1770') - 0.691)).toBeLessThan(toleranceDb);
  });
});

test('the filters of pyloudnorm lie 0.045 dB lower from 500 Hz on', () => {
  for (const frequencyHz of [500, 997, 2000, 4000, 10_000]) {
    const difference = gainDb(frequencyHz, 44100, 'pyloudnorm') - gainDb(frequencyHz, 44100, 'bs1770');
    expect(difference).toBeCloseTo(-0.046, 2);
  }
});
