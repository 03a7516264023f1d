import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const draw = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.uniform());

describe('random numbers', () => {
  it('are the same for the same seed and others for another', () => {
    expect(draw(new Random(5), 20)).toEqual(draw(new Random(5), 20));
    expect(draw(new Random(5), 20)).not.toEqual(draw(new Random(6), 20));
  });

  it('are those of mulberry32', () => {
    // From the reference implementation in C, seed 1.
    expect(draw(new Random(1), 3).map((v) => Math.round(v * 2 ** 32))).toEqual([
      2_693_262_067, 11_749_833, 2_265_367_787,
    ]);
  });

  it('go on from a state that was read in between', () => {
    const random = new Random(-77);
    draw(random, 13);
    const resumed = new Random(1);
    resumed.state = random.state;
    expect(draw(resumed, 10)).toEqual(draw(random, 10));
  });

  it('fill 0..1 evenly, and −1..1', () => {
    const random = new Random(8);
    const bins = new Float64Array(10);
    for (const v of draw(random, 20_000)) {
      expect(v >= 0 && v < 1).toBe(true);
      bins[Math.floor(v * 10)]!++;
    }
    bins.forEach((count) => expect(Math.abs(count / 2000 - 1)).toBeLessThan(0.12));
    const signed = Array.from({ length: 2000 }, () => random.signed());
    expect(Math.min(...signed)).toBeLessThan(-0.99);
    expect(Math.max(...signed)).toBeGreaterThan(0.99);
    expect(signed.every((v) => v >= -1 && v < 1)).toBe(true);
  });

  it('permute: every number once, in an order of the seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 60 }), (seed, count) => {
        const order = new Random(seed).permutation(count);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(new Random(seed).permutation(count)).toEqual(order);
      }),
    );
  });

  it('permute evenly', () => {
    const random = new Random(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = random.permutation(3).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const [key, count] of counts) expect(Math.abs(count / 1000 - 1), key).toBeLessThan(0.15);
  });
});
