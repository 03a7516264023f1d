import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import { Gaussian } from './gaussian.ts';
import { covarianceOf, meanOf, type Rows } from './moments.ts';

const PAIR = new Gaussian(Float64Array.of(1, -1), Float64Array.of(2, 0.6, 0.6, 1));
const TRIPLE = new Gaussian(
  Float64Array.of(1, 2, 3),
  Float64Array.of(4, 1.2, -0.8, 1.2, 1, 0.3, -0.8, 0.3, 2),
);

function drawn(gaussian: Gaussian, count: number, temperature: number): Rows {
  const random = new Random(11);
  const data = new Float64Array(count * gaussian.dimensions);
  for (let row = 0; row < count; row++)
    data.set(gaussian.draw({ random, temperature }), row * gaussian.dimensions);
  return { count, dimensions: gaussian.dimensions, data };
}

describe('a Gaussian', () => {
  it('has the density that SciPy gives it', () => {
    expect(PAIR.logDensity([0.5, 0.3])).toBeCloseTo(-3.429737382449351, 12);
  });

  it('has the mean and covariance asked for, whatever is cut off', () => {
    for (const temperature of [1, 0.5]) {
      const rows = drawn(TRIPLE, 40_000, temperature);
      const mean = meanOf(rows);
      const covariance = covarianceOf(rows, mean);
      TRIPLE.mean.forEach((value, i) => {
        expect(Math.abs(mean[i] - value)).toBeLessThan(0.04 * temperature);
      });
      TRIPLE.covariance.forEach((value, at) => {
        expect(Math.abs(covariance[at] - temperature ** 2 * value)).toBeLessThan(0.1 * temperature ** 2);
      });
    }
  });

  it('gives the mean at temperature 0, and nothing beyond its cut', () => {
    expect(TRIPLE.draw({ random: new Random(1), temperature: 0 })).toEqual(TRIPLE.mean);
    const { data } = drawn(new Gaussian(Float64Array.of(0), Float64Array.of(1)), 20_000, 1);
    expect(Math.max(...data.map(Math.abs))).toBeLessThan(3.05);
  });

  it('conditions as p(x, y) / p(y) says', () => {
    const { free, gaussian } = TRIPLE.given([1], [2.7]);
    expect(free).toEqual([0, 2]);
    const marginal = new Gaussian(Float64Array.of(2), Float64Array.of(1));
    for (const [x, z] of [
      [0, 0],
      [1.5, 3.3],
      [-4, 5],
    ] as const)
      expect(gaussian.logDensity([x, z])).toBeCloseTo(
        TRIPLE.logDensity([x, 2.7, z]) - marginal.logDensity([2.7]),
        12,
      );
  });

  it('says how unusual each value is, given the others', () => {
    const x = [0, 1, 5];
    const found = TRIPLE.conditionalDeviations(x);
    x.forEach((value, j) => {
      const others = [0, 1, 2].filter((i) => i !== j);
      const { gaussian } = TRIPLE.given(
        others,
        others.map((i) => x[i]),
      );
      expect(found[j]).toBeCloseTo((value - gaussian.mean[0]) / Math.sqrt(gaussian.covariance[0]), 10);
    });
  });

  it('refuses a covariance without an inverse', () => {
    expect(() => new Gaussian(Float64Array.of(0, 0), Float64Array.of(1, 1, 1, 1))).toThrow(/definite/);
  });
});
