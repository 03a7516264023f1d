import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import { convolveMatrixAdjoint } from './convolve-adjoint.ts';
import { convolveMatrix } from './convolve.ts';
import { innerProduct } from './inner-product.ts';

const innerProducts = (a: readonly Float64Array[], b: readonly Float64Array[]): number =>
  a.reduce((sum, channel, c) => sum + innerProduct(channel, b[c]), 0);
const norm = (x: readonly Float64Array[]): number => Math.sqrt(innerProducts(x, x));

describe('the adjoint of the convolution', () => {
  it.each([
    ['one block', 500, 300],
    ['a response longer than the input', 200, 700],
    ['many blocks', 40_000, 900],
  ])('is transposed in inputs and responses: %s', (_, length, responseLength) => {
    const random = new Random(11);
    const noise = (samples: number): Float64Array =>
      Float64Array.from({ length: samples }, () => random.signed());
    const inputs = [noise(length), noise(length)];
    const responses = [0, 1].map(() => [noise(responseLength), noise(responseLength)]);
    const outputs = convolveMatrix(inputs, responses);
    const u = [noise(length), noise(length)];
    const gradient = convolveMatrixAdjoint(inputs, responses, u);
    const wanted = innerProducts(outputs, u);
    const scale = 1e-12 * norm(outputs) * norm(u);
    expect(Math.abs(innerProducts(inputs, gradient.inputs) - wanted)).toBeLessThan(scale);
    expect(Math.abs(innerProducts(responses.flat(), gradient.responses.flat()) - wanted)).toBeLessThan(scale);
  });

  it('of nothing is nothing', () => {
    const { inputs, responses } = convolveMatrixAdjoint(
      [new Float64Array(0)],
      [[Float64Array.of(1, 2)]],
      [new Float64Array(0)],
    );
    expect(inputs).toEqual([new Float64Array(0)]);
    expect(responses).toEqual([[new Float64Array(2)]]);
  });
});
