import { describe, expect, it } from 'vitest';
import { biquadResponse, designBiquad } from '../../signal/biquad.ts';
import { eqFilters, equalise } from './training.ts';

const VALUES = [3, 200, 1, -4, 4000, 2, 2, 100, -3, 6000, 15_000, 0.8, 40, 0.9];

describe('the EQ', () => {
  it('is its six filters in series', () => {
    const filters = eqFilters(VALUES);
    expect(filters.map(({ kind }) => kind)).toEqual([
      'peak',
      'peak',
      'lowShelf',
      'highShelf',
      'lowPass',
      'highPass',
    ]);
    expect([filters[2]!.q, filters[3]!.q]).toEqual([0.707, 0.707]);
    const impulse = new Float64Array(40_000);
    impulse[0] = 1;
    const response = equalise(VALUES, impulse);
    for (const freqHz of [30, 200, 1000, 4000, 12_000]) {
      const w = (2 * Math.PI * freqHz) / 44_100;
      const re = response.reduce((sum, v, n) => sum + v * Math.cos(w * n), 0);
      const im = response.reduce((sum, v, n) => sum + v * Math.sin(w * n), 0);
      const expected = filters.reduce((product, filter) => {
        const h = biquadResponse(designBiquad(filter.kind, filter, 44_100), freqHz, 44_100);
        return product * Math.hypot(h.re, h.im);
      }, 1);
      expect(Math.hypot(re, im)).toBeCloseTo(expected, 8);
    }
    expect(impulse[0], 'the input is left as it is').toBe(1);
  });
});
