import { describe, expect, it } from 'vitest';
import { shareText, sharesPercent } from './balance.ts';

describe('shares of the parts', () => {
  it('are those of their power', () => {
    const [direct, delay, reverb] = sharesPercent([-10, -20, -Infinity]);
    expect(direct).toBeCloseTo(100 / 1.1, 9);
    expect(delay).toBeCloseTo(10 / 1.1, 9);
    expect(reverb).toBe(0);
    expect(sharesPercent([-400, -400, -400])[0]).toBeCloseTo(100 / 3, 9);
  });

  it('do not exist in silence', () => {
    expect(sharesPercent([-Infinity, -Infinity, -Infinity])).toEqual([null, null, null]);
    expect(sharesPercent([NaN, NaN, NaN])).toEqual([null, null, null]);
  });

  it.each([
    [null, '–'],
    [0, '0 %'],
    [0.2, '< 1 %'],
    [0.6, '1 %'],
    [99.6, '100 %'],
  ])('%s reads %s', (percent, text) => {
    expect(shareText(percent)).toBe(text);
  });
});
