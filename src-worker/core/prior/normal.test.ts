import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import { chiSquareCdf, logGamma, normalCdf, normalQuantile, truncatedNormal } from './normal.ts';

const relative = (found: number, expected: number): number => Math.abs(found / expected - 1);

describe('the normal distribution', () => {
  it.each([
    [-8, 6.22096057427174e-16],
    [-1.5, 0.06680720126885807],
    [0.3, 0.6179114221889526],
    [2, 0.9772498680518208],
  ])('Φ(%d) = %d (SciPy)', (x, p) => {
    expect(relative(normalCdf(x), p)).toBeLessThan(1e-12);
  });

  it.each([
    [1e-12, -7.034483825301131],
    [0.02, -2.053748910631823],
    [0.4, -0.2533471031357997],
    [0.999, 3.090232306167813],
  ])('Φ⁻¹(%d) = %d (SciPy)', (p, x) => {
    expect(relative(normalQuantile(p), x)).toBeLessThan(1e-13);
  });

  it('is its own inverse, and knows its ends', () => {
    for (let x = -7; x <= 4; x += 0.37) expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, 9);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    expect(() => normalQuantile(1.1)).toThrow(/1\.1/);
  });

  it('draws within the limit, with variance 1', () => {
    const random = new Random(3);
    const draws = Array.from({ length: 50_000 }, () => truncatedNormal(random, 2));
    expect(draws.reduce((sum, x) => sum + x, 0) / draws.length).toBeCloseTo(0, 1);
    expect(draws.reduce((sum, x) => sum + x * x, 0) / draws.length).toBeCloseTo(1, 1.7);
    // 2 / √0.7737, since the cut takes a quarter of the variance.
    expect(Math.max(...draws)).toBeLessThan(2.274);
    expect(Math.max(...draws)).toBeGreaterThan(2.2);
  });
});

describe('the chi-square distribution', () => {
  it.each([
    [1, 1, 0.6826894921370859],
    [130, 130, 0.5164955945253746],
    [200, 130, 0.9999219561247944],
    [60, 130, 2.1220472430207437e-8],
    [5, 2, 0.9179150013761012],
  ])('of %d with %d degrees is %d (SciPy)', (x, degrees, p) => {
    expect(relative(chiSquareCdf(x, degrees), p)).toBeLessThan(1e-11);
  });

  it('has the normal distribution inside, and 0 and 1 at its ends', () => {
    for (const x of [0.1, 0.8, 2.5, 4])
      expect(chiSquareCdf(x * x, 1)).toBeCloseTo(normalCdf(x) - normalCdf(-x), 12);
    expect([chiSquareCdf(0, 5), chiSquareCdf(Infinity, 5)]).toEqual([0, 1]);
  });
});

it('log Γ of whole and half numbers', () => {
  expect(logGamma(6)).toBeCloseTo(Math.log(120), 12);
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
});
