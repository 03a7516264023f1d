import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import { crossValidate } from './cross-validation.ts';
import { MARGINAL_Z, Marginal, marginalOf } from './marginal.ts';
import { column, covarianceOf, meanOf, type Rows } from './moments.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { shapedDensityOf } from './shaped.ts';

const normal = (random: Random): number => normalQuantile(random.uniform() * (1 - 1e-9) + 5e-10);

function rowsOf(count: number, dimensions: number, make: (random: Random) => number[]): Rows {
  const random = new Random(2);
  const data = new Float64Array(count * dimensions);
  for (let row = 0; row < count; row++) data.set(make(random), row * dimensions);
  return { count, dimensions, data };
}

/** Skewed, two-humped and normal, tied together. */
const odd = (random: Random): number[] => {
  const a = normal(random);
  const b = 0.7 * a + 0.7 * normal(random);
  return [Math.exp(a), b < 0 ? b - 4 : b + 4, 0.5 * a + normal(random)];
};

describe('a marginal', () => {
  const values = column(rowsOf(400, 3, odd), 1);
  const marginal = marginalOf(values);

  it('rises, and finds back what it gives', () => {
    let last = -Infinity;
    for (let z = -6; z <= 6; z += 0.11) {
      const x = marginal.valueAt(z);
      expect(x).toBeGreaterThan(last);
      expect(marginal.scoreOf(x).z).toBeCloseTo(z, 6);
      last = x;
    }
  });

  it('has a density that adds up to 1, with the mean and spread of the values', () => {
    let [mass, first, second] = [0, 0, 0];
    const step = 0.005;
    for (let x = -30; x <= 30; x += step) {
      const part = step * Math.exp(marginal.scoreOf(x).logDensity);
      mass += part;
      first += part * x;
      second += part * x * x;
    }
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
    expect(mass).toBeCloseTo(1, 2);
    expect(first).toBeCloseTo(mean, 1);
    expect((second - first * first) / variance).toBeCloseTo(1, 1);
  });

  it('knows where there is nothing between two humps', () => {
    expect(marginal.scoreOf(0).logDensity).toBeLessThan(marginal.scoreOf(-5).logDensity - 1);
    expect(marginal.scoreOf(0).logDensity).toBeLessThan(marginal.scoreOf(5).logDensity - 1);
  });

  it('holds no preset’s value, even of three', () => {
    const few = Float64Array.of(1.25, 2.5, 7.75);
    for (const entry of marginalOf(few).table)
      for (const value of few) expect(Math.abs(entry - value)).toBeGreaterThan(1e-6);
    expect(marginalOf(few).table.length).toBe(MARGINAL_Z.length);
  });

  it('of many values has their quantiles', () => {
    const many = column(rowsOf(5000, 3, odd), 0).sort();
    const found = marginalOf(many);
    for (const z of [-1, 0, 1]) {
      const expected = many[Math.round(normalCdf(z) * 5000)];
      expect(Math.abs(found.valueAt(z) / expected - 1)).toBeLessThan(0.2);
    }
  });

  it('of values that agree is narrow; a table that falls is refused', () => {
    expect(marginalOf(Float64Array.of(4, 4, 4, 4)).valueAt(2)).toBeCloseTo(4, 4);
    expect(() => new Marginal(new Float64Array(MARGINAL_Z.length))).toThrow(/rising/);
  });
});

describe('the copula', () => {
  const rows = rowsOf(600, 3, odd);
  const shaped = shapedDensityOf(rows);

  it('describes unseen presets better than a Gaussian where they are not normal, and about as well where they are', () => {
    const { likelihood } = crossValidate(rows);
    expect(likelihood.copula).toBeGreaterThan(likelihood.gaussian! + 0.5);
    const bell = rowsOf(600, 3, (random) => {
      const a = normal(random);
      return [a, a + normal(random), normal(random)];
    });
    const normalLikelihood = crossValidate(bell).likelihood;
    expect(Math.abs(normalLikelihood.copula - normalLikelihood.gaussian!)).toBeLessThan(0.05);
  });

  it('draws with the mean, the spread and the shape of the presets', () => {
    const random = new Random(8);
    const source = shaped.sampler([], []);
    const drawn = rowsOf(4000, 3, () => Array.from(source({ random, temperature: 1 })));
    const [mean, drawnMean] = [meanOf(rows), meanOf(drawn)];
    const [covariance, drawnCovariance] = [covarianceOf(rows, mean), covarianceOf(drawn, drawnMean)];
    for (let i = 0; i < 3; i++) {
      const deviation = Math.sqrt(covariance[4 * i]);
      expect(Math.abs(drawnMean[i] - mean[i])).toBeLessThan(0.1 * deviation);
      expect(drawnCovariance[4 * i] / covariance[4 * i]).toBeGreaterThan(0.8);
      expect(drawnCovariance[4 * i] / covariance[4 * i]).toBeLessThan(1.2);
    }
    // A normal distribution of this spread would put 31 % there.
    const between = column(drawn, 1).filter((x) => Math.abs(x) < 2).length;
    expect(between / drawn.count).toBeLessThan(0.1);
  });

  it('keeps what is locked and follows it', () => {
    const random = new Random(4);
    const meanOfThird = (first: number): number => {
      const source = shaped.sampler([0], [first]);
      let sum = 0;
      for (let i = 0; i < 2000; i++) {
        const x = source({ random, temperature: 1 });
        expect(x[0]).toBe(first);
        sum += x[1] / 2000;
      }
      return sum;
    };
    expect(meanOfThird(5)).toBeGreaterThan(meanOfThird(0.2) + 2);
  });
});
