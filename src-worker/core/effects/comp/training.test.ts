import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress, compressorGain, compressorValues, lookaheadTaps, staticGainDb } from './training.ts';

const VALUES = [-18, -48, 0, 0.5, 0.01, 0.002, 0.05, 4, 0.5];

/** The equations of losses.md, section 5, sample by sample. */
function oracle(values: readonly number[], x: Float64Array): number[] {
  const [ct, et, makeup, lookaheadMs, attack, release, averaging, cr, er] = values as [...number[]];
  let mean = 0;
  let gain = 1;
  const smoothed = Array.from(x, (sample) => {
    mean = (1 - averaging!) * mean + averaging! * Math.max(sample ** 2, 1e-8);
    const level = 20 * Math.log10(Math.sqrt(mean));
    const target = 10 ** (Math.min(0, (1 - 1 / cr!) * (ct! - level), (1 - 1 / er!) * (et! - level)) / 20);
    const k = target < gain ? attack! : release!;
    gain = (1 - k) * gain + k * target;
    return gain;
  });
  return Array.from(x, (sample, n) => {
    let advanced = 0;
    for (let j = 0; j < 706; j++) {
      const z = Math.PI * (j - 44 - lookaheadMs! * 44.1);
      const tap = z === 0 ? 1 : Math.sin(z) / z;
      advanced += tap * smoothed[Math.min(Math.max(n + j - 44, 0), x.length - 1)]!;
    }
    return sample * advanced * 10 ** (makeup! / 20);
  });
}

describe('the compressor', () => {
  it('is its equations, for signals shorter and longer than the lookahead', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.double({ min: -60, max: 0, noNaN: true }),
          fc.double({ min: -90, max: -20, noNaN: true }),
          fc.double({ min: -12, max: 12, noNaN: true }),
          fc.double({ min: 0, max: 14.99, noNaN: true }),
          ...Array.from({ length: 3 }, () => fc.double({ min: 1e-4, max: 1, noNaN: true })),
          fc.double({ min: 1, max: 20, noNaN: true }),
          fc.double({ min: 0.01, max: 1, noNaN: true }),
        ),
        fc.integer({ min: 1, max: 1500 }),
        (values, length) => {
          const x = Float64Array.from({ length }, (_, n) => Math.sin(n * 0.3) * Math.exp(-n / 200));
          const expected = oracle(values, x);
          compress(values, x).forEach((value, n) => expect(value).toBeCloseTo(expected[n]!, 11));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('has hard knees: nothing between the thresholds, ratios beyond them', () => {
    const values = compressorValues(VALUES);
    expect(staticGainDb(values, -30)).toBe(0);
    expect(staticGainDb(values, -6)).toBeCloseTo(-9, 12);
    expect(staticGainDb(values, -58)).toBeCloseTo(-10, 12);
  });

  it('has 706 taps that are one unit tap for a lookahead of whole samples', () => {
    const taps = lookaheadTaps(10 / 44.1);
    expect(taps).toHaveLength(706);
    taps.forEach((tap, j) => expect(tap).toBeCloseTo(j === 54 ? 1 : 0, 12));
  });

  it('of nothing is nothing', () => {
    expect(compressorGain(compressorValues(VALUES), new Float64Array(0))).toHaveLength(0);
  });
});
