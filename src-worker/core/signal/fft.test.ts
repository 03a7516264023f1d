import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complexFft, fastLength, realFft } from './fft.ts';

/** Deterministic noise in −1..1. */
function noise(length: number, seed = 1): Float64Array {
  let state = seed >>> 0 || 1;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function naiveDft(re: Float64Array, im: Float64Array): { re: Float64Array; im: Float64Array } {
  const n = re.length;
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      out.re[k]! += re[j]! * Math.cos(angle) - im[j]! * Math.sin(angle);
      out.im[k]! += re[j]! * Math.sin(angle) + im[j]! * Math.cos(angle);
    }
  }
  return out;
}

const largestDifference = (a: Float64Array, b: Float64Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
};
const energy = (...arrays: Float64Array[]): number =>
  arrays.reduce((sum, array) => sum + array.reduce((s, v) => s + v * v, 0), 0);

const LENGTHS = [
  ...Array.from({ length: 40 }, (_, i) => i + 1),
  ...[49, 64, 77, 97, 105, 128, 210, 211, 243, 256, 343, 420, 441, 625, 630, 1001, 1024, 1470],
];

describe('transforms', () => {
  it('agree with the naive transform and return', () => {
    for (const n of LENGTHS) {
      const re = noise(n, n);
      const im = noise(n, n + 1000);
      const expected = naiveDft(re, im);
      const plan = complexFft(n);
      const [gotRe, gotIm] = [re.slice(), im.slice()];
      plan.forward(gotRe, gotIm);
      expect(largestDifference(gotRe, expected.re), `N = ${n}`).toBeLessThan(1e-13 * n);
      expect(largestDifference(gotIm, expected.im), `N = ${n}`).toBeLessThan(1e-13 * n);
      plan.inverse(gotRe, gotIm);
      expect(largestDifference(gotRe, re), `N = ${n}`).toBeLessThan(1e-14 * (n + 10));
      expect(largestDifference(gotIm, im), `N = ${n}`).toBeLessThan(1e-14 * (n + 10));

      const real = realFft(n);
      expect(real.bins).toBe(Math.floor(n / 2) + 1);
      const [binsRe, binsIm] = [new Float64Array(real.bins), new Float64Array(real.bins)];
      const zero = new Float64Array(n);
      const half = naiveDft(re, zero);
      real.forward(re, binsRe, binsIm);
      expect(largestDifference(binsRe, half.re.slice(0, real.bins)), `real N = ${n}`).toBeLessThan(1e-13 * n);
      expect(largestDifference(binsIm, half.im.slice(0, real.bins)), `real N = ${n}`).toBeLessThan(1e-13 * n);
      const back = new Float64Array(n);
      real.inverse(binsRe, binsIm, back);
      expect(largestDifference(back, re), `real N = ${n}`).toBeLessThan(1e-14 * (n + 10));
    }
  });

  it.each([176_400, 529_200, 1_058_400, 2 ** 17, 99_991])(
    'of %i points return, keep energy and know a complex tone',
    (n) => {
      const x = noise(n);
      const real = realFft(n);
      const [re, im] = [new Float64Array(real.bins), new Float64Array(real.bins)];
      real.forward(x, re, im);
      const edges = re[0]! ** 2 + (n % 2 === 0 ? re[n / 2]! ** 2 : 0);
      expect(((2 * energy(re, im) - edges) / n / energy(x) - 1) * 1e12).toBeCloseTo(0, 0);
      const back = new Float64Array(n);
      real.inverse(re, im, back);
      expect(largestDifference(back, x)).toBeLessThan(1e-12);

      const bin = Math.floor(n * 0.37);
      for (let k = 0; k < n; k++) back[k] = Math.cos((2 * Math.PI * ((bin * k) % n)) / n);
      real.forward(back, re, im);
      expect(re[bin]! / (n / 2)).toBeCloseTo(1, 11);
      re[bin] = 0;
      expect(Math.sqrt(energy(re, im)) / n).toBeLessThan(1e-11);
    },
  );

  it('ignore the imaginary parts that a real signal cannot have', () => {
    for (const n of [8, 9]) {
      const plan = realFft(n);
      const re = noise(plan.bins);
      const im = noise(plan.bins, 9);
      const clean = im.slice();
      clean[0] = 0;
      if (n % 2 === 0) clean[n / 2] = 0;
      const [a, b] = [new Float64Array(n), new Float64Array(n)];
      plan.inverse(re, im, a);
      plan.inverse(re, clean, b);
      expect(a).toEqual(b);
    }
  });

  it('are linear and turn a rotation into a phase', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(299), (n, shift) => {
        const x = noise(n, n);
        const rotated = x.map((_, i) => x[(i + shift) % n]!);
        const plan = realFft(n);
        const make = () => new Float64Array(plan.bins);
        const [ar, ai, br, bi] = [make(), make(), make(), make()];
        plan.forward(x, ar, ai);
        plan.forward(rotated, br, bi);
        for (let k = 0; k < plan.bins; k++) {
          const angle = (2 * Math.PI * ((k * shift) % n)) / n;
          expect(br[k]).toBeCloseTo(ar[k]! * Math.cos(angle) - ai[k]! * Math.sin(angle), 9);
          expect(bi[k]).toBeCloseTo(ar[k]! * Math.sin(angle) + ai[k]! * Math.cos(angle), 9);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuse lengths that are none', () => {
    for (const length of [0, -4, 1.5, NaN]) {
      expect(() => realFft(length)).toThrow(RangeError);
      expect(() => complexFft(length)).toThrow(String(length));
    }
  });

  it('fastLength is even, not below what was asked, and made of 2, 3, 5 and 7', () => {
    expect([1, 7, 11, 1_058_399].map(fastLength)).toEqual([2, 8, 12, 1_058_400]);
  });
});
