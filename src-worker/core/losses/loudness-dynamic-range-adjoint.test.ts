import { describe, expect, it } from 'vitest';
import { Random } from '../optimise/random.ts';
import { loudnessDynamicRangeGradient } from './loudness-dynamic-range-adjoint.ts';
import { loudnessDynamicRangeLoss } from './loudness-dynamic-range.ts';
import { evaluateLosses, evaluateLossesWithGradient } from './index.ts';

type Pair = [Float64Array, Float64Array];
const random = new Random(3);
const noise = (length: number): Float64Array => Float64Array.from({ length }, () => random.signed());
const pair = (length: number): Pair => [noise(length), noise(length)];

const WEIGHTS = { lr: 0.7, ms: 0.4 };
const weighted = (pred: Pair, target: Pair): number => {
  const { lr, ms } = loudnessDynamicRangeLoss(pred, target);
  return WEIGHTS.lr * lr + WEIGHTS.ms * ms;
};
const gradientOf = (pred: Pair, target: Pair): Pair => {
  const gradient: Pair = [new Float64Array(pred[0].length), new Float64Array(pred[1].length)];
  loudnessDynamicRangeGradient(pred, target, WEIGHTS, gradient);
  return gradient;
};
const slope = (pred: Pair, target: Pair, direction: Pair, step: number): number => {
  const at = (by: number): number =>
    weighted(pred.map((channel, c) => channel.map((v, n) => v + by * direction[c][n])) as Pair, target);
  return (at(step) - at(-step)) / (2 * step);
};
const dot = (a: Pair, b: Pair): number =>
  a.reduce((sum, channel, c) => channel.reduce((s, v, n) => s + v * b[c][n], sum), 0);

describe('the gradient of the dynamics loss', () => {
  // Shorter than the roll (which then wraps more than once), and longer than both rolls.
  it.each([1, 40, 3000, 50_000])('is its slope for %i samples', (length) => {
    const [pred, target] = [pair(length), pair(length)];
    const gradient = gradientOf(pred, target);
    const size = Math.sqrt(dot(gradient, gradient));
    for (let i = 0; i < 3; i++) {
      const direction = pair(length);
      const wanted = slope(pred, target, direction, 1e-7);
      expect(Math.abs(dot(gradient, direction) - wanted)).toBeLessThan(1e-5 * size + 1e-8);
    }
  });

  it('is 0 for samples under the floor', () => {
    const [pred, target] = [pair(2000), pair(2000)];
    for (let n = 500; n < 900; n++) pred[0][n] = pred[1][n] = 1e-5 * random.signed();
    const gradient = gradientOf(pred, target);
    for (const channel of gradient) {
      expect(channel.subarray(500, 900).every((g) => g === 0)).toBe(true);
      expect(channel.subarray(900).some((g) => g !== 0)).toBe(true);
    }
  });

  it('comes with the same losses', () => {
    const [pred, target] = [pair(5000), pair(5000)];
    const { lr, ms } = loudnessDynamicRangeGradient(pred, target, WEIGHTS, pair(5000));
    const wanted = loudnessDynamicRangeLoss(pred, target);
    expect(lr).toBeCloseTo(wanted.lr, 13);
    expect(ms).toBeCloseTo(wanted.ms, 13);
  });
});

describe('evaluateLossesWithGradient', () => {
  it('has the losses of evaluateLosses and their slope', () => {
    const [pred, target] = [pair(4000), pair(4000)];
    const { terms, total, gradient } = evaluateLossesWithGradient(pred, target);
    const { total: wantedTotal, ...wantedTerms } = evaluateLosses(pred, target);
    expect(total).toBeCloseTo(wantedTotal, 12);
    for (const [name, term] of Object.entries(wantedTerms))
      expect(terms[name as keyof typeof terms], name).toBeCloseTo(term, 12);
    const direction = pair(4000);
    const at = (step: number): number =>
      evaluateLosses([pred[0].map((v, n) => v + step * direction[0][n]), pred[1]], target).total;
    const wanted = (at(1e-7) - at(-1e-7)) / 2e-7;
    const got = gradient[0].reduce((sum, g, n) => sum + g * direction[0][n], 0);
    expect(Math.abs(got - wanted)).toBeLessThan(1e-5 * Math.sqrt(dot(gradient, gradient)));
  });

  it('refuses channels of different lengths', () => {
    const [a, b] = [new Float64Array(3000), new Float64Array(3001)];
    expect(() => evaluateLossesWithGradient([a, a], [a, b])).toThrow('3000, 3000, 3000, 3001');
  });
});
