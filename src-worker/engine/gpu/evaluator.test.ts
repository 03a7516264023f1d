import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { Random } from '#core/optimise/random.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { describeWithGpu, testGpu } from '../../test-support/gpu.ts';
import { noise, voice } from '../../test-support/made-up-signals.ts';
import { EXACT, Evaluator } from '../cpu/evaluator.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { cosineOf, type Evaluation, type Segment } from '../objective.ts';
import { openStart, withDamping } from '../start.ts';
import { GpuContext, GpuError } from './device.ts';
import { GpuEvaluator } from './evaluator.ts';
import { nodeGpu } from './node-gpu.ts';

const samples = (seconds: number) => Math.round(seconds * FIT_SAMPLE_RATE_HZ);

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

/** A fit's start with every parameter somewhere else, as a fit meets it. */
function wandered(seed: number): Float64Array {
  const random = new Random(seed);
  const raw = withDamping(openStart(random));
  CHAIN_PARAMETERS.forEach(({ id, unit }, i) => {
    if (/^fdn\.(input|output)/.test(id)) raw[i]! += 0.1 * random.signed();
    else raw[i]! += (unit === 'dB' ? 4 : 0.7) * random.signed();
  });
  return raw;
}

/**
 * Different lengths, warm-ups and voices, one of an odd length. The first has the longest region, that of a pair of 1.5 s: the
 * shaders of one size are compiled once for all tests.
 */
const SEGMENTS = [
  segmentOf(1.5, 1, 0.5),
  segmentOf(1.3, 2, 0.34),
  segmentOf(1.5, 3, 0.51),
  segmentOf(1.1903, 4, 0.2),
  segmentOf(0.97, 5, 0),
];
const MODES = ['train', 'eval'] as const;

describeWithGpu('the objective on a GPU', () => {
  let cpu: Evaluator;
  beforeAll(async () => {
    cpu = new Evaluator(new Kernels(await loadKernelModule()), SEGMENTS[0]!.dry.length, EXACT);
    SEGMENTS.forEach((segment, slot) => {
      cpu.setSegment(slot, segment);
    });
  });
  afterAll(async () => {
    (await testGpu()).end();
  });

  function expectSame(got: Evaluation, want: Evaluation): void {
    for (const [name, term] of Object.entries(want.terms))
      expect(Math.abs(got.terms[name as keyof Evaluation['terms']] / term - 1), name).toBeLessThan(1e-4);
    expect(Math.abs(got.total / want.total - 1)).toBeLessThan(1e-4);
    expect(got.delayRegulariser).toBe(want.delayRegulariser);
    expect(cosineOf(got.gradient!, want.gradient!)).toBeGreaterThan(0.9999);
  }

  it('is that of the processor, for any of the segments side by side or in turns', async () => {
    const raw = wandered(7);
    for (const maxSegments of [5, 2]) {
      const gpu = await GpuEvaluator.make(await testGpu(), SEGMENTS, { maxSegments });
      for (const mode of MODES)
        for (const indices of [[0, 1, 2, 3, 4], [3], [4, 1]])
          expectSame(await gpu.evaluate(raw, indices, mode, true), cpu.evaluate(raw, indices, mode, true));
      gpu.end();
    }
  });

  it('takes calls in turns, and leaves the gradient out unless it is asked for', async () => {
    const gpu = await GpuEvaluator.make(await testGpu(), SEGMENTS, { maxSegments: 2 });
    const settings = [wandered(11), wandered(12), wandered(13)];
    const got = await Promise.all(settings.map((raw, i) => gpu.evaluate(raw, [i], 'eval', i === 1)));
    settings.forEach((raw, i) => {
      const want = cpu.evaluate(raw, [i], 'eval', false);
      expect(Math.abs(got[i]!.total / want.total - 1)).toBeLessThan(1e-4);
      expect(got[i]!.gradient === undefined).toBe(i !== 1);
    });
    gpu.end();
  });

  it('gives back what it took', async () => {
    const context = await testGpu();
    const before = context.bytes;
    const gpu = await GpuEvaluator.make(context, SEGMENTS.slice(0, 2), { maxSegments: 2 });
    expect(gpu.bytes).toBeGreaterThan(2 ** 20);
    const raw = wandered(3);
    const first = gpu.bytes;
    for (let i = 0; i < 5; i++) await gpu.evaluate(raw, [0, 1], 'train', true);
    expect(gpu.bytes).toBe(first);
    gpu.end();
    expect(gpu.bytes).toBe(0);
    expect(context.bytes).toBe(before);
    await expect(gpu.evaluate(raw, [0], 'train', true)).rejects.toThrow(GpuError);
  });

  it('rejects in one line when the device is lost', async () => {
    const context = await GpuContext.open(await nodeGpu());
    const gpu = await GpuEvaluator.make(context, SEGMENTS.slice(0, 1));
    const going = gpu.evaluate(wandered(3), [0], 'train', true);
    context.device.destroy();
    await expect(going).rejects.toThrow(GpuError);
    await expect(gpu.evaluate(wandered(3), [0], 'train', true)).rejects.toThrow(/^The GPU [^\n]*$/);
  });
});
