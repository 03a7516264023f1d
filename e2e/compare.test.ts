/** The measures that the sound specs rely on must themselves tell good from bad. */
import { describe, expect, it } from 'vitest';
import { bestGain, breaksOfPeriod, findOffset, residualDb } from './support/compare.ts';

const noise = (length: number): Float32Array => {
  let state = 1;
  let smooth = 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    smooth += 0.2 * (state / 2 ** 31 - smooth);
    return smooth;
  });
};

describe('comparing a recording with what should have been played', () => {
  const expected = noise(30_000);
  const recorded = new Float32Array(50_000);
  recorded.set(
    expected.map((x) => 0.5 * x),
    7_001,
  );

  it('finds the place, the gain and no difference', () => {
    const offset = findOffset(recorded, expected, 10_000);
    expect(offset).toBe(7_001);
    expect(bestGain(recorded, expected, offset, 0, 30_000)).toBeCloseTo(0.5, 6);
    const scaled = expected.map((x) => 0.5 * x);
    expect(residualDb(recorded, scaled, offset, 0, 30_000)).toBeLessThan(-120);
  });

  it('sees a gap of a single sample', () => {
    const scaled = expected.map((x) => 0.5 * x);
    const torn = recorded.slice();
    torn.copyWithin(20_000, 20_001);
    expect(residualDb(torn, scaled, 7_001, 0, 30_000)).toBeGreaterThan(-30);
  });

  it('sees a break in a period', () => {
    const period = 1_000;
    const loop = noise(period);
    const sound = Float32Array.from({ length: 10_000 }, (_, n) => loop[n % period]!);
    expect(breaksOfPeriod(sound, period, 0, 1e-6)).toBe(0);
    sound.copyWithin(5_000, 5_001);
    expect(breaksOfPeriod(sound, period, 0, 1e-6)).toBeGreaterThan(0);
  });
});
