import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import {
  componentsNeeded,
  componentsOf,
  explainedShares,
  fromWeights,
  sharesOnOthers,
  weightsOf,
  withWeights,
  type Components,
  type ComponentScale,
} from './components.ts';
import { covarianceOf, meanOf, rowOf, shrinkageOf, type Rows } from './moments.ts';

/** Rows of 6 dimensions of very different spread, two of which move together. */
function someRows(count: number, seed = 5): Rows {
  const random = new Random(seed);
  const data = new Float64Array(count * 6);
  for (let row = 0; row < count; row++) {
    const x = Array.from({ length: 6 }, (_, i) => 10 ** (i / 3) * random.signed() + i);
    x[5] += 3 * x[4];
    data.set(x, row * 6);
  }
  return { count, dimensions: 6, data };
}

const componentsOfRows = (rows: Rows, scale: ComponentScale): Components => {
  const mean = meanOf(rows);
  return componentsOf(mean, covarianceOf(rows, mean), rows.count, scale);
};

describe.each(['plain', 'standardised'] as const)('%s components', (scale) => {
  const rows = someRows(200);
  const components = componentsOfRows(rows, scale);

  it('have weights of mean 0 and variance 1 that are uncorrelated', () => {
    const data = new Float64Array(rows.count * 6);
    for (let row = 0; row < rows.count; row++) data.set(weightsOf(components, rowOf(rows, row)), row * 6);
    const weights: Rows = { ...rows, data };
    const mean = meanOf(weights);
    covarianceOf(weights, mean).forEach((value, at) => {
      expect(value).toBeCloseTo(at % 7 === 0 ? 1 : 0, 9);
    });
    for (const value of mean) expect(value).toBeCloseTo(0, 9);
  });

  it('give a preset back from all weights, and come nearer with each more', () => {
    const x = rowOf(rows, 17);
    const weights = weightsOf(components, x);
    const errors = [0, 1, 2, 3, 4, 5, 6].map((count) => {
      const rebuilt = fromWeights(components, weights, count);
      return Math.hypot(...rebuilt.map((value, i) => (value - x[i]) / components.divisor[i]));
    });
    for (let k = 1; k <= 6; k++) expect(errors[k]).toBeLessThanOrEqual(errors[k - 1] + 1e-12);
    expect(errors[6]).toBeLessThan(1e-9);
  });

  it('move one weight and leave the others', () => {
    const x = rowOf(rows, 3);
    const before = weightsOf(components, x);
    const after = weightsOf(components, withWeights(components, x, new Map([[1, 2.5]])));
    before.forEach((weight, k) => {
      expect(after[k]).toBeCloseTo(k === 1 ? 2.5 : weight, 9);
    });
    const alone = weightsOf(components, withWeights(components, x, new Map([[1, 2.5]]), 0));
    alone.forEach((weight, k) => {
      expect(weight).toBeCloseTo(k === 1 ? 2.5 : 0, 9);
    });
  });

  it('hold all of the variance of their own rows', () => {
    const shares = explainedShares(components);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    sharesOnOthers(components, rows).forEach((share, k) => {
      expect(share).toBeCloseTo(shares[k], 9);
    });
    expect(componentsNeeded(shares, 1)).toBe(6);
    expect(componentsNeeded(Float64Array.of(0.7, 0.2, 0.1), 0.9)).toBe(2);
  });
});

describe('few presets', () => {
  it('have one component less than there are presets', () => {
    const rows = someRows(4);
    const components = componentsOfRows(rows, 'plain');
    expect(components.rank).toBe(3);
    const weights = weightsOf(components, rowOf(rows, 2));
    expect(Array.from(weights.subarray(3))).toEqual([0, 0, 0]);
    fromWeights(components, weights).forEach((value, i) => {
      expect(value).toBeCloseTo(rowOf(rows, 2)[i], 6);
    });
  });

  it('are shrunk the more, the fewer they are', () => {
    const shrinkage = (count: number): number => {
      const rows = someRows(count, 9);
      const mean = meanOf(rows);
      return shrinkageOf(rows, mean, covarianceOf(rows, mean));
    };
    expect(shrinkage(8)).toBeGreaterThan(2 * shrinkage(400));
    expect(shrinkage(2000)).toBeLessThan(0.05);
    expect(shrinkage(2)).toBe(1);
  });

  it('of equal correlation shrink as counted by hand', () => {
    // w = ±1 as often as not: r = 0 in two of three rows' sum; all products of the pair are known.
    const rows: Rows = { count: 4, dimensions: 2, data: Float64Array.of(1, 1, -1, -1, 1, -1, -1, 2) };
    const mean = meanOf(rows);
    const covariance = covarianceOf(rows, mean);
    const products = [0, 1, 2, 3].map(
      (row) =>
        ((rowOf(rows, row)[0] - mean[0]) * (rowOf(rows, row)[1] - mean[1])) /
        Math.sqrt(covariance[0] * covariance[3]),
    );
    const average = products.reduce((sum, w) => sum + w, 0) / 4;
    const variance = (4 / 27) * products.reduce((sum, w) => sum + (w - average) ** 2, 0);
    const expected = Math.min(1, variance / ((4 / 3) * average) ** 2);
    expect(shrinkageOf(rows, mean, covariance)).toBeCloseTo(expected, 12);
  });
});
