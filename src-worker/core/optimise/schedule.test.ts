import { describe, expect, it } from 'vitest';
import { WARM_UP, learningRate } from './schedule.ts';

const FRACTIONS = Array.from({ length: 1001 }, (_, i) => i / 1000);

describe.each([0.3, 0.7])('the learning rate that falls from %f on', (decayFrom) => {
  it('rises from 0, stays, then falls to 0, without a jump and never beyond the largest', () => {
    const rates = FRACTIONS.map((fraction) => learningRate(0.3, fraction, decayFrom));
    expect(rates[0]).toBe(0);
    expect(rates.at(-1)).toBeCloseTo(0, 12);
    FRACTIONS.forEach((fraction, i) => {
      if (i === 0) return;
      const step = rates[i]! - rates[i - 1]!;
      if (fraction <= WARM_UP) expect(step).toBeGreaterThan(0);
      else if (fraction <= decayFrom) expect(rates[i]).toBe(0.3);
      else expect(step).toBeLessThan(0);
      expect(Math.abs(step)).toBeLessThan(0.01);
    });
  });

  it('is half of the largest half way down, and stays 0 past the end', () => {
    expect(learningRate(0.4, (1 + decayFrom) / 2, decayFrom)).toBeCloseTo(0.2, 12);
    expect(learningRate(0.4, 1.7, decayFrom)).toBeCloseTo(0, 12);
  });
});
