import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixExponential, orthogonalAdjoint, orthogonalFromRaw } from './orthogonal.ts';

const matrices = (bound: number) =>
  fc.array(fc.double({ min: -bound, max: bound, noNaN: true }), { minLength: 36, maxLength: 36 });
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('matrix exponential', () => {
  it('of a plane rotation is cosine and sine', () => {
    for (const angle of [0, 1e-9, 0.3, 1, 5, 40]) {
      const [c, s, minusS, c2] = matrixExponential([0, angle, -angle, 0]);
      expect(c).toBeCloseTo(Math.cos(angle), 12);
      expect(s).toBeCloseTo(Math.sin(angle), 12);
      expect(minusS).toBeCloseTo(-Math.sin(angle), 12);
      expect(c2).toBeCloseTo(Math.cos(angle), 12);
    }
  });

  it('of a diagonal and of a nilpotent matrix is the known one', () => {
    const diagonal = matrixExponential([1, 0, 0, -3]);
    expect(diagonal[0]).toBeCloseTo(Math.E, 13);
    expect(diagonal[3]).toBeCloseTo(Math.exp(-3), 13);
    expect(Array.from(matrixExponential([0, 2, 0, 0]))).toEqual([1, 2, 0, 1]);
  });

  it('refuses what is not square', () => {
    expect(() => matrixExponential([1, 2, 3])).toThrow(RangeError);
  });
});

describe('orthogonalFromRaw', () => {
  it('gives a rotation, whatever is on and below the diagonal', () => {
    fc.assert(
      fc.property(matrices(8), (raw) => {
        const u = orthogonalFromRaw(raw);
        for (let i = 0; i < 6; i++) {
          for (let j = 0; j < 6; j++) {
            const product = dot(u.subarray(i * 6, i * 6 + 6), u.subarray(j * 6, j * 6 + 6));
            expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-12);
          }
        }
        const upperOnly = raw.map((value, i) => (i % 6 > Math.floor(i / 6) ? value : 7));
        expect(orthogonalFromRaw(upperOnly)).toEqual(u);
      }),
      { numRuns: 30 },
    );
  });

  it('answers non-finite numbers with NaN', () => {
    const raw = new Float64Array(36);
    raw[1] = Infinity;
    expect(orthogonalFromRaw(raw).every(Number.isNaN)).toBe(true);
  });
});

describe('orthogonalAdjoint', () => {
  it('agrees with central differences of ⟨G, U(Θ)⟩', () => {
    fc.assert(
      fc.property(matrices(3), matrices(1), (raw, gradU) => {
        const gradient = orthogonalAdjoint(raw, gradU);
        for (let i = 0; i < 36; i++) {
          if (i % 6 <= Math.floor(i / 6)) {
            expect(gradient[i]).toBe(0);
            continue;
          }
          // Fourth-order difference, so that truncation stays below 1e-11.
          const at = (step: number): number =>
            dot(gradU, orthogonalFromRaw(raw.map((value, k) => (k === i ? value + step : value))));
          const h = 2e-3;
          const difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
          expect(Math.abs(gradient[i]! - difference)).toBeLessThan(3e-10);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('is exact at Θ = 0, where dU = dX', () => {
    const gradU = Float64Array.from({ length: 36 }, (_, i) => Math.sin(i + 1));
    const gradient = orthogonalAdjoint(new Float64Array(36), gradU);
    for (let i = 0; i < 6; i++)
      for (let j = i + 1; j < 6; j++)
        expect(gradient[i * 6 + j]).toBeCloseTo(gradU[i * 6 + j]! - gradU[j * 6 + i]!, 14);
  });
});
