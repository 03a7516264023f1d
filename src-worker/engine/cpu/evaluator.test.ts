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

/** A voice and what a chain makes of it, with a little noise that no chain explains. */
function segmentOf(
  seconds: number,
  seed: number,
  warmupSeconds: number,
  chain = wanderedRaw(900 + seed),
): Segment {
  const dry = voice(seconds, seed).map((v) => 0.5 * v);
  const wet = trainingStages(dry, chain.subarray(0, CHAIN_PARAMETERS.length)).final.map((channel, c) => {
    const hiss = noise(dry.length, seed + 40 + c, 1e-3);
    return Float32Array.from(channel, (v, n) => v + hiss[n]!);
  });
  return { dry, wet: wet as unknown as Segment['wet'], warmupSamples: samples(warmupSeconds) };
}

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await loadKernelModule();
});

const evaluatorOf = (options: typeof FAST, ...segments: readonly Segment[]): Evaluator => {
  const longest = Math.max(...segments.map(({ dry }) => dry.length));
  const evaluator = new Evaluator(new Kernels(module), longest, options);
  segments.forEach((segment, slot) => {
    evaluator.setSegment(slot, segment);
  });
  return evaluator;
};

describe('fast and exact evaluation', () => {
  it.each([
    [2, 0.8],
    [8, 3.2],
    [14, 5],
  ])('agree within 0.5 %% on a segment of %f s', (seconds, warmup) => {
    const segment = segmentOf(seconds, 1, warmup);
    const [fast, exact] = [evaluatorOf(FAST, segment), evaluatorOf(EXACT, segment)];
    for (const raw of [withDamping(neutralRaw()), ...[1, 2, 3].map((seed) => wanderedRaw(seed))]) {
      const [a, b] = [fast, exact].map((one) => one.evaluate(raw, [0], 'eval', false));
      expect(Math.abs(a!.total / b!.total - 1)).toBeLessThan(5e-3);
    }
  });

  it('rank settings alike', () => {
    const chain = wanderedRaw(931);
    const segment = segmentOf(6, 31, 2, chain);
    const [fast, exact] = [evaluatorOf(FAST, segment), evaluatorOf(EXACT, segment)];
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
    [1.3, 0.3],
    [2, 0.80001],
    [4.4, 1.7],
  ])('is the training form and the losses on %f s after %f s', (seconds, warmup) => {
    const segment = segmentOf(seconds, 5, warmup);
    const evaluator = evaluatorOf(EXACT, segment);
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
      const got = evaluator.evaluate(raw, [0], 'eval', false);
      for (const term of TERMS) expect(Math.abs(got.terms[term] / want[term] - 1), term).toBeLessThan(1e-4);
      expect(Math.abs(got.total / want.total - 1)).toBeLessThan(1e-4);
    }
  });

  it('is the mean over segments, loss and gradient, in any order', () => {
    const segments = [segmentOf(2, 11, 0.5), segmentOf(3, 12, 1), segmentOf(1.5, 13, 0.25)];
    const evaluator = evaluatorOf(EXACT, ...segments);
    const raw = wanderedRaw(14);
    const single = segments.map((_, i) => evaluator.evaluate(raw, [i], 'train', true));
    const together = evaluator.evaluate(raw, [2, 0, 1], 'train', true);
    const mean = (of: (one: (typeof single)[0]) => number) =>
      single.reduce((sum, one) => sum + of(one) / 3, 0);
    expect(together.total).toBeCloseTo(
      mean((one) => one.total),
      6,
    );
    const length = Math.hypot(...together.gradient!);
    together.gradient!.forEach((g, i) =>
      expect(Math.abs(g - mean((one) => one.gradient![i]!)) / length, CHAIN_PARAMETERS[i]?.id).toBeLessThan(
        1e-5,
      ),
    );
  });

  it('gives the same numbers again, whatever was evaluated in between', () => {
    const evaluator = evaluatorOf(EXACT, segmentOf(2, 15, 0.5), segmentOf(3, 16, 1));
    const raw = wanderedRaw(17);
    const first = evaluator.evaluate(raw, [0], 'train', true);
    evaluator.evaluate(rawWith(wanderedRaw(18, 3), { 'fdn.decay': 9 }), [1, 0], 'eval', true);
    expect(evaluator.evaluate(raw, [0], 'train', true)).toEqual(first);
  });

  it('has a regulariser that pulls the surrogate’s damping to none, in training only', () => {
    const evaluator = evaluatorOf(EXACT, segmentOf(1.5, 19, 0.4));
    const raw = wanderedRaw(20);
    const damping = Math.exp(-Math.log1p(Math.exp(DEFAULT_LOG_DAMP_RAW)));
    const [train, evaluation] = (['train', 'eval'] as const).map((mode) =>
      evaluator.evaluate(raw, [0], mode, true),
    );
    expect(train!.delayRegulariser).toBeCloseTo((1 - damping) ** 2, 12);
    expect(evaluation!.delayRegulariser).toBe(0);
    expect(train!.total - evaluation!.total).toBeCloseTo((1 - damping) ** 2, 9);
    expect(evaluation!.gradient![FIT_PARAMETER_COUNT - 1]).toBe(-0);
    // With no delay to hear, the damping's gradient is that of (1 − η)² alone.
    const mute = rawWith(raw, { 'delay.gain': 0 });
    const at = (shift: number) => (1 - Math.exp(-Math.log1p(Math.exp(DEFAULT_LOG_DAMP_RAW + shift)))) ** 2;
    const slope = (at(1e-4) - at(-1e-4)) / 2e-4;
    expect(
      evaluator.evaluate(mute, [0], 'train', true).gradient![FIT_PARAMETER_COUNT - 1]! / slope,
    ).toBeCloseTo(1, 4);
  });
});

describe('slots', () => {
  it('take another segment in the place of the one before, longer or shorter', () => {
    const segments = [segmentOf(3, 21, 1), segmentOf(1.4, 22, 0.2), segmentOf(2.2, 23, 0.9)];
    const raw = wanderedRaw(24);
    const alone = segments.map((segment) => evaluatorOf(FAST, segment).evaluate(raw, [0], 'train', true));
    const evaluator = evaluatorOf(FAST, segments[0]!);
    for (const i of [1, 2, 0]) {
      evaluator.setSegment(0, segments[i]!);
      expect(evaluator.evaluate(raw, [0], 'train', true), `segment ${i}`).toEqual(alone[i]);
    }
  });

  it('are found through the caller’s numbering', () => {
    const segments = [segmentOf(1.5, 25, 0.4), segmentOf(1.5, 26, 0.4)];
    const evaluator = evaluatorOf(FAST, ...segments);
    const raw = wanderedRaw(27);
    const [first, second] = [0, 1].map((i) => evaluator.evaluate(raw, [i], 'eval', false));
    expect(evaluator.evaluate(raw, [40], 'eval', false, () => 1)).toEqual(second);
    expect(first).not.toEqual(second);
  });
});

describe('extreme settings', () => {
  let evaluators: readonly Evaluator[];
  beforeAll(() => {
    const segment = segmentOf(2, 31, 0.5);
    evaluators = [evaluatorOf(FAST, segment), evaluatorOf(EXACT, segment)];
  });

  function expectFinite(raw: Float64Array): void {
    for (const evaluator of evaluators)
      for (const mode of ['train', 'eval'] as const) {
        const { total, gradient } = evaluator.evaluate(raw, [0], mode, true);
        const bad = CHAIN_PARAMETERS.filter((_, i) => !Number.isFinite(gradient![i]!)).map(({ id }) => id);
        expect(bad, mode).toEqual([]);
        expect(Number.isFinite(gradient![FIT_PARAMETER_COUNT - 1]!), mode).toBe(true);
        expect(Number.isFinite(total), mode).toBe(true);
      }
  }

  const everywhere = (seed: number, reach: number): Float64Array => {
    const random = new Random(seed);
    return Float64Array.from({ length: FIT_PARAMETER_COUNT }, () => reach * random.signed());
  };
  it.each(Array.from({ length: 15 }, (_, seed) => seed))(
    'anywhere within ±60 give finite numbers, %i',
    (seed) => {
      expectFinite(everywhere(seed, 60));
    },
  );
  it.each(Array.from({ length: 8 }, (_, seed) => 100 + seed))(
    'anywhere within ±12 give finite numbers, %i',
    (seed) => {
      expectFinite(everywhere(seed, 12));
    },
  );

  it.each([
    ['all at −60', new Float64Array(FIT_PARAMETER_COUNT).fill(-60)],
    ['all at 60', new Float64Array(FIT_PARAMETER_COUNT).fill(60)],
    ['all at 0', new Float64Array(FIT_PARAMETER_COUNT)],
  ])('%s give finite numbers', (_, raw) => {
    expectFinite(raw);
  });

  // One effect at a time out of bounds, the rest as a fit has it.
  it.each(['eq', 'comp', 'delay', 'fdn.input', 'fdn.output', 'fdn.decay', 'fdn.mixing', 'fdn.pk1', 'pan'])(
    '%s far out gives finite numbers',
    (selector) => {
      for (const value of [-60, 60, -700]) {
        const raw = wanderedRaw(41);
        // Decibels this far out are no longer float32 sound.
        for (const index of parametersUnder(selector))
          if (value !== -700 || CHAIN_PARAMETERS[index]!.unit !== 'dB') raw[index] = value;
        expectFinite(raw);
      }
    },
  );

  it('of the surrogate’s damping give finite numbers', () => {
    for (const value of [-60, 60, 700, -700]) {
      const raw = wanderedRaw(42);
      raw[FIT_PARAMETER_COUNT - 1] = value;
      expectFinite(raw);
    }
  });

  it('of a silent chain give finite numbers', () => {
    expectFinite(
      rawWith(withDamping(neutralRaw()), { 'comp.makeup': -24, 'eq.lp.freq': 200, 'eq.hp.freq': 5300 }),
    );
    const quiet = wanderedRaw(43);
    quiet[parameterIndex('comp.makeup')] = -200;
    expectFinite(quiet);
  });
});
