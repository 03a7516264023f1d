import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import { backSolve, cholesky, forwardSolve, logDeterminant, submatrix, symmetricEigen } from './matrix.ts';

/** A symmetric matrix; positive definite with `n` or more terms, of lower rank with fewer. */
function gram(n: number, terms: number, seed: number): Float64Array {
  const random = new Random(seed);
  const a = new Float64Array(n * n);
  for (let t = 0; t < terms; t++) {
    const x = Float64Array.from({ length: n }, () => random.signed());
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] += x[i] * x[j];
  }
  return a;
}

const size = fc.integer({ min: 1, max: 24 });
const seeds = fc.integer();

describe('symmetricEigen', () => {
  it('gives A back as Σ λ v vᵀ, with orthonormal v and falling λ', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 40 }), seeds, (n, terms, seed) => {
        const a = gram(n, terms, seed);
        const { values, vectors } = symmetricEigen(a, n);
        const scale = 1e-12 * (1 + values[0]);
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++) {
            let rebuilt = 0;
            let product = 0;
            for (let k = 0; k < n; k++) {
              rebuilt += values[k] * vectors[k * n + i] * vectors[k * n + j];
              product += vectors[i * n + k] * vectors[j * n + k];
            }
            expect(Math.abs(rebuilt - a[i * n + j])).toBeLessThan(scale * n);
            expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-12 * n);
          }
        for (let k = 1; k < n; k++) expect(values[k]).toBeLessThanOrEqual(values[k - 1]);
      }),
      { numRuns: 40 },
    );
  });

  it('finds what power iteration finds', () => {
    const n = 30;
    const a = gram(n, 50, 7);
    let x = new Float64Array(n).fill(1);
    let value = 0;
    for (let step = 0; step < 5000; step++) {
      const next = x.map((_, i) => x.reduce((sum, entry, j) => sum + a[i * n + j] * entry, 0));
      value = Math.hypot(...next);
      x = next.map((entry) => entry / value);
    }
    const { values, vectors } = symmetricEigen(a, n);
    expect(values[0]).toBeCloseTo(value, 9);
    expect(Math.abs(x.reduce((sum, entry, i) => sum + entry * vectors[i], 0))).toBeCloseTo(1, 9);
  });

  it('makes the largest entry of every vector positive, and refuses NaN', () => {
    const { vectors } = symmetricEigen(gram(9, 20, 3), 9);
    for (let k = 0; k < 9; k++) {
      const vector = vectors.subarray(9 * k, 9 * k + 9);
      expect(Math.max(...vector)).toBeGreaterThan(-Math.min(...vector));
    }
    expect(() => symmetricEigen(Float64Array.of(1, 0, NaN, 1), 2)).toThrow(/\(1, 0\)/);
  });
});

describe('cholesky', () => {
  it('solves A x = b and knows log det A', () => {
    fc.assert(
      fc.property(size, seeds, (n, seed) => {
        const a = gram(n, 3 * n + 3, seed);
        const l = cholesky(a, n)!;
        const b = Float64Array.from({ length: n }, (_, i) => Math.sin(i + seed));
        const x = backSolve(l, n, forwardSolve(l, n, b));
        b.forEach((value, i) => {
          let product = 0;
          for (let j = 0; j < n; j++) product += a[i * n + j] * x[j];
          expect(product).toBeCloseTo(value, 6);
        });
        const { values } = symmetricEigen(a, n);
        expect(logDeterminant(l, n)).toBeCloseTo(
          values.reduce((sum, value) => sum + Math.log(value), 0),
          6,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('says when a matrix is not positive definite', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeNull();
    expect(cholesky(gram(6, 3, 1), 6)).toBeNull();
  });
});

it('picks rows and columns', () => {
  const a = Float64Array.from({ length: 9 }, (_, i) => i);
  expect(submatrix(a, 3, [2, 0], [1, 2])).toEqual(Float64Array.of(7, 8, 1, 2));
});
