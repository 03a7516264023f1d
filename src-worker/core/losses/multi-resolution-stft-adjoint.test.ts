import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import { multiResolutionStftGradient } from './multi-resolution-stft-adjoint.ts';
import { MIN_STFT_SAMPLES, multiResolutionStftLoss } from './multi-resolution-stft.ts';

type Pair = [Float64Array, Float64Array];
const random = new Random(7);
const noise = (length: number): Float64Array => Float64Array.from({ length }, () => random.signed());
const pair = (length: number): Pair => [noise(length), noise(length)];

/** Two weights, so that neither term hides the other. */
const WEIGHTS = { lr: 0.7, ms: 0.4 };
const weighted = (pred: Pair, target: Pair): number => {
  const { lr, ms } = multiResolutionStftLoss(pred, target);
  return WEIGHTS.lr * lr + WEIGHTS.ms * ms;
};
const gradientOf = (pred: Pair, target: Pair): Pair => {
  const gradient: Pair = [new Float64Array(pred[0].length), new Float64Array(pred[1].length)];
  multiResolutionStftGradient(pred, target, WEIGHTS, gradient);
  return gradient;
};
const moved = (pred: Pair, direction: Pair, step: number): Pair =>
  pred.map((channel, c) => channel.map((v, n) => v + step * direction[c][n])) as Pair;
const slope = (pred: Pair, target: Pair, direction: Pair, step: number): number =>
  (weighted(moved(pred, direction, step), target) - weighted(moved(pred, direction, -step), target)) /
  (2 * step);
const dot = (a: Pair, b: Pair): number =>
  a.reduce((sum, channel, c) => channel.reduce((s, v, n) => s + v * b[c][n], sum), 0);

describe('the gradient of the spectral loss', () => {
  // One block, several blocks, and a last frame that begins a block of its own.
  it.each([MIN_STFT_SAMPLES, 3000, 33_301, 32_768])('is its slope for %i samples', (length) => {
    const [pred, target] = [pair(length), pair(length)];
    const gradient = gradientOf(pred, target);
    for (let i = 0; i < 3; i++) {
      const direction = pair(length);
      const wanted = slope(pred, target, direction, 1e-7);
      // A step crosses a few of the places where log magnitudes are equal.
      expect(Math.abs(dot(gradient, direction) - wanted)).toBeLessThan(
        1e-4 * Math.sqrt(dot(gradient, gradient)),
      );
    }
  });

  it('is its slope at single samples, at both ends too', () => {
    const length = 2500;
    const [pred, target] = [pair(length), pair(length)];
    const gradient = gradientOf(pred, target);
    for (const n of [0, 1, 40, 63, 64, 65, 1024, 1300, length - 65, length - 2, length - 1])
      for (const c of [0, 1]) {
        const direction: Pair = [new Float64Array(length), new Float64Array(length)];
        direction[c][n] = 1;
        expect(Math.abs(gradient[c][n] - slope(pred, target, direction, 1e-6)), `${c} ${n}`).toBeLessThan(
          1e-7,
        );
      }
  });

  it('is 0 where the prediction lies under the floor, and adds to what is there', () => {
    const [quiet, target] = [pair(2000).map((x) => x.map((v) => 1e-7 * v)) as Pair, pair(2000)];
    const gradient: Pair = [new Float64Array(2000).fill(3), new Float64Array(2000).fill(4)];
    const losses = multiResolutionStftGradient(quiet, target, WEIGHTS, gradient);
    expect(gradient[0].every((g) => g === 3) && gradient[1].every((g) => g === 4)).toBe(true);
    expect(losses).toEqual(multiResolutionStftLoss(quiet, target));
  });

  it('is finite where prediction and target are the same', () => {
    const pred = pair(2000);
    for (const channel of gradientOf(pred, pred)) expect(channel.every((g) => g === 0)).toBe(true);
  });
});
