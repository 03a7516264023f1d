import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepSeconds } from './step-window.ts';

const STILL = { attackMs: 0.01, releaseMs: 0.01, averagingMs: 0.001, lookaheadMs: 0 };

describe('the length of the step response', () => {
  it('is 1, 2 or 5 of a decade and shows attack and release to their ends', () => {
    const ms = fc.double({ min: 0.01, max: 900, noNaN: true });
    fc.assert(
      fc.property(ms, ms, (attackMs, releaseMs) => {
        const seconds = stepSeconds({ ...STILL, attackMs, releaseMs });
        const digit = seconds / 10 ** Math.floor(Math.log10(seconds * 1.0001));
        expect([1, 2, 5].some((round) => Math.abs(digit - round) < 1e-6)).toBe(true);
        expect(seconds / 3).toBeGreaterThanOrEqual(attackMs / 1000);
        expect(seconds / 2).toBeGreaterThanOrEqual(releaseMs / 1000);
      }),
    );
  });

  it('stays within what can be drawn', () => {
    expect(stepSeconds(STILL)).toBeCloseTo(0.02, 12);
    expect(stepSeconds({ ...STILL, releaseMs: 5000 })).toBe(10);
  });
});
