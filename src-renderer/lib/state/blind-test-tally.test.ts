import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certaintyText, evenChoiceProbability, shuffled, systemRandom } from './blind-test-tally.ts';

describe('the order', () => {
  it('holds everything once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), (items) => {
        expect(shuffled(items, systemRandom).sort((a, b) => a - b)).toEqual(items.sort((a, b) => a - b));
      }),
    );
  });

  it('is every order equally often', () => {
    // The random numbers run evenly through all that can be asked for: 6 orders of 3, 24 times each.
    const counts = new Map<string, number>();
    for (let i = 0; i < 12; i++)
      for (let j = 0; j < 12; j++) {
        const numbers = [i / 12, j / 12];
        const order = shuffled(['A', 'B', 'C'], () => numbers.shift()!).join('');
        counts.set(order, (counts.get(order) ?? 0) + 1);
      }
    expect([...counts.values()]).toEqual(Array.from({ length: 6 }, () => 24));
  });

  it('leaves what it was given as it is', () => {
    const items = ['A', 'B', 'C', 'D'];
    shuffled(items, () => 0);
    expect(items).toEqual(['A', 'B', 'C', 'D']);
  });
});

describe('the probability of an even choice', () => {
  it.each([
    [0, 0, 1],
    [1, 0, 1],
    [5, 0, 2 / 32],
    [0, 6, 2 / 64],
    [9, 1, (2 * 11) / 1024],
    [8, 2, (2 * 56) / 1024],
    [5, 5, 1],
    [10, 10, 1],
  ])('%d to %d', (first, second, expected) => {
    expect(evenChoiceProbability(first, second)).toBeCloseTo(expected, 12);
    expect(evenChoiceProbability(second, first)).toBeCloseTo(expected, 12);
  });

  it('stays a probability over hundreds of rounds', () => {
    expect(evenChoiceProbability(300, 300)).toBeCloseTo(1, 6);
    expect(evenChoiceProbability(400, 200)).toBeLessThan(1e-10);
  });

  it('is said in plain words', () => {
    expect(certaintyText(2, 0)).toContain('2 rounds can be chance');
    expect(certaintyText(7, 1)).toBe('That may be chance (p = 0.070); more rounds would tell.');
    expect(certaintyText(8, 1)).toBe('That is hardly chance (p = 0.039).');
    expect(certaintyText(20, 0)).toBe('That is hardly chance (p < 0.001).');
  });
});
