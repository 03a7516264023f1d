import { beforeAll, describe, expect, it } from 'vitest';
import {
  CHAIN_PARAMETERS,
  DEFAULT_LOG_DAMP_RAW,
  neutralRaw,
  parameterIndex,
  parametersUnder,
} from '#core/chain/parameters.ts';
import { trainingStages } from '#core/chain/training.ts';
import { evaluateLosses } from '#core/losses/index.ts';
import { Random } from '#core/optimise/random.ts';
import { physicalToRaw } from '#core/parameter.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { noise, voice } from '../../test-support/made-up-signals.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { FIT_PARAMETER_COUNT, type Segment } from '../objective.ts';
import { openStart, withDamping } from '../start.ts';
import { EXACT, FAST, Evaluator } from './evaluator.ts';

const DAMPING = FIT_PARAMETER_COUNT - 1;
const TERMS = ['mss_lr', 'mss_ms', 'mldr_lr', 'mldr_ms'] as const;
const samples = (seconds: number) => Math.round(seconds * FIT_SAMPLE_RATE_HZ);

/** A fit's start with every parameter somewhere else, as a fit meets it. */
function wanderedRaw(seed: number, far = 1): Float64Array {
  const random = new Random(seed);
  const raw = withDamping(openStart(random));
  CHAIN_PARAMETERS.forEach(({ id, unit }, i) => {
    if (/^fdn\.(input|output)/.test(id)) raw[i]! += 0.1 * far * random.signed();
    else raw[i]! += far * (unit === 'dB' ? 4 : 0.7) * random.signed();
  });
  return raw;
}

function rawWith(start: Float64Array, physical: Readonly<Record<string, number>>): Float64Array {
  const raw = start.slice();
  for (const [id, value] of Object.entries(physical))
    for (const index of parametersUnder(id)) raw[index] = physicalToRaw(CHAIN_PARAMETERS[index]!, value);
  return raw;
}

/** A voice and something like what a chain makes of it. */
function segmentOf(seconds: number, seed: number, warmupSeconds: number): Segment {
  const dry = voice(seconds, seed).map((v) => 0.5 * v);
  const wet = [0, 1].map((c) => {
    const hiss = noise(dry.length, seed + 40 + c, 1e-3);
    const delay = samples(0.21 + 0.1 * c);
    return dry.map((v, n) => (0.7 + 0.2 * c) * v + 0.2 * (dry[n - delay] ?? 0) + hiss[n]!);
  });
  return { dry, wet: wet as unknown as Segment['wet'], warmupSamples: samples(warmupSeconds) };
}

/** The same voice and exactly what this chain makes of it, but for a little noise. */
function throughChain(segment: Segment, raw: Float64Array): Segment {
  const wet = trainingStages(segment.dry, raw.subarray(0, CHAIN_PARAMETERS.length)).final.map(
    (channel, c) => {
      const hiss = noise(channel.length, 70 + c, 1e-3);
      return Float32Array.from(channel, (v, n) => v + hiss[n]!);
    },
  );
  return { ...segment, wet: wet as unknown as Segment['wet'] };
}

const MAX_SECONDS = 14;
/** Tables for a million points take longer than an evaluation: everyone shares these, and the slots from 0 on. */
let fast: Evaluator;
let exact: Evaluator;
beforeAll(async () => {
  const module = await loadKernelModule();
  [fast, exact] = [FAST, EXACT].map(
    (options) => new Evaluator(new Kernels(module), samples(MAX_SECONDS), options),
  ) as [Evaluator, Evaluator];
});

function put(evaluator: Evaluator, ...segments: readonly Segment[]): void {
  segments.forEach((segment, slot) => {
    evaluator.setSegment(slot, segment);
  });
}

describe('fast and exact evaluation', () => {
  it.each([
    [2, 0.8],
    [8, 3.2],
    [MAX_SECONDS, 5],
  ])('agree within 0.5 %% on a segment of %f s', (seconds, warmup) => {
    const segment = segmentOf(seconds, 1, warmup);
    put(fast, segment);
    put(exact, segment);
    for (const raw of [withDamping(neutralRaw()), wanderedRaw(1), wanderedRaw(2)]) {
      const [a, b] = [fast, exact].map((one) => one.evaluate(raw, [0], 'eval', false).total) as [
        number,
        number,
      ];
      expect(Math.abs(a / b - 1)).toBeLessThan(5e-3);
    }
  });

  // Eight seconds are several frames of the fast grids, fourteen of the exact ones too.
  it.each([
    [2, 0.8],
    [8, 3.2],
    [MAX_SECONDS, 5],
  ])('have gradients of one direction and length on a segment of %f s', (seconds, warmup) => {
    const segment = segmentOf(seconds, 2, warmup);
    for (const raw of [wanderedRaw(3), rawWith(wanderedRaw(4), { 'fdn.decay': 3.5 })]) {
      // A new segment has no norm from the evaluation before.
      put(fast, segment);
      put(exact, segment);
      const [a, b] = [fast, exact].map((one) => one.evaluate(raw, [0], 'train', true).gradient!) as [
        Float64Array,
        Float64Array,
      ];
      const [lengthA, lengthB] = [Math.hypot(...a), Math.hypot(...b)];
      const cosine = a.reduce((sum, v, i) => sum + v * b[i]!, 0) / (lengthA * lengthB);
      expect(cosine).toBeGreaterThan(0.98);
      expect(Math.abs(lengthA / lengthB - 1)).toBeLessThan(0.05);
    }
  });

  it('rank settings alike', () => {
    const chain = wanderedRaw(931);
    const segment = throughChain(segmentOf(5, 31, 2), chain);
    put(fast, segment);
    put(exact, segment);
    const settings = [
      chain,
      rawWith(chain, { 'eq.pk1.gain': 6 }),
      rawWith(chain, { 'delay.gain': 0.6 }),
      rawWith(chain, { 'comp.makeup': 12, 'fdn.decay': 4 }),
      withDamping(neutralRaw()),
      rawWith(chain, { pan: 100 }),
    ];
    const ranking = (one: Evaluator) => {
      const totals = settings.map((raw) => one.evaluate(raw, [0], 'eval', false).total);
      return totals.map((_, i) => i).sort((a, b) => totals[a]! - totals[b]!);
    };
    expect(ranking(exact)[0]).toBe(0);
    expect(ranking(fast)).toEqual(ranking(exact));
  });
});

describe('exact evaluation', () => {
  it.each([
    [1, 0],
    [1.41, 0.33],
    [3.3, 1.7],
  ])('is the training form and the losses on %f s after %f s', (seconds, warmup) => {
    const segment = segmentOf(seconds, 5, warmup);
    put(exact, segment);
    const length = segment.dry.length - (segment.dry.length % 16);
    for (const raw of [withDamping(neutralRaw()), wanderedRaw(7)]) {
      const stages = trainingStages(
        segment.dry.subarray(0, length),
        raw.subarray(0, CHAIN_PARAMETERS.length),
      );
      const compared = (channels: readonly (Float32Array | Float64Array)[]) =>
        channels.map((channel) => channel.subarray(segment.warmupSamples, length)) as [
          Float64Array,
          Float64Array,
        ];
      const want = evaluateLosses(compared(stages.final), compared(segment.wet));
      const got = exact.evaluate(raw, [0], 'eval', false);
      for (const term of TERMS) expect(Math.abs(got.terms[term] / want[term] - 1), term).toBeLessThan(2e-5);
      expect(Math.abs(got.total / want.total - 1)).toBeLessThan(2e-5);
    }
  });

  it('is the mean over segments, loss and gradient, in any order', () => {
    put(exact, segmentOf(2, 11, 0.5), segmentOf(3, 12, 1), segmentOf(1.5, 13, 0.25));
    const raw = wanderedRaw(14);
    const single = [0, 1, 2].map((i) => exact.evaluate(raw, [i], 'train', true));
    const together = exact.evaluate(raw, [2, 0, 1], 'train', true);
    const mean = (of: (one: (typeof single)[0]) => number) =>
      single.reduce((sum, one) => sum + of(one) / 3, 0);
    expect(together.total).toBeCloseTo(
      mean((one) => one.total),
      6,
    );
    const length = Math.hypot(...together.gradient!);
    together.gradient!.forEach((g, i) => {
      const error = Math.abs(g - mean((one) => one.gradient![i]!)) / length;
      expect(error, CHAIN_PARAMETERS[i]?.id).toBeLessThan(1e-5);
    });
  });

  it('gives the same numbers again, whatever was evaluated in between', () => {
    put(exact, segmentOf(2, 15, 0.5), segmentOf(3, 16, 1));
    const raw = wanderedRaw(17);
    const first = exact.evaluate(raw, [0], 'train', true);
    exact.evaluate(rawWith(wanderedRaw(18, 3), { 'fdn.decay': 9 }), [1, 0], 'eval', true);
    expect(exact.evaluate(raw, [0], 'train', true)).toEqual(first);
  });

  it('has a regulariser that pulls the surrogate’s damping to none, in training only', () => {
    put(exact, segmentOf(1.5, 19, 0.4));
    const raw = wanderedRaw(20);
    const regulariser = (shift: number) =>
      (1 - Math.exp(-Math.log1p(Math.exp(DEFAULT_LOG_DAMP_RAW + shift)))) ** 2;
    const training = exact.evaluate(raw, [0], 'train', true);
    const evaluation = exact.evaluate(raw, [0], 'eval', true);
    expect(training.delayRegulariser).toBeCloseTo(regulariser(0), 12);
    expect(evaluation.delayRegulariser).toBe(0);
    expect(training.total - evaluation.total).toBeCloseTo(regulariser(0), 9);
    expect(evaluation.gradient![DAMPING]).toBeCloseTo(0, 12);
    expect(evaluation.terms).toEqual(training.terms);
    // With no delay to hear, the damping's gradient is that of the regulariser alone.
    const mute = rawWith(raw, { 'delay.gain': 0 });
    const slope = (regulariser(1e-4) - regulariser(-1e-4)) / 2e-4;
    expect(exact.evaluate(mute, [0], 'train', true).gradient![DAMPING]! / slope).toBeCloseTo(1, 4);
  });
});

describe('slots', () => {
  it('take another segment in the place of the one before, longer or shorter', () => {
    const segments = [segmentOf(3, 21, 1), segmentOf(1.4, 22, 0.2), segmentOf(2.2, 23, 0.9)];
    const raw = wanderedRaw(24);
    put(fast, ...segments);
    const alone = segments.map((_, i) => fast.evaluate(raw, [i], 'train', true));
    for (const i of [1, 2, 0]) {
      fast.setSegment(0, segments[i]!);
      expect(fast.evaluate(raw, [0], 'train', true), `segment ${i}`).toEqual(alone[i]);
    }
  });

  it('need room for the compared part only', async () => {
    const segment = segmentOf(3, 28, 1.8);
    const raw = wanderedRaw(29);
    put(fast, segment);
    const { length } = segment.dry;
    const module = await loadKernelModule();
    const narrow = new Evaluator(new Kernels(module), length, FAST, length - segment.warmupSamples);
    put(narrow, segment);
    expect(narrow.evaluate(raw, [0], 'train', true)).toEqual(fast.evaluate(raw, [0], 'train', true));
  });

  it('are found through the caller’s numbering', () => {
    put(fast, segmentOf(1.5, 25, 0.4), segmentOf(1.5, 26, 0.4));
    const raw = wanderedRaw(27);
    const [first, second] = [0, 1].map((i) => fast.evaluate(raw, [i], 'eval', false));
    expect(fast.evaluate(raw, [40], 'eval', false, () => 1)).toEqual(second);
    expect(first).not.toEqual(second);
  });
});

describe('extreme settings', () => {
  beforeAll(() => {
    const segment = segmentOf(2, 31, 0.5);
    put(fast, segment);
    put(exact, segment);
  });

  function expectFinite(raw: Float64Array): void {
    for (const [evaluator, mode] of [
      [fast, 'train'],
      [exact, 'eval'],
    ] as const) {
      const { total, gradient } = evaluator.evaluate(raw, [0], mode, true);
      const bad = CHAIN_PARAMETERS.filter((_, i) => !Number.isFinite(gradient![i]!)).map(({ id }) => id);
      expect(bad, mode).toEqual([]);
      expect(Number.isFinite(gradient![DAMPING]!), mode).toBe(true);
      expect(Number.isFinite(total), mode).toBe(true);
    }
  }

  it.each([
    ...Array.from({ length: 20 }, (_, seed) => [60, seed] as const),
    ...Array.from({ length: 10 }, (_, seed) => [12, 100 + seed] as const),
  ])('within ±%i give finite numbers, drawn from %i', (reach, seed) => {
    const random = new Random(seed);
    expectFinite(Float64Array.from({ length: FIT_PARAMETER_COUNT }, () => reach * random.signed()));
  });

  it.each([-60, 0, 60])('all at %i give finite numbers', (value) => {
    expectFinite(new Float64Array(FIT_PARAMETER_COUNT).fill(value));
  });

  // One effect at a time out of bounds, the rest as a fit has it.
  it.each(['eq', 'comp', 'delay', 'fdn.input', 'fdn.output', 'fdn.decay', 'fdn.mixing', 'fdn.pk1', 'pan'])(
    'of %s give finite numbers',
    (selector) => {
      for (const value of [-60, 60]) {
        const raw = wanderedRaw(41);
        for (const index of parametersUnder(selector)) raw[index] = value;
        expectFinite(raw);
      }
    },
  );

  it.each([-700, -60, 60, 700])('of the surrogate’s damping at %i give finite numbers', (value) => {
    const raw = wanderedRaw(42);
    raw[DAMPING] = value;
    expectFinite(raw);
  });

  it('of a silent chain give finite numbers', () => {
    const quiet = wanderedRaw(43);
    quiet[parameterIndex('comp.makeup')] = -200;
    expectFinite(quiet);
  });
});
