import { expect, test } from 'vitest';
import { triangularDither } from './dither.ts';

test('is triangular between −1 and 1, with mean 0', () => {
  const next = triangularDither(42);
  const values = Float64Array.from({ length: 200_000 }, () => next());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean).toBeCloseTo(0, 2);
  expect(Math.max(...values.subarray(0, 50_000))).toBeGreaterThan(0.98);
  expect(values.every((value) => value > -1 && value < 1)).toBe(true);
  // Distribution function of the triangle at quarter steps: (1 + x)²/2 below 0, 1 − (1 − x)²/2 above.
  for (const [x, expected] of [
    [-0.75, 0.03125],
    [-0.5, 0.125],
    [-0.25, 0.28125],
    [0, 0.5],
    [0.5, 0.875],
    [0.75, 0.96875],
  ]) {
    expect(values.filter((value) => value < x).length / values.length).toBeCloseTo(expected, 2);
  }
});

test('consecutive values are independent', () => {
  const next = triangularDither(1);
  const values = Float64Array.from({ length: 100_000 }, () => next());
  for (const lag of [1, 2, 3]) {
    let product = 0;
    for (let n = lag; n < values.length; n++) product += values[n] * values[n - lag];
    expect(Math.abs(product / values.length)).toBeLessThan(0.003);
  }
});

test('the same seed gives the same values, another seed others', () => {
  const take = (seed: number): number[] => Array.from({ length: 8 }, triangularDither(seed));
  expect(take(5)).toEqual(take(5));
  expect(take(5)).not.toEqual(take(6));
});
