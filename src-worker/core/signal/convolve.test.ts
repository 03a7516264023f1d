import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convolve, convolveMatrix } from './convolve.ts';

function direct(x: Float64Array, h: Float64Array): Float64Array {
  return x.map((_, n) => {
    let sum = 0;
    for (let k = 0; k <= n && k < h.length; k++) sum += h[k]! * x[n - k]!;
    return sum;
  });
}
const signals = (maxLength: number) =>
  fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength })
    .map((samples) => Float64Array.from(samples));
const expectClose = (got: Float64Array, expected: Float64Array): void => {
  expect(got.length).toBe(expected.length);
  got.forEach((value, n) => expect(value).toBeCloseTo(expected[n]!, 11));
};

describe('convolution', () => {
  it('is the direct sum, cut to the input', () => {
    fc.assert(
      fc.property(signals(80), signals(120), (x, h) => expectClose(convolve(x, h), direct(x, h))),
      { numRuns: 60 },
    );
  });

  it('adds the inputs of each output; a missing response is silence', () => {
    fc.assert(
      fc.property(signals(50), signals(50), signals(50), (left, h, g) => {
        const right = left.map((_, n) => Math.cos(n));
        const [a, b] = convolveMatrix(
          [left, right],
          [
            [h, g],
            [undefined, h],
          ],
        );
        expectClose(
          a!,
          direct(left, h).map((value, n) => value + direct(right, g)[n]!),
        );
        expectClose(b!, direct(right, h));
      }),
      { numRuns: 30 },
    );
  });

  it('is seamless across blocks', () => {
    const x = new Float64Array(60_000);
    for (const n of [0, 16_380, 16_384, 32_750, 59_990]) x[n] = 1 + n / 1e5;
    const h = Float64Array.from({ length: 30 }, (_, k) => 1 / (1 + k));
    const y = convolve(x, h);
    const expected = new Float64Array(x.length);
    x.forEach((value, n) => {
      if (value !== 0)
        h.forEach((tap, k) => {
          if (n + k < x.length) expected[n + k]! += tap * value;
        });
    });
    expect(y.reduce((worst, v, n) => Math.max(worst, Math.abs(v - expected[n]!)), 0)).toBeLessThan(1e-13);
  });

  it('of nothing is nothing, and inputs must be of one length', () => {
    expect(convolve(new Float64Array(0), Float64Array.of(1))).toHaveLength(0);
    expect(() => convolveMatrix([new Float64Array(2), new Float64Array(3)], [[]])).toThrow('2, 3');
  });
});
