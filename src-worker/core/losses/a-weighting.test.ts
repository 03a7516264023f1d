import { describe, expect, it } from 'vitest';
import { aWeighted, aWeightingTaps } from './a-weighting.ts';

const FS = 44_100;

/** Level in dB of the taps at a frequency; they are symmetric about the middle. */
function levelDb(freqHz: number): number {
  const taps = aWeightingTaps();
  const response = taps.reduce(
    (sum, tap, i) => sum + tap * Math.cos((2 * Math.PI * freqHz * (i - 50)) / FS),
    0,
  );
  return 20 * Math.log10(Math.abs(response));
}

describe('A-weighting', () => {
  it('has the published taps', () => {
    const taps = aWeightingTaps();
    expect(taps).toHaveLength(101);
    expect(taps.reduce((sum, tap) => sum + tap, 0)).toBeCloseTo(0.100_830_4, 6);
    expect(taps[50]).toBeCloseTo(0.544_319_93, 7);
    expect(taps[51]).toBeCloseTo(0.273_403_17, 7);
    expect(taps[52]).toBeCloseTo(-0.015_174_57, 7);
    expect(Array.from(taps).reverse()).toEqual(Array.from(taps));
  });

  it.each([
    [50, -19.2, 1],
    [100, -17.3, 1],
    [200, -12.5, 1],
    [500, -3.3, 1],
    [1000, -0.13, 2],
    [2000, 1.11, 2],
    [4000, 0.95, 2],
    [8000, -1.84, 2],
    [16_000, -15.3, 1],
    [20_000, -33.4, 1],
  ])('at %i Hz is %f dB', (freqHz, expectedDb, digits) => {
    expect(Math.abs(levelDb(freqHz) - expectedDb)).toBeLessThan(0.6 * 10 ** -digits);
  });

  it('filters without delay, silence beyond the ends, and answers reflected positions', () => {
    const taps = aWeightingTaps();
    const x = Float64Array.from({ length: 300 }, (_, n) => Math.sin(0.02 * n * n));
    const direct = x.map((_, n) => taps.reduce((sum, tap, i) => sum + tap * (x[n + i - 50] ?? 0), 0));
    const got = new Float64Array(500);
    aWeighted(x, -100, got);
    got.forEach((value, j) => {
      const position = j - 100;
      const reflected = position < 0 ? -position : position > 299 ? 598 - position : position;
      expect(value).toBeCloseTo(direct[reflected]!, 12);
    });
  });
});
