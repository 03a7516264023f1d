import { describe, expect, it } from 'vitest';
import { learningRate } from './schedule.ts';

const FRACTIONS = Array.from({ length: 1001 }, (_, i) => i / 1000);

describe('the learning rate', () => {
  it('rises from 0, then falls to 0, without a jump and never beyond the largest', () => {
    const rates = FRACTIONS.map((fraction) => learningRate(0.3, fraction));
    const top = rates.indexOf(Math.max(...rates));
    expect(rates[0]).toBe(0);
    expect(rates.at(-1)).toBeCloseTo(0, 12);
    expect(Math.max(...rates)).toBeLessThanOrEqual(0.3);
    expect(Math.max(...rates)).toBeGreaterThan(0.28);
    expect(FRACTIONS[top]).toBeLessThan(0.1);
    rates.forEach((rate, i) => {
      if (i === 0) return;
      if (i <= top) expect(rate).toBeGreaterThan(rates[i - 1]!);
      else expect(rate).toBeLessThan(rates[i - 1]!);
      expect(Math.abs(rate - rates[i - 1]!)).toBeLessThan(0.01);
    });
  });

  it('is half of the largest half way, and stays 0 past the end', () => {
    expect(learningRate(0.4, 0.5)).toBeCloseTo(0.2, 12);
    expect(learningRate(0.4, 1.7)).toBeCloseTo(0, 12);
  });
});
