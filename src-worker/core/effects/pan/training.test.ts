import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pan, panGains } from './training.ts';

describe('pan', () => {
  it('leaves the centre alone, silences the far side and keeps the power', () => {
    panGains(0.5).forEach((gain) => expect(gain).toBeCloseTo(1, 15));
    expect(panGains(0)).toEqual([Math.SQRT2, 0]);
    expect(panGains(1)[0]).toBeCloseTo(0, 15);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => {
        const [left, right] = panGains(value);
        expect(left ** 2 + right ** 2).toBeCloseTo(2, 12);
        expect(pan(value, Float64Array.of(-3))).toEqual([
          Float64Array.of(-3 * left),
          Float64Array.of(-3 * right),
        ]);
      }),
    );
  });
});
