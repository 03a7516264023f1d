import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHAIN_PARAMETERS, parameterIndex } from '#core/chain/parameters.ts';
import { Random } from '#core/optimise/random.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { describeWithGpu, testGpu } from '../../test-support/gpu.ts';
import { noise, voice } from '../../test-support/made-up-signals.ts';
import { EXACT, Evaluator } from '../cpu/evaluator.ts';
import { loadKernelModule } from '../kernel-module.ts';
import { Kernels } from '../kernels.ts';
import { cosineOf, type Evaluation, type GradientMode, type Segment } from '../objective.ts';
import { openStart, withDamping } from '../start.ts';
import { GpuContext, GpuError, type KernelTimes } from './device.ts';
import { GpuEvaluator } from './evaluator.ts';
import { nodeGpu } from './hosts/node-gpu.ts';

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

/** Calls `then`, with what submits unseen, after all that a device is given to do; returns what ends that. */
function afterSubmissions(device: GPUDevice, then: (submit: GPUQueue['submit']) => void): () => void {
  const { queue } = device;
  const submit = queue.submit.bind(queue);
  queue.submit = (commands) => {
    submit(commands);
    then(submit);
  };
  return () => {
    queue.submit = submit;
  };
}

/** Watches in how many rounds the gain of each slot of an evaluator, made from now on, was last smoothed. */
function watchRounds(device: GPUDevice): { rounds: () => Promise<number[]>; end: () => void } {
  const made = new Map<string, GPUBuffer>();
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    made.set(buffer.label, buffer);
    return buffer;
  };
  const watched = ['count', 'segments', 'smoothing progress'];
  const found: GPUBuffer[] = [];
  const end = afterSubmissions(device, (submit) => {
    const encoder = device.createCommandEncoder();
    for (const label of watched) {
      const { size } = made.get(label)!;
      const copy = create({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      encoder.copyBufferToBuffer(made.get(label)!, 0, copy, 0, size);
      found.push(copy);
    }
    submit([encoder.finish()]);
  });
  const numbersOf = async (buffer: GPUBuffer): Promise<Uint32Array> => {
    await buffer.mapAsync(GPUMapMode.READ);
    const numbers = new Uint32Array(buffer.getMappedRange()).slice();
    buffer.destroy();
    return numbers;
  };
  return {
    rounds: async () => {
      const bySlot: number[] = [];
      while (found.length > 0) {
        const [count, segments, progress] = await Promise.all(found.splice(0, watched.length).map(numbersOf));
        for (let i = 0; i < count![0]!; i++) bySlot[segments![4 * i + 2]!] = progress![2 * i + 1]!;
      }
      return bySlot;
    },
    end: () => {
      end();
      device.createBuffer = create;
    },
  };
}

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

  it('leaves the gradient out unless it is asked for', async () => {
    const gpu = await GpuEvaluator.make(await testGpu(), SEGMENTS, { maxSegments: 2 });
    const raw = wandered(11);
    const got = await gpu.evaluate(raw, [0, 3], 'eval', false);
    expect(Math.abs(got.total / cpu.evaluate(raw, [0, 3], 'eval', false).total - 1)).toBeLessThan(1e-4);
    expect(got.gradient).toBeUndefined();
    gpu.end();
  });

  it('is the same for calls that do not wait for each other, four of them on the GPU at a time', async () => {
    const context = await testGpu();
    const gpu = await GpuEvaluator.make(context, SEGMENTS, { maxSegments: 2 });
    // Two turns each.
    const calls: readonly [Float64Array, number[], GradientMode][] = [
      [wandered(11), [0, 1, 2], 'train'],
      [wandered(12), [3, 4, 0], 'eval'],
      [wandered(13), [4, 1, 3], 'train'],
      [wandered(14), [2, 0, 1], 'eval'],
      [wandered(15), [1, 2, 4], 'train'],
      [wandered(16), [3, 2, 0], 'train'],
    ];
    // Fills the slots.
    await gpu.evaluate(wandered(10), [0, 1, 2, 3, 4], 'eval', false);
    let submissions = 0;
    const end = afterSubmissions(context.device, () => submissions++);
    let onFirst = 0;
    const got = await Promise.all(
      calls.map(async (call, i) => {
        const evaluation = await gpu.evaluate(...call, true);
        if (i === 0) onFirst = submissions;
        return evaluation;
      }),
    );
    end();
    expect(onFirst).toBe((submissions * 4) / calls.length);
    calls.forEach((call, i) => {
      expectSame(got[i]!, cpu.evaluate(...call, true));
    });
    gpu.end();
  });

  it('finds each segment’s gain from where it last was, in whatever order and however many take turns', async () => {
    const context = await testGpu();
    const watch = watchRounds(context.device);
    const gpu = await GpuEvaluator.make(context, SEGMENTS, { maxSegments: 2 });
    const setting = (threshold: number): Float64Array => {
      const raw = wandered(7);
      raw[parameterIndex('comp.threshold')] = threshold;
      raw[parameterIndex('comp.ratio')] = 2;
      return raw;
    };
    const roundsOf = async (raw: Float64Array, indices: readonly number[]): Promise<number[]> => {
      await gpu.evaluate(raw, indices, 'eval', false);
      return watch.rounds();
    };
    const all = [0, 1, 2, 3, 4];
    const [here, nearby] = [setting(-30), setting(-30.1)];
    const cold = await roundsOf(here, all);
    const warm = await roundsOf(nearby, all);
    await roundsOf(here, all);
    const rearranged = await roundsOf(nearby, [3, 0, 4, 1, 2]);
    watch.end();
    gpu.end();
    all.forEach((slot) => {
      expect(warm[slot], `segment ${slot}`).toBeLessThan(cold[slot]!);
      expect(rearranged[slot], `segment ${slot}`).toBeLessThanOrEqual(warm[slot]!);
    });
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
    const going = Array.from({ length: 6 }, () => gpu.evaluate(raw, [0, 1], 'train', true));
    await setImmediate();
    gpu.end();
    for (const call of await Promise.allSettled(going))
      expect(call).toMatchObject({ status: 'rejected', reason: new GpuError('The GPU was given back.') });
    expect(gpu.bytes).toBe(0);
    expect(context.bytes).toBe(before);
    await expect(gpu.evaluate(raw, [0], 'train', true)).rejects.toThrow(GpuError);
  });

  it('rejects in one line when the device is lost', async () => {
    const context = await GpuContext.open(await nodeGpu());
    const gpu = await GpuEvaluator.make(context, SEGMENTS.slice(0, 1));
    const going = Array.from({ length: 6 }, () => gpu.evaluate(wandered(3), [0], 'train', true));
    context.device.destroy();
    for (const call of await Promise.allSettled(going))
      expect(call).toMatchObject({ status: 'rejected', reason: expect.any(GpuError) });
    await expect(gpu.evaluate(wandered(3), [0], 'train', true)).rejects.toThrow(/^The GPU [^\n]*$/);
  });

  it('states the work of all its kernels, for each segment and for all', async () => {
    const gpu = await GpuEvaluator.make(await testGpu(), SEGMENTS, { maxSegments: 2 });
    const workOf = async (indices: readonly number[]): Promise<KernelTimes> => {
      const times: KernelTimes = new Map();
      await gpu.evaluate(wandered(7), indices, 'train', true);
      gpu.times = times;
      await gpu.evaluate(wandered(7), indices, 'train', true);
      gpu.times = null;
      return times;
    };
    const [one, two] = [await workOf([0]), await workOf([0, 1])];
    gpu.end();
    expect([...two.keys()].sort()).toEqual([...one.keys()].sort());
    // At the least all segments have settled before.
    one.delete('smoothing in order');
    expect(one.size).toBeGreaterThan(30);
    for (const [label, { operations, bytes }] of one) {
      expect(operations, label).toBeGreaterThan(0);
      expect(bytes, label).toBeGreaterThan(0);
    }
    const ratio = (label: string) => two.get(label)!.bytes / one.get(label)!.bytes;
    expect(ratio('lookahead')).toBe(2);
    expect(ratio('transfer')).toBe(1);
    // The response, read once, and its gradient, changed in place, are as much as three segments' spectra: 4 + 6 to 2·4 + 6.
    expect(ratio('filter’s gradient')).toBeCloseTo(14 / 10);
  });
});
