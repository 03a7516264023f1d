import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  evaluateLosses,
  evaluateLossesWithGradient,
  LOSS_WEIGHTS,
  type LossTerms,
} from '#core/losses/index.ts';
import { loudnessDynamicRangeGradient } from '#core/losses/loudness-dynamic-range-adjoint.ts';
import { multiResolutionStftGradient } from '#core/losses/multi-resolution-stft-adjoint.ts';
import { describeWithGpu, testGpu } from '../../../test-support/gpu.ts';
import { noise, tones, voice } from '../../../test-support/made-up-signals.ts';
import type { GpuContext } from '../device.ts';
import { segmentTable } from '../segment.ts';
import { GpuLoss, LOSS_SUMS } from './index.ts';

type Pair = readonly [Float32Array, Float32Array];
type Gradient = readonly [Float64Array, Float64Array];

const POINTS = 2 ** 17;
const MAX_REGION = 70_000;
const MAX_SEGMENTS = 3;
const SLOTS = 4;
const TERMS = ['mss_lr', 'mss_ms', 'mldr_lr', 'mldr_ms'] as const;

interface Case {
  readonly pred: Pair;
  readonly target: Pair;
  /** Samples of other sound before the region. */
  readonly warmup?: number;
  readonly slot?: number;
}

interface Result {
  readonly terms: LossTerms;
  readonly gradient: Pair;
  /** Everything in the gradient's rows that is not the region's. */
  readonly outside: Pair;
}

class Bench {
  private constructor(
    private readonly context: GpuContext,
    private readonly buffers: Record<'signals' | 'gradient' | 'segments', GPUBuffer>,
    readonly loss: GpuLoss,
  ) {}

  static async make(): Promise<Bench> {
    const context = await testGpu();
    const rows = MAX_SEGMENTS * 2 * POINTS;
    const buffers = {
      signals: context.numbers('signals', rows),
      gradient: context.numbers('gradient', rows),
      segments: context.numbers('segments', MAX_SEGMENTS * 4),
    };
    const sizes = { points: POINTS, maxRegion: MAX_REGION, maxSegments: MAX_SEGMENTS, slots: SLOTS };
    return new Bench(context, buffers, await GpuLoss.make(context, sizes, buffers));
  }

  /** Evaluates the cases side by side. */
  async evaluate(cases: readonly Case[], withGradient: boolean): Promise<Result[]> {
    const { context, buffers, loss } = this;
    cases.forEach(({ pred, target, warmup = 0, slot }, i) => {
      loss.setTarget(slot ?? i, target[0], target[1]);
      pred.forEach((channel, c) => {
        const row = new Float32Array(POINTS);
        row.set(noise(warmup, 999 + c, 0.7));
        row.set(channel, warmup);
        context.write(buffers.signals, row, (2 * i + c) * POINTS);
      });
    });
    context.write(
      buffers.segments,
      segmentTable(
        cases.map(({ pred, warmup = 0, slot }, i) => ({
          length: warmup + pred[0].length,
          warmup,
          slot: slot ?? i,
        })),
      ),
    );
    const sums = await context.read(loss.sums, cases.length * LOSS_SUMS, 0, (recording) => {
      loss.record(recording, cases.length, withGradient);
    });
    const rows = withGradient
      ? await context.read(buffers.gradient, cases.length * 2 * POINTS)
      : new Float32Array(cases.length * 2 * POINTS);
    return cases.map(({ pred, warmup = 0 }, i) => {
      const region = pred[0].length;
      const row = (c: number) => rows.subarray((2 * i + c) * POINTS, (2 * i + c + 1) * POINTS);
      const outside = (c: number) => row(c).filter((_, n) => n < warmup || n >= warmup + region);
      return {
        terms: loss.terms(sums.subarray(i * LOSS_SUMS), region),
        gradient: [row(0).slice(warmup, warmup + region), row(1).slice(warmup, warmup + region)],
        outside: [outside(0), outside(1)],
      };
    });
  }

  async terms(pred: Pair, target: Pair): Promise<LossTerms> {
    return (await this.evaluate([{ pred, target }], false))[0]!.terms;
  }

  async gradient(pred: Pair, target: Pair): Promise<Pair> {
    return (await this.evaluate([{ pred, target }], true))[0]!.gradient;
  }
}

const noisePair = (length: number, seed: number, peak = 0.5): Pair => [
  noise(length, seed, peak),
  noise(length, seed + 1, peak),
];
const twice = (x: Float32Array): Pair => [x, x];
const sung = (length: number, seed: number): Float32Array =>
  voice(length / 44_100 + 0.1, seed).subarray(0, length);

function expectSameTerms(got: LossTerms, want: LossTerms, tolerance = 1e-5): void {
  for (const term of TERMS) {
    const error = Math.abs(got[term] - want[term]) / Math.max(0.1, want[term]);
    expect(error, term).toBeLessThan(tolerance);
  }
}

type Channels = readonly [ArrayLike<number>, ArrayLike<number>];

function dot(a: Channels, b: Channels): number {
  let sum = 0;
  for (const c of [0, 1] as const) for (let n = 0; n < a[c].length; n++) sum += a[c][n]! * b[c][n]!;
  return sum;
}

const norm = (a: Channels): number => Math.sqrt(dot(a, a));

/** Length of got − want as a part of that of want. */
function distance(got: Channels, want: Channels): number {
  const difference = [0, 1].map((c) => Array.from(got[c]!, (v, n) => v - want[c]![n]!));
  return norm([difference[0]!, difference[1]!]) / norm(want);
}

/** 1 − the cosine of the angle between them. */
const turn = (a: Channels, b: Channels): number => 1 - dot(a, b) / (norm(a) * norm(b));

/** Of the term's weight alone. */
function termGradient(pred: Pair, target: Pair, term: keyof LossTerms): Gradient {
  const gradient: Gradient = [new Float64Array(pred[0].length), new Float64Array(pred[0].length)];
  const weights = {
    lr: term.endsWith('lr') ? LOSS_WEIGHTS[term] : 0,
    ms: term.endsWith('ms') ? LOSS_WEIGHTS[term] : 0,
  };
  (term.startsWith('mss') ? multiResolutionStftGradient : loudnessDynamicRangeGradient)(
    pred,
    target,
    weights,
    gradient,
  );
  return gradient;
}

describeWithGpu('losses on the GPU', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.make();
    bench.loss.prepare(1);
  });
  afterAll(async () => {
    (await testGpu()).end();
  });

  describe('loss terms', () => {
    const length = 48_003;
    const mono = sung(length, 3);
    const stereo: Pair = [sung(length, 4), sung(length, 5)];
    const silent = new Float32Array(length);
    const tonePair: Pair = [tones(length, [220, 0.4], [3000, 0.2]), tones(length, [221, 0.4], [9000, 0.05])];
    it.each<[string, Pair, Pair]>([
      ['noise', noisePair(length, 1), noisePair(length, 9, 0.2)],
      ['tones against noise', tonePair, noisePair(length, 3)],
      ['voices', stereo, [sung(length, 6), sung(length, 7)]],
      ['a stereo voice against a mono one', stereo, twice(mono)],
      ['a mono voice against a stereo one', twice(mono), stereo],
      ['loud mono tones against a mono voice', twice(tonePair[0]), twice(mono)],
      ['one side against the other', [stereo[0], silent], [silent, mono]],
      ['opposite sides', [stereo[0], stereo[0].map((v) => -v)], twice(mono)],
      ['silence against sound', twice(silent), stereo],
      ['sound against silence', stereo, twice(silent)],
      ['a quiet voice', [mono.map((v) => 1e-3 * v), stereo[0].map((v) => 1e-3 * v)], stereo],
    ])('are those of the definition for %s', async (_, pred, target) => {
      expectSameTerms(await bench.terms(pred, target), evaluateLosses(pred, target));
    });

    it.each([41_896, 44_032, 44_101, 45_055, 69_999, MAX_REGION])(
      'are those of the definition for %i samples, whatever came before',
      async (count) => {
        await bench.terms(noisePair(MAX_REGION, 70, 30), noisePair(MAX_REGION, 80, 20));
        const [pred, target] = [noisePair(count, 11), noisePair(count, 13)];
        expectSameTerms(await bench.terms(pred, target), evaluateLosses(pred, target));
      },
    );

    it('are 0 between a sound and itself', async () => {
      const terms = await bench.terms(stereo, stereo);
      for (const term of TERMS) expect(terms[term], term).toBeLessThan(1e-6);
    });

    it('need a region that the losses fit in', () => {
      const [short, long] = [new Float32Array(41_895), new Float32Array(MAX_REGION + 1)];
      expect(() => bench.loss.setTarget(0, short, short)).toThrow(/41895.*70000.*got 41895/);
      expect(() => bench.loss.setTarget(0, long, long)).toThrow(RangeError);
    });
  });

  describe('segments side by side', () => {
    const cases: Case[] = [
      { pred: noisePair(44_333, 1), target: noisePair(44_333, 5), warmup: 20_001, slot: 3 },
      {
        pred: [sung(61_001, 2), sung(61_001, 3)],
        target: [sung(61_001, 4), sung(61_001, 5)],
        warmup: 7,
        slot: 0,
      },
      { pred: noisePair(MAX_REGION, 21, 0.9), target: noisePair(MAX_REGION, 25, 0.1), slot: 2 },
    ];
    let results: Result[];
    beforeAll(async () => {
      results = await bench.evaluate(cases, true);
    });

    it.each([0, 1, 2])('have each its own terms and gradient: %i', (i) => {
      const { pred, target } = cases[i]!;
      const { terms, gradient } = evaluateLossesWithGradient(pred, target);
      expectSameTerms(results[i]!.terms, terms);
      expect(turn(results[i]!.gradient, gradient)).toBeLessThan(1e-4);
    });

    it('have no gradient outside what is compared', () => {
      for (const { outside } of results)
        for (const channel of outside) expect(channel.every((v) => v === 0)).toBe(true);
    });

    it('are compared with targets set long before', async () => {
      const [first, second] = [cases[0]!, cases[1]!];
      await bench.evaluate([{ ...second, slot: 1 }], false);
      // Both targets are kept in their slots; only the first is set again.
      await bench.evaluate(
        [
          { ...second, slot: 0 },
          { ...first, slot: 3 },
        ],
        false,
      );
      const again = await bench.evaluate([first, { ...second, slot: 1 }], true);
      expectSameTerms(again[1]!.terms, results[1]!.terms, 1e-7);
      expect(distance(again[0]!.gradient, results[0]!.gradient)).toBe(0);
    });
  });

  describe('gradient', () => {
    const length = 44_333;
    const target = noisePair(length, 31, 0.4);
    const pred = noisePair(length, 41);
    const silent = new Float32Array(length);
    const voices: Pair = [sung(length, 4), sung(length, 5)];

    afterAll(() => {
      bench.loss.prepare(1);
    });

    // Where a voice has next to nothing in a bin, its slope is large and turns with the rounding of float32; the more so where
    // it hardly differs from the target. The kernels on the processor are as far from the definition.
    const nearVoices = voices.map((x) =>
      x.map((v, n) => v * (1.05 + 0.1 * Math.sin(n / 999))),
    ) as unknown as Pair;
    const pairs: readonly (readonly [string, Pair, Pair, number])[] = [
      ['noise', pred, target, 5e-6],
      ['voices', voices, [sung(length, 6), sung(length, 7)], 1e-4],
      ['near voices', voices, nearVoices, 4e-4],
    ];
    it.each(
      TERMS.flatMap((term) =>
        pairs.map(
          ([name, x, y, tolerance]) => [term, name, x, y, term.startsWith('mss') ? tolerance : 1e-8] as const,
        ),
      ),
    )('of %s alone is that of the definition for %s', async (term, _, x, y, tolerance) => {
      const none = { mss_lr: 0, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 };
      bench.loss.prepare(1, { ...none, [term]: LOSS_WEIGHTS[term] });
      const got = await bench.gradient(x, y);
      const want = termGradient(x, y, term);
      expect(turn(got, want)).toBeLessThan(tolerance);
      expect(Math.abs(norm(got) / norm(want) - 1)).toBeLessThan(1e-3);
    });

    it('is as long as its factor says', async () => {
      bench.loss.prepare(1);
      const whole = await bench.gradient(pred, target);
      bench.loss.prepare(0.25);
      const quarter = await bench.gradient(pred, target);
      expect(
        distance(quarter.map((channel) => channel.map((v) => 4 * v)) as unknown as Pair, whole),
      ).toBeLessThan(1e-6);
    });

    it.each<[string, (gradient: Pair) => Pair]>([
      ['steepest ascent', (gradient) => gradient],
      ['the side channel', () => [pred[0], pred[1].map((v) => -v)]],
      ['the beginning', () => [pred[0].map((v, n) => (n < 700 ? v : 0)), silent]],
      ['the end', () => [silent, pred[1].map((v, n) => (n > length - 700 ? v : 0))]],
    ])('is the slope along %s', async (_, directionOf) => {
      bench.loss.prepare(1);
      const gradient = await bench.gradient(pred, target);
      const direction = directionOf(gradient);
      const step = (1e-7 * norm(pred)) / norm(direction);
      const at = (shift: number) => {
        const moved = pred.map((channel, c) =>
          Float64Array.from(channel, (v, n) => v + shift * direction[c]![n]!),
        ) as [Float64Array, Float64Array];
        return evaluateLosses(moved, target).total;
      };
      const slope = (at(step) - at(-step)) / (2 * step);
      // Along a direction of its own choice a gradient shows little of its length.
      const size = Math.max(Math.abs(slope), (norm(gradient) * norm(direction)) / Math.sqrt(2 * length));
      // Averages that differ by a rounding may have either sign, and one at the beginning weighs much.
      expect(Math.abs(dot(gradient, direction) - slope) / size).toBeLessThan(5e-3);
    });

    it.each<[string, Pair]>([
      ['silence', [silent, silent]],
      ['sound below the floor', noisePair(length, 81, 1e-7)],
    ])('is 0 for %s', async (_, quiet) => {
      bench.loss.prepare(1);
      for (const channel of await bench.gradient(quiet, target))
        expect(channel.every((v) => v === 0)).toBe(true);
    });

    it.each<[string, Pair, Pair, number]>([
      ['sound and silence', pred, [silent, silent], 1e-9],
      ['sound at the floor', noisePair(length, 85, 1.5e-4), target, 1e-8],
      // Of a difference of 2e-5 float32 keeps little next to sides of 0.5.
      ['a difference at the floor', [pred[0], pred[0].map((v, n) => v + 2e-5 * Math.sin(n))], target, 1e-2],
    ])('is that of the definition for %s', async (_, x, y, tolerance) => {
      bench.loss.prepare(1);
      const { gradient } = evaluateLossesWithGradient(x, y);
      expect(turn(await bench.gradient(x, y), gradient)).toBeLessThan(tolerance);
    });

    it('does not depend on longer signals before', async () => {
      bench.loss.prepare(1);
      const fresh = await bench.gradient(pred, target);
      await bench.gradient(noisePair(MAX_REGION, 91, 50), noisePair(MAX_REGION, 93));
      expect(distance(await bench.gradient(pred, target), fresh)).toBe(0);
    });
  });
});
