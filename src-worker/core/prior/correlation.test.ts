import { describe, expect, it } from 'vitest';
import { correlationDistances, dendrogramOrder, wardClustering } from './clustering.ts';
import { effectCorrelations, largestCorrelations, ranksOf, spearmanOf } from './correlation.ts';
import { effectGroupOf, INFORMATIVE_DIMENSIONS } from './dimensions.ts';
import { histogramOf, normalityOf } from './distribution.ts';
import { CHAIN_PARAMETERS } from '../chain/parameters.ts';
import { meanOf, type Rows } from './moments.ts';

const rowsOfColumns = (...columns: readonly (readonly number[])[]): Rows => ({
  count: columns[0].length,
  dimensions: columns.length,
  data: Float64Array.from(
    { length: columns.length * columns[0].length },
    (_, at) => columns[at % columns.length][Math.floor(at / columns.length)],
  ),
});

describe('Spearman’s ρ', () => {
  it('shares ranks among equals', () => {
    expect(Array.from(ranksOf([30, 10, 20, 20, 40]))).toEqual([4, 1, 2.5, 2.5, 5]);
  });

  it('is what SciPy gives, ties included, and the same after a rising map', () => {
    const a = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
    const b = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8];
    const rho = spearmanOf(
      rowsOfColumns(
        a,
        b,
        a.map(Math.exp),
        a.map(() => 1),
      ),
    );
    expect(rho[1]).toBeCloseTo(0.13471506281091267, 12);
    expect(rho[2]).toBeCloseTo(1, 12);
    expect(rho[6]).toBeCloseTo(rho[1], 12);
    expect([rho[3], rho[15]]).toEqual([0, 1]);
  });

  it('is 0 between parameters that never change, however many presets there are', () => {
    for (const count of [3, 6, 7, 12, 20, 365]) {
      const still = (value: number): number[] => new Array<number>(count).fill(value);
      const moving = Array.from({ length: count }, (_, i) => Math.sin(i));
      const rows = rowsOfColumns(still(0.1), moving, still(-4.6), still(1 / 3));
      expect(Array.from(meanOf(rows))[0]).toBe(0.1);
      expect(Array.from(spearmanOf(rows))).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    }
  });

  it('is summed up by effect, and by the largest pairs outside the reverb’s network', () => {
    const ids = ['eq.pk1.gain', 'eq.pk1.q', 'delay.send', 'fdn.decay.3', 'fdn.decay.4'];
    const rho = Float64Array.of(
      ...[1, 0.4, -0.1, 0.2, 0.6],
      ...[0.4, 1, 0.3, -0.4, 0],
      ...[-0.1, 0.3, 1, 0, -0.7],
      ...[0.2, -0.4, 0, 1, 0.9],
      ...[0.6, 0, -0.7, 0.9, 1],
    );
    const means = effectCorrelations(rho, ids).map(({ a, b, meanAbsolute }) => [
      a,
      b,
      meanAbsolute === null ? null : Number(meanAbsolute.toFixed(6)),
    ]);
    expect(means).toEqual([
      ['PK1', 'PK1', 0.4],
      ['PK1', 'SEND', 0.2],
      ['PK1', 'FDN', 0.3],
      ['SEND', 'SEND', null],
      ['SEND', 'FDN', 0.35],
      ['FDN', 'FDN', 0.9],
    ]);
    expect(largestCorrelations(rho, ids, 2)).toEqual([
      { a: 'delay.send', b: 'fdn.decay.4', rho: -0.7 },
      { a: 'eq.pk1.gain', b: 'fdn.decay.4', rho: 0.6 },
    ]);
  });

  it('knows 130 informative values and a group for each', () => {
    expect(INFORMATIVE_DIMENSIONS.length).toBe(130);
    expect(new Set(CHAIN_PARAMETERS.map(({ id }) => effectGroupOf(id))).size).toBe(11);
    expect(effectGroupOf('delay.send')).toBe('SEND');
    expect(() => effectGroupOf('send')).toThrow(/send/);
  });
});

describe('Ward’s clustering', () => {
  const points = [
    [0, 0],
    [1, 0],
    [0, 1.5],
    [5, 5],
    [6, 5.2],
    [5.5, 9],
    [-3, 4],
  ] as const;
  const n = points.length;
  const distances = Float64Array.from({ length: n * n }, (_, at) => {
    const [a, b] = [points[Math.floor(at / n)], points[at % n]];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  });
  const merges = wardClustering(distances, n);

  it('joins as SciPy does, at the same heights', () => {
    expect(merges.map(({ first, second }) => [first, second])).toEqual([
      [0, 1],
      [3, 4],
      [2, 7],
      [5, 8],
      [6, 9],
      [10, 11],
    ]);
    [1, 1.0198039, 1.82574186, 4.5033321, 5.91960021, 14.49145068].forEach((height, m) => {
      expect(merges[m].height).toBeCloseTo(height, 7);
    });
  });

  it('orders every item once, the members of each cluster side by side', () => {
    const order = dendrogramOrder(merges, n);
    expect(order.slice().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const members: number[][] = points.map((_, i) => [i]);
    for (const { first, second } of merges) {
      members.push([...members[first], ...members[second]]);
      const places = members.at(-1)!.map((item) => order.indexOf(item));
      expect(Math.max(...places) - Math.min(...places)).toBe(places.length - 1);
    }
  });

  it('takes opposite parameters for near ones', () => {
    expect(Array.from(correlationDistances(Float64Array.of(1, -0.75, -0.75, 1)))).toEqual([0, 0.25, 0.25, 0]);
    expect(dendrogramOrder([], 1)).toEqual([0]);
  });
});

describe('distributions', () => {
  const values = Array.from({ length: 40 }, (_, i) => ((i * 37) % 41) / 7 + ((i * i) % 11) ** 2 / 20);

  it('test for normality as SciPy does', () => {
    const { skewness, kurtosis, kSquared, p } = normalityOf(values)!;
    expect(skewness).toBeCloseTo(-0.04718274223554313, 10);
    expect(kurtosis).toBeCloseTo(2.684059094956372, 10);
    expect(kSquared).toBeCloseTo(0.02534223288786666, 8);
    expect(p).toBeCloseTo(0.9874088241502812, 9);
    expect(normalityOf(values.map((x) => x ** 6))!.p).toBeLessThan(0.01);
    expect(normalityOf(values.slice(0, 19))).toBeNull();
    expect(normalityOf(new Array<number>(50).fill(0.1))).toBeNull();
  });

  it('are counted in bins, each value once', () => {
    expect(histogramOf([0, 1, 2, 3, 4], 2)).toEqual({ from: 0, to: 4, counts: [2, 3] });
    expect(histogramOf([5, 5], 20)).toEqual({ from: 5, to: 5, counts: [2] });
    expect(histogramOf(values, 7).counts.reduce((sum, count) => sum + count, 0)).toBe(40);
  });
});
