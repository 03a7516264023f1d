import fc from 'fast-check';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Random } from '#core/optimise/random.ts';
import type { Audio } from '#core/signal/audio.ts';
import { madeUpPair } from '../test-support/made-up-pair.ts';
import { openEvaluations, type BackendRequest, type GpuConnection } from './backend.ts';
import { CpuEvaluations } from './cpu-evaluations.ts';
import { EXACT, FAST } from './cpu/evaluator.ts';
import { fitPair, type FitProgress, type FitResult } from './fit.ts';
import { GpuError } from './gpu/device.ts';
import { loadKernelModule } from './kernel-module.ts';
import type { Evaluation, Objective, Segment } from './objective.ts';
import { cutSegments } from './segments.ts';
import { openStart, withDamping } from './start.ts';
import { ThreadPool } from './thread-pool.ts';

const RATE = 44_100;
const LIMITS = {
  maxBufferSize: 2 ** 30,
  maxStorageBufferBindingSize: 2 ** 30,
  maxComputeWorkgroupStorageSize: 16_384,
  maxStorageBuffersPerShaderStage: 8,
};

let pair: { dry: Audio; wet: Audio };
let segments: Segment[];
let module: WebAssembly.Module;
const start = withDamping(openStart(new Random(1)));

beforeAll(async () => {
  const whole = await madeUpPair(3);
  const cut = (audio: Audio): Audio => ({
    ...audio,
    channels: audio.channels.map((channel) => channel.subarray(0, 1.5 * RATE)),
  });
  pair = { dry: cut(whole.dry), wet: cut(whole.wet) };
  segments = cutSegments(pair.dry.channels[0]!, [pair.wet.channels[0]!, pair.wet.channels[1]!]);
  module = await loadKernelModule();
});

interface Device extends GpuConnection {
  isEnded: boolean;
}

/** In the place of a GPU, since the ones of tests are neither fast nor wrong nor lost at will. */
function device(
  evaluate: (...request: Parameters<Objective['evaluate']>) => Promise<Evaluation>,
  type: 'hardware' | 'software' = 'hardware',
): Device {
  return {
    adapter: { name: 'Test', type, limits: LIMITS },
    isEnded: false,
    prepare: () => Promise.resolve({ evaluate }),
    end() {
      this.isEnded = true;
    },
  };
}

/**
 * A device that computes as the processor does, at first exactly, to be compared, until its `failAt`-th evaluation, counted
 * from 0.
 */
function failingDevice(failAt: number): Device & { evaluations: number } {
  const pools: ThreadPool[] = [];
  const failing: Device & { evaluations: number } = {
    ...device(() => Promise.reject(new Error('never asked'))),
    evaluations: 0,
    prepare: (prepared) => {
      pools.push(...[EXACT, FAST].map((options) => new ThreadPool(module, prepared, options, 1, 1)));
      const [exact, fast] = pools.map((pool) => pool.objective(0, 1));
      return Promise.resolve({
        evaluate: (...request) => {
          const number = failing.evaluations++;
          return number === failAt
            ? Promise.reject(new GpuError('The GPU was lost (unknown).'))
            : (number === 0 ? exact! : fast!).evaluate(...request);
        },
      });
    },
    end() {
      failing.isEnded = true;
      for (const pool of pools) void pool.end();
    },
  };
  return failing;
}

const STEPS = 8;
const QUICK = { steps: STEPS, threads: 1, seed: 3 } as const;

describe('a fit whose GPU fails', () => {
  let onCpu: FitResult;
  beforeAll(async () => {
    onCpu = await fitPair(pair.dry, pair.wet, QUICK);
  });

  it('ends where it would have ended, from whatever evaluation on, with one warning', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: STEPS + 1 }), async (failAt) => {
        const lost = failingDevice(failAt);
        const seen: FitProgress[] = [];
        const toldAfter: number[] = [];
        const result = await fitPair(pair.dry, pair.wet, {
          ...QUICK,
          backend: 'webgpu',
          openGpu: () => Promise.resolve(lost),
          onWarning: () => toldAfter.push(seen.length),
          onProgress: (progress) => seen.push(progress),
        });
        // Later, the spectral norms that the processor's kernels keep from step to step differ in their last digits.
        if (failAt < 2) expect(result.raw).toEqual(onCpu.raw);
        expect(Math.abs(result.loss / onCpu.loss - 1)).toBeLessThan(0.01);
        expect(result.warnings).toEqual([
          'The GPU was lost (unknown). The processor took over; nothing of the fit is lost.',
        ]);
        expect(result.use).toEqual({
          backend: 'cpu',
          sentence: 'On the processor (1 thread). The GPU was lost (unknown).',
        });
        expect(lost.evaluations).toBe(failAt + 1);
        expect(lost.isEnded).toBe(true);
        const losses = seen.map(({ loss }) => loss);
        expect(losses).toEqual([...losses].sort((a, b) => b - a));
        expect(seen.filter(({ use }) => use.backend === 'webgpu')).toHaveLength(Math.max(0, failAt - 1));
        expect(toldAfter).toEqual([Math.max(0, failAt - 1)]);
      }),
      { numRuns: 6, seed: 5, examples: [[0], [1], [STEPS + 1]] },
    );
  });

  it('says nothing where the GPU lasts, and gives it back', async () => {
    const lasting = failingDevice(-1);
    const result = await fitPair(pair.dry, pair.wet, {
      ...QUICK,
      backend: 'webgpu',
      openGpu: () => Promise.resolve(lasting),
    });
    expect(result.raw).toEqual(onCpu.raw);
    expect(result.warnings).toEqual([]);
    expect(result.use).toEqual({ backend: 'webgpu', sentence: 'On the GPU “Test”.' });
    expect(lasting.isEnded).toBe(true);
  });

  it('says so once, however many trajectories were on it', async () => {
    const lost = failingDevice(5);
    const result = await fitPair(pair.dry, pair.wet, {
      ...QUICK,
      threads: 3,
      backend: 'webgpu',
      openGpu: () => Promise.resolve(lost),
    });
    const alone = await fitPair(pair.dry, pair.wet, { ...QUICK, threads: 3 });
    // After the comparison, three trajectories have their second evaluation under way.
    expect(lost.evaluations).toBe(7);
    expect(lost.isEnded).toBe(true);
    expect(Math.abs(result.loss / alone.loss - 1)).toBeLessThan(0.01);
    expect(result.warnings).toHaveLength(1);
  });

  it('runs on the processor where there is no GPU: a warning only for who asked for one', async () => {
    const openGpu = (): Promise<never> =>
      Promise.reject(new GpuError('No GPU that WebGPU can use was found.'));
    const asked = await fitPair(pair.dry, pair.wet, { ...QUICK, backend: 'webgpu', openGpu });
    expect(asked.warnings).toEqual([
      'No GPU that WebGPU can use was found. The fit runs on the processor instead.',
    ]);
    const left = await fitPair(pair.dry, pair.wet, { ...QUICK, backend: 'auto', openGpu });
    expect(left.warnings).toEqual([]);
    expect(left.use.sentence).toMatch(/^On the processor .*No GPU/);
    expect(left.raw).toEqual(onCpu.raw);
  });
});

/** What a device computes that is compared with itself. */
const ANSWER: Evaluation = {
  total: 1,
  terms: { mss_lr: 1, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 },
  delayRegulariser: 0,
  gradient: new Float64Array(152).fill(1),
};
const answering = (): Promise<Evaluation> => Promise.resolve(ANSWER);
const never = (): Promise<never> => new Promise(() => undefined);

/** Answers once, to be compared, and does something else from then on. */
function afterComparison(evaluate: () => Promise<Evaluation>): () => Promise<Evaluation> {
  let isCompared = false;
  return () => {
    if (isCompared) return evaluate();
    isCompared = true;
    return answering();
  };
}

describe('a GPU that never answers', () => {
  const warnings: string[] = [];
  const open = (gpu: Device) =>
    openEvaluations({
      backend: 'webgpu',
      openGpu: () => Promise.resolve(gpu),
      cpu: new CpuEvaluations(module, segments, 1, 1),
      segments,
      starts: [start],
      batch: [0],
      wholeStepSeconds: 1,
      exact: answering,
      warn: (message) => warnings.push(message),
    });
  beforeEach(() => {
    warnings.length = 0;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['hardware', 120],
    ['software', 900],
  ] as const)('in %s is given up when the segments are not taken in %i s', async (type, seconds) => {
    const gpu: Device = { ...device(never, type), prepare: never };
    const opening = open(gpu);
    await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
    expect(gpu.isEnded).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await opening).use.backend).toBe('cpu');
    expect(gpu.isEnded).toBe(true);
    expect(warnings).toEqual([
      `The GPU has not answered for ${seconds} seconds. The fit runs on the processor instead.`,
    ]);
  });

  it.each([
    ['hardware', 60],
    ['software', 900],
  ] as const)('in %s is given up when an evaluation takes %i s', async (type, seconds) => {
    const gpu = device(afterComparison(never), type);
    const evaluations = await open(gpu);
    warnings.length = 0;
    const going = evaluations.objective(0).evaluate(start, [0], 'eval', false);
    await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
    expect(gpu.isEnded).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(gpu.isEnded).toBe(true);
    expect((await going).total).toBeGreaterThan(0);
    expect(warnings).toEqual([
      `The GPU has not answered for ${seconds} seconds. The processor took over; nothing of the fit is lost.`,
    ]);
    await evaluations.end();
  });
});

describe('a choice that is stopped', () => {
  const gpus: readonly (readonly [string, (stop: () => void) => () => Promise<GpuConnection>])[] = [
    [
      'while the GPU is opened',
      (stop) => () => {
        stop();
        return never();
      },
    ],
    [
      'while it takes the segments',
      (stop) => () =>
        Promise.resolve({
          ...device(never),
          prepare: () => {
            stop();
            return never();
          },
        }),
    ],
    [
      'while it computes',
      (stop) => () =>
        Promise.resolve(
          device(() => {
            stop();
            return never();
          }),
        ),
    ],
  ];

  it.each(gpus)('%s leaves the processor, without a word', async (_, gpu) => {
    for (const backend of ['auto', 'webgpu'] as const) {
      const controller = new AbortController();
      const warnings: string[] = [];
      const cpu = new CpuEvaluations(module, segments, 1, 1);
      const evaluations = await openEvaluations({
        backend,
        openGpu: gpu(() => {
          controller.abort();
        }),
        cpu,
        segments,
        starts: [start],
        batch: [0],
        wholeStepSeconds: 1,
        exact: never,
        warn: (message) => warnings.push(message),
        signal: controller.signal,
      });
      expect(evaluations).toBe(cpu);
      expect(warnings).toEqual([]);
      await evaluations.end();
    }
  });

  it('ends the fit where it starts', async () => {
    const controller = new AbortController();
    const seen: FitProgress[] = [];
    const result = await fitPair(pair.dry, pair.wet, {
      ...QUICK,
      init: start.slice(0, -1),
      backend: 'webgpu',
      openGpu: () => {
        controller.abort();
        return never();
      },
      signal: controller.signal,
      onProgress: (progress) => seen.push(progress),
    });
    expect(result).toMatchObject({ stopped: 'interrupted', steps: 0, evaluations: 0, warnings: [] });
    expect(result.raw).toEqual(start.slice(0, -1));
    expect(result.loss).toBe(result.initialLoss);
    expect(seen).toEqual([]);
  });

  it('takes no time of the fit’s when it is not', async () => {
    const choosingSeconds = 0.5;
    const begin = performance.now();
    const { elapsed } = await fitPair(pair.dry, pair.wet, {
      ...QUICK,
      backend: 'auto',
      openGpu: async () => {
        await setTimeout(1000 * choosingSeconds);
        throw new GpuError('The GPU is asleep.');
      },
    });
    // A timer may be some milliseconds early.
    expect(elapsed).toBeLessThan((performance.now() - begin) / 1000 - 0.9 * choosingSeconds);
  });
});

describe('evaluations that end', () => {
  it('take what is under way on the GPU with them, and leave the processor alone', async () => {
    const warnings: string[] = [];
    const gpu = device(afterComparison(() => pending));
    const pending = new Promise<Evaluation>((_, reject) => {
      gpu.end = () => {
        reject(new GpuError('The GPU was given back.'));
      };
    });
    const cpu = new CpuEvaluations(module, segments, 1, 1);
    const objective = vi.spyOn(cpu, 'objective');
    const evaluations = await openEvaluations({
      backend: 'webgpu',
      openGpu: () => Promise.resolve(gpu),
      cpu,
      segments,
      starts: [start],
      batch: [0],
      wholeStepSeconds: 1,
      exact: answering,
      warn: (message) => warnings.push(message),
    });
    const going = expect(evaluations.objective(0).evaluate(start, [0], 'train', true)).rejects.toThrow(
      'The GPU was given back.',
    );
    await evaluations.end();
    await going;
    expect(objective).not.toHaveBeenCalled();
    expect(warnings).toEqual([]);
  });
});

describe('the automatic choice', () => {
  const warnings: string[] = [];
  const choose = async (gpu: Device, change: Partial<BackendRequest> = {}) => {
    warnings.length = 0;
    const cpu = new CpuEvaluations(module, segments, 1, 1);
    const evaluations = await openEvaluations({
      backend: 'auto',
      openGpu: () => Promise.resolve(gpu),
      cpu,
      segments,
      starts: [start],
      batch: [0],
      wholeStepSeconds: 1,
      exact: () => exact(),
      warn: (message) => warnings.push(message),
      ...change,
    });
    await evaluations.end();
    return evaluations.use;
  };
  const exact = async (): Promise<Evaluation> => {
    const pool = new ThreadPool(module, segments, EXACT, 1, 1);
    const evaluation = await pool.objective(0, 1).evaluate(start, [0], 'train', true);
    await pool.end();
    return evaluation;
  };
  const answer = (total: number): Evaluation => ({
    total,
    terms: { mss_lr: total, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 },
    delayRegulariser: 0,
    gradient: new Float64Array(152),
  });

  const scaled = (evaluation: Evaluation, by: number): Evaluation => ({
    ...evaluation,
    total: evaluation.total * by,
  });

  it('takes a GPU that is faster and right', async () => {
    const right = scaled(await exact(), 1.0001);
    const use = await choose(device(() => Promise.resolve(right)));
    expect(use.backend).toBe('webgpu');
    expect(use.sentence).toMatch(
      /^On the GPU “Test”\. \d+ evaluations a second, against [\d.]+ on the processor\.$/,
    );
    expect(warnings).toEqual([]);
  });

  it('measures both at settings that move, and in the same way', async () => {
    const right = await exact();
    const seen: { onGpu: Float64Array[]; onCpu: Float64Array[] } = { onGpu: [], onCpu: [] };
    const cpu = new CpuEvaluations(module, segments, 1, 1);
    const { evaluate } = cpu.objective(0);
    vi.spyOn(cpu, 'objective').mockReturnValue({
      evaluate: (raw, ...rest) => {
        seen.onCpu.push(raw);
        return evaluate(raw, ...rest);
      },
    });
    const gpu = device((raw) => {
      seen.onGpu.push(raw);
      return Promise.resolve(right);
    });
    expect((await choose(gpu, { cpu })).backend).toBe('webgpu');
    const both = Math.min(seen.onCpu.length, seen.onGpu.length);
    expect(both).toBeGreaterThanOrEqual(2);
    expect(seen.onGpu.slice(0, both)).toEqual(seen.onCpu.slice(0, both));
    for (const [i, raw] of seen.onGpu.entries()) expect(raw).not.toEqual(seen.onGpu[i - 1]);
    // What is compared is the start itself.
    expect(seen.onGpu.at(-1)).toEqual(start);
  });

  it('refuses one that is faster and wrong, with a warning', async () => {
    const wrong = scaled(await exact(), 1.01);
    const gpu = device(() => Promise.resolve(wrong));
    expect((await choose(gpu)).backend).toBe('cpu');
    expect(warnings.join()).toMatch(
      /^“Test” computes a loss of [\d.]+ where the processor computes [\d.]+; it is not used\.$/,
    );
    expect(gpu.isEnded).toBe(true);
  });

  it('refuses one whose loss is right and whose gradient is not', async () => {
    const right = await exact();
    const wrong = { ...right, gradient: right.gradient!.map((g, i) => (i % 2 === 0 ? g : -g)) };
    const use = await choose(device(() => Promise.resolve(wrong)));
    expect(use.sentence).toMatch(/“Test” computes another gradient than the processor; it is not used\.$/);
    expect(warnings).toHaveLength(1);
  });

  it('refuses one that is right for one segment and wrong for two side by side', async () => {
    const right = await exact();
    const gpu = device((_, { length }) => Promise.resolve(length === 1 ? right : scaled(right, 1.01)));
    const twice = [...segments, ...segments];
    const two = { segments: twice, batch: [0, 1], cpu: new CpuEvaluations(module, twice, 1, 1) };
    expect((await choose(gpu, two)).sentence).toMatch(/computes a loss of [\d.]+ where .* it is not used\.$/);
  });

  it('refuses one that is wrong even if it was asked for', async () => {
    const wrong = scaled(await exact(), 1.01);
    expect(
      (
        await choose(
          device(() => Promise.resolve(wrong)),
          { backend: 'webgpu' },
        )
      ).backend,
    ).toBe('cpu');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /computes a loss .* it is not used\. The fit runs on the processor instead\.$/,
    );
  });

  it('refuses one that computes no number', async () => {
    const use = await choose(device(() => Promise.resolve(answer(NaN))));
    expect(use.sentence).toMatch(/^On the processor .* The GPU computed what is not a number\.$/);
  });

  it('refuses one that is slower', async () => {
    const right = await exact();
    const gpu = device(async () => {
      await setTimeout(1500);
      return right;
    });
    const use = await choose(gpu);
    expect(use.backend).toBe('cpu');
    expect(use.sentence).toMatch(/evaluations a second, more than 3 times as many as on “Test”\.$/);
    expect(warnings).toEqual([]);
    expect(gpu.isEnded).toBe(true);
  });

  it('does not wait for one that is far slower', async () => {
    const right = await exact();
    let evaluations = 0;
    const gpu = device(() => (evaluations++ === 0 ? Promise.resolve(right) : new Promise(() => undefined)));
    expect((await choose(gpu)).backend).toBe('cpu');
    expect(evaluations).toBe(2);
    expect(gpu.isEnded).toBe(true);
  });

  it('leaves a GPU in software alone, unless it was asked for', async () => {
    const right = await exact();
    const gpu = device(() => Promise.resolve(right), 'software');
    expect((await choose(gpu)).sentence).toMatch(/“Test” is a GPU in software/);
    expect(gpu.isEnded).toBe(true);
    expect(warnings).toEqual([]);
    expect((await choose(gpu, { backend: 'webgpu' })).backend).toBe('webgpu');
    expect(warnings).toEqual(['“Test” is a GPU in software, slower than the processor itself.']);
  });

  it('survives a GPU that takes the segments and fails at once, or does not even take them', async () => {
    const failing = device(() => Promise.reject(new GpuError('The GPU ran out of memory.')));
    expect((await choose(failing)).sentence).toMatch(/^On the processor .* The GPU ran out of memory\.$/);
    const full: Device = {
      ...device(() => Promise.resolve(answer(1))),
      prepare: () => Promise.reject(new GpuError('The GPU has no buffers of 900 MB.')),
    };
    expect((await choose(full)).sentence).toMatch(/no buffers of 900 MB/);
    expect(full.isEnded).toBe(true);
  });
});
