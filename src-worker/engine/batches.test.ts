import { describe, expect, it } from 'vitest';
import { Random } from '#core/optimise/random.ts';
import { Batches } from './batches.ts';

describe('batches', () => {
  it('are everything when there is little', () => {
    const batches = new Batches(3, 2, new Random(1));
    expect(batches.isWhole).toBe(true);
    expect(batches.next(0.4)).toEqual([0, 1, 2]);
  });

  it.each([
    [34, 2],
    [5, 2],
    [9, 4],
    [300, 1],
  ])('of %i segments on %i threads load every thread alike and see many segments', (count, threads) => {
    const batches = new Batches(count, threads, new Random(5));
    const seen = new Set<number>();
    for (let step = 0; step < 240; step++) {
      const batch = batches.next(step / 240);
      expect(new Set(batch).size).toBe(batch.length);
      for (let thread = 0; thread < threads; thread++)
        expect(batch.filter((index) => index % threads === thread).length).toBeLessThanOrEqual(2);
      expect(batch.length).toBeGreaterThanOrEqual(Math.min(count, threads));
      batch.forEach((index) => seen.add(index));
    }
    expect(seen.size).toBeGreaterThanOrEqual(Math.min(count, 14));
    expect(Math.max(...seen)).toBeLessThan(count);
  });
});
