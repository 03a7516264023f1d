import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateLosses, type LossTerms } from '#core/losses/index.ts';
import { noise, tones, voice } from '../../test-support/made-up-signals.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { Loss, type ConvergenceNorm, type Target } from './loss.ts';

type Pair = readonly [Float32Array, Float32Array];

const MAX_LENGTH = 70_000;
/** What a gradient's arrays hold behind the region. */
const SPARE = 4 * 924;
const TERMS = ['mss_lr', 'mss_ms', 'mldr_lr', 'mldr_ms'] as const;

class Bench {
  readonly loss: Loss;
  private readonly target: Target;
  private readonly signals: readonly [number, number];
  private readonly gradients: readonly [number, number];

  constructor(
    private readonly kernels: Kernels,
    frameStep: 1 | 2,
  ) {
    this.loss = new Loss(kernels, MAX_LENGTH, frameStep, frameStep === 2 ? 4 : 1);
    this.signals = [kernels.allocateFloats(MAX_LENGTH), kernels.allocateFloats(MAX_LENGTH)];
    this.gradients = [kernels.allocateFloats(MAX_LENGTH + SPARE), kernels.allocateFloats(MAX_LENGTH + SPARE)];
    this.target = this.loss.allocateTarget();
  }

  private load(pair: Pair): void {
    pair.forEach((channel, i) => {
      this.kernels.f32(this.signals[i]!, channel.length).set(channel);
    });
  }

  against(target: Pair): Target {
    this.load(target);
    return this.loss.setTarget(this.target, ...this.signals, target[0].length);
  }

  terms(pred: Pair, target: Target): LossTerms {
    this.load(pred);
    return this.loss.evaluate(...this.signals, target);
  }

  gradient(
    pred: Pair,
    target: Target,
    norm: ConvergenceNorm,
    scale = 1,
  ): { terms: LossTerms; gradient: Pair } {
    this.load(pred);
    const [left, right] = this.gradients;
    const terms = this.loss.evaluate(...this.signals, target, { scale, left, right, norm });
    const read = (address: number) => this.kernels.f32(address, pred[0].length).slice();
    return { terms, gradient: [read(left), read(right)] };
  }
}

let every: Bench;
let everySecond: Bench;
beforeAll(async () => {
  const module = await loadKernelModule();
  every = new Bench(new Kernels(module), 1);
  everySecond = new Bench(new Kernels(module), 2);
});

const noisePair = (length: number, seed: number, peak = 0.5): Pair => [
  noise(length, seed, peak),
  noise(length, seed + 1, peak),
];
const twice = (x: Float32Array): Pair => [x, x];
const sung = (length: number, seed: number): Float32Array =>
  voice(length / 44_100 + 0.1, seed).subarray(0, length);

function expectSameTerms(got: LossTerms, want: LossTerms, tolerance: number): void {
  for (const term of TERMS) {
    const error = Math.abs(got[term] - want[term]) / Math.max(0.1, want[term]);
    expect(error, term).toBeLessThan(tolerance);
  }
}

describe('loss terms', () => {
  const length = 48_003;
  const mono = sung(length, 3);
  const stereo: Pair = [sung(length, 4), sung(length, 5)];
  const tonePair: Pair = [tones(length, [220, 0.4], [3000, 0.2]), tones(length, [221, 0.4], [9000, 0.05])];
  it.each<[string, Pair, Pair]>([
    ['noise', noisePair(length, 1), noisePair(length, 9, 0.2)],
    ['tones', tonePair, [tones(length, [330, 0.3], [7000, 0.1]), tones(length, [110, 0.5], [5000, 0.1])]],
    ['tones against noise', tonePair, noisePair(length, 3)],
    ['voices', stereo, [sung(length, 6), sung(length, 7)]],
    ['a stereo voice against a mono one', stereo, twice(mono)],
    ['a mono voice against another', twice(sung(length, 8)), twice(mono)],
    ['a mono voice against a stereo one', twice(mono), stereo],
    ['loud mono tones against a mono voice', twice(tonePair[0]), twice(mono)],
    ['one side against the other', [stereo[0], new Float32Array(length)], [new Float32Array(length), mono]],
    ['opposite sides', [stereo[0], stereo[0].map((v) => -v)], twice(mono)],
    ['silence against sound', twice(new Float32Array(length)), stereo],
    ['sound against silence', stereo, twice(new Float32Array(length))],
    ['a quiet voice', [mono.map((v) => 1e-3 * v), stereo[0].map((v) => 1e-3 * v)], stereo],
  ])('are those of the definition for %s', (_, pred, target) => {
    expectSameTerms(every.terms(pred, every.against(target)), evaluateLosses(pred, target), 1e-5);
  });

  it.each([44_100, 44_101, 44_607, 45_056, 45_057, 51_234, 69_999])(
    'are those of the definition for %i samples, whatever came before',
    (count) => {
      every.terms(noisePair(MAX_LENGTH, 70, 30), every.against(noisePair(MAX_LENGTH, 80, 20)));
      const [pred, target] = [noisePair(count, 11), noisePair(count, 13)];
      expectSameTerms(every.terms(pred, every.against(target)), evaluateLosses(pred, target), 1e-5);
    },
  );

  it('are 0 between a sound and itself', () => {
    const terms = every.terms(stereo, every.against(stereo));
    for (const term of TERMS) expect(terms[term], term).toBeLessThan(1e-6);
  });

  it('change little when frames and samples are left out', () => {
    for (const [pred, target] of [
      [noisePair(length, 1), noisePair(length, 9)],
      [stereo, [sung(length, 6), sung(length, 7)] as Pair],
    ] as const)
      expectSameTerms(
        everySecond.terms(pred, everySecond.against(target)),
        evaluateLosses(pred, target),
        0.01,
      );
  });

  it('are the same with the gradient as without', () => {
    const target = every.against(noisePair(length, 1));
    const pred = noisePair(length, 5);
    expectSameTerms(every.gradient(pred, target, 'exact').terms, every.terms(pred, target), 1e-6);
  });
});

const dot = (a: Pair, b: Pair): number =>
  a.reduce((sum, channel, c) => sum + channel.reduce((part, v, n) => part + v * b[c]![n]!, 0), 0);

function norm(a: Pair): number {
  return Math.sqrt(dot(a, a));
}

/** Length of a − b as a part of that of b. */
function distance(a: Pair, b: Pair): number {
  const difference = a.map((channel, c) => channel.map((v, n) => v - b[c]![n]!)) as unknown as Pair;
  return norm(difference) / norm(b);
}

/** Slope of the float64 loss at `pred` along `direction`. */
function slope(pred: Pair, target: Pair, direction: Pair, step: number): number {
  const at = (shift: number) => {
    const moved = pred.map((channel, c) =>
      Float64Array.from(channel, (v, n) => v + shift * direction[c]![n]!),
    ) as [Float64Array, Float64Array];
    return evaluateLosses(moved, target).total;
  };
  return (at(step) - at(-step)) / (2 * step);
}

describe('gradient of the loss', () => {
  const length = 44_333;
  const target = noisePair(length, 31, 0.4);
  const pred = noisePair(length, 41);
  const silent = new Float32Array(length);

  it.each<[string, (gradient: Pair) => Pair]>([
    ['steepest ascent', (gradient) => gradient],
    ['level', () => pred],
    ['the left channel', () => [pred[0], silent]],
    ['the side channel', () => [pred[0], pred[1].map((v) => -v)]],
    ['the beginning', () => [pred[0].map((v, n) => (n < 700 ? v : 0)), silent]],
    ['the end', () => [silent, pred[1].map((v, n) => (n > length - 700 ? v : 0))]],
    [
      'time',
      () =>
        pred.map((channel) => channel.map((v, n) => (n > 0 ? channel[n - 1]! - v : 0))) as unknown as Pair,
    ],
    ['other noise', () => noisePair(length, 51)],
  ])('is the slope along %s', (_, directionOf) => {
    const { gradient } = every.gradient(pred, every.against(target), 'exact');
    const direction = directionOf(gradient);
    const expected = slope(pred, target, direction, (1e-7 * norm(pred)) / norm(direction));
    // Along a random direction a gradient shows little of its length.
    const size = Math.max(Math.abs(expected), (norm(gradient) * norm(direction)) / Math.sqrt(2 * length));
    expect(Math.abs(dot(gradient, direction) - expected) / size).toBeLessThan(2e-3);
  });

  it('is as long as its factor says', () => {
    const prepared = every.against(target);
    const { gradient } = every.gradient(pred, prepared, 'exact');
    const quarter = every.gradient(pred, prepared, 'exact', 0.25).gradient;
    const scaled = quarter.map((channel) => channel.map((v) => 4 * v)) as unknown as Pair;
    expect(distance(scaled, gradient)).toBeLessThan(1e-6);
  });

  it('takes the norm of the evaluation before when that is asked for', () => {
    const prepared = every.against(target);
    const exact = every.gradient(pred, prepared, 'exact').gradient;
    every.gradient(noisePair(length, 61, 1), prepared, 'lagged');
    const lagging = every.gradient(pred, prepared, 'lagged').gradient;
    expect(distance(lagging, exact)).toBeGreaterThan(0.01);
    expect(distance(every.gradient(pred, prepared, 'lagged').gradient, exact)).toBeLessThan(1e-5);
  });

  it('knows no norm of another target', () => {
    const exact = every.gradient(pred, every.against(target), 'exact').gradient;
    every.gradient(pred, every.against(noisePair(length, 71)), 'lagged');
    expect(distance(every.gradient(pred, every.against(target), 'lagged').gradient, exact)).toBeLessThan(
      1e-6,
    );
  });

  it.each<[string, Pair]>([
    ['silence', [silent, silent]],
    ['sound below the floor', noisePair(length, 81, 1e-7)],
  ])('is 0 for %s', (_, quiet) => {
    const { gradient } = every.gradient(quiet, every.against(target), 'exact');
    for (const channel of gradient) expect(channel.every((v) => v === 0)).toBe(true);
  });

  it('does not depend on longer signals before', () => {
    const fresh = every.gradient(pred, every.against(target), 'exact').gradient;
    every.gradient(noisePair(MAX_LENGTH, 91, 50), every.against(noisePair(MAX_LENGTH, 93)), 'exact');
    expect(distance(every.gradient(pred, every.against(target), 'exact').gradient, fresh)).toBe(0);
  });
});
