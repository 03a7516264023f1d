import { describe, expect, it } from 'vitest';
import { designBiquad, filterBiquad } from '../../signal/biquad.ts';
import { panGains } from '../pan/training.ts';
import { delay, delayImpulseResponse, delayValues, fractionalDelay, repeatCount } from './training.ts';

/** 500 ms is 22,050 samples, so the sinc is a unit sample. */
const VALUES = [500, 0.6, 0.8, 3000, 0.9, 0.2, 0.7];

describe('the delay', () => {
  it('repeats k times through the low-pass, odd repeats to one pan, even ones to the other', () => {
    const [left, right] = delayImpulseResponse(delayValues(VALUES));
    const lowPass = designBiquad('lowPass', { gainDb: 0, freqHz: 3000, q: 0.9 }, 44_100);
    const repeats = repeatCount(500);
    expect(repeats).toBe(7);
    const expected = [new Float64Array(176_400), new Float64Array(176_400)];
    for (let k = 1; k <= repeats; k++) {
      const echo = new Float64Array(176_400);
      echo[22_050 * k] = 0.8 * 0.6 ** (k - 1);
      for (let pass = 0; pass < k; pass++) filterBiquad(lowPass, echo, echo);
      const gains = panGains(k % 2 === 1 ? 0.2 : 0.7);
      expected.forEach((channel, c) => echo.forEach((v, n) => (channel[n]! += gains[c]! * v)));
    }
    [left, right].forEach((channel, c) => {
      const worst = channel.reduce((most, v, n) => Math.max(most, Math.abs(v - expected[c]![n]!)), 0);
      expect(worst).toBeLessThan(1e-14);
    });
  });

  it('leaves out the sound itself and cuts to its length', () => {
    const x = new Float64Array(30_000);
    x[100] = 1;
    const [left] = delay(VALUES, x);
    expect(left).toHaveLength(30_000);
    expect(left.subarray(0, 22_000).every((v) => Math.abs(v) < 1e-15)).toBe(true);
    expect(Math.max(...left)).toBeGreaterThan(0.05);
  });

  it('shifts by parts of samples with a sinc', () => {
    fractionalDelay(10.3, 40).forEach((v, n) => {
      const z = Math.PI * (n - 10.3);
      expect(v).toBeCloseTo(Math.sin(z) / z, 14);
    });
    expect(Array.from(fractionalDelay(3, 6), Math.abs)).toEqual([0, 0, 0, 1, 0, 0]);
  });

  it('has 39 repeats at most', () => {
    expect([100, 100.01, 1000].map(repeatCount)).toEqual([39, 39, 3]);
  });
});
