/** Fits of more segments than a step on the processor sees, beside GPUs of different speeds. */
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '#core/optimise/random.ts';
import type { Audio } from '#core/signal/audio.ts';
import { madeUpPair } from '../test-support/made-up-pair.ts';
import { openEvaluations, type GpuConnection } from './backend.ts';
import { CpuEvaluations } from './cpu-evaluations.ts';
import { EXACT } from './cpu/evaluator.ts';
import { fitPair, type FitCheckpoint, type FitProgress } from './fit.ts';
import { GpuError } from './gpu/device.ts';
import { loadKernelModule } from './kernel-module.ts';
import type { Evaluation, Objective, Segment } from './objective.ts';
import { openStart, withDamping } from './start.ts';
import { ThreadPool } from './thread-pool.ts';

const RATE = 44_100;
const SEGMENTS = 3;
/** Of one thread. */
const BATCH = 2;
const LIMITS = {
  maxBufferSize: 2 ** 30,
  maxStorageBufferBindingSize: 2 ** 30,
  maxComputeWorkgroupStorageSize: 16_384,
  maxStorageBuffersPerShaderStage: 8,
};

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await loadKernelModule();
});

interface Watched extends GpuConnection {
  /** For how many side by side it was prepared, each time. */
  readonly prepared: number[];
  /** Most segments of an evaluation since it was prepared last. */
  readonly seen: number;
}

/** In the place of a GPU, whose speed is not for a test to choose. */
function connection(
  make: (segments: readonly Segment[]) => Objective,
  end: () => void = () => undefined,
): Watched {
  const prepared: number[] = [];
  let seen = 0;
  return {
    adapter: { name: 'Test', type: 'hardware', limits: LIMITS },
    prepared,
    get seen() {
      return seen;
    },
    prepare(segments, together = segments.length) {
      prepared.push(together);
      seen = 0;
      const objective = make(segments);
      return Promise.resolve({
        evaluate: (raw, indices, ...rest) => {
          seen = Math.max(seen, indices.length);
          return objective.evaluate(raw, indices, ...rest);
        },
      });
    },
    end,
  };
}

describe('what a GPU is given at a step', () => {
  const start = withDamping(openStart(new Random(1)));
  const noise = new Random(2);
  const signal = () => Float32Array.from({ length: 1.1 * RATE }, () => 0.1 * noise.signed());
  const segments = Array.from({ length: SEGMENTS }, (): Segment => ({
    dry: signal(),
    wet: [signal(), signal()],
    warmupSamples: 0,
  }));
  const evaluation: Evaluation = {
    total: 1,
    terms: { mss_lr: 1, mss_ms: 0, mldr_lr: 0, mldr_ms: 0 },
    delayRegulariser: 0,
    gradient: new Float64Array(152).fill(1),
  };
  const answering = (milliseconds: number): Watched =>
    connection(() => ({
      evaluate: async () => {
        await setTimeout(milliseconds);
        return evaluation;
      },
    }));
  const open = async (gpu: GpuConnection, backend: 'auto' | 'webgpu', wholeStepSeconds: number) => {
    const cpu = new CpuEvaluations(module, segments, 1, 1);
    const evaluations = await openEvaluations({
      backend,
      openGpu: () => Promise.resolve(gpu),
      cpu,
      segments,
      starts: [start],
      batch: [0, 1],
      wholeStepSeconds,
      exact: () => Promise.resolve(evaluation),
      warn: () => undefined,
    });
    await evaluations.end();
    return evaluations;
  };

  it.each(['auto', 'webgpu'] as const)(
    'is all segments if it is fast enough for that (%s)',
    async (backend) => {
      const gpu = answering(0);
      const evaluations = await open(gpu, backend, 60);
      expect(evaluations.use.backend).toBe('webgpu');
      expect(evaluations.takesAll).toBe(true);
      expect(gpu.prepared).toEqual([BATCH, SEGMENTS]);
    },
  );

  it('is a batch if all take too long, however near to it a batch came', async () => {
    const gpu = answering(150);
    expect((await open(gpu, 'webgpu', 0.1)).takesAll).toBe(false);
    expect(gpu.prepared.at(-1)).toBe(BATCH);
  });

  it('is a batch, and all are never tried, if that would take far too long', async () => {
    const gpu = answering(150);
    expect((await open(gpu, 'webgpu', 1e-3)).takesAll).toBe(false);
    expect(gpu.prepared).toEqual([BATCH]);
    expect(gpu.seen).toBe(BATCH);
  });

  it('is a batch for the processor that took over while all were tried', async () => {
    let evaluations = 0;
    const gpu = connection(() => ({
      evaluate: (_, { length }) =>
        length === SEGMENTS && ++evaluations === 2
          ? Promise.reject(new GpuError('The GPU was lost.'))
          : Promise.resolve(evaluation),
    }));
    const chosen = await open(gpu, 'webgpu', 60);
    expect(chosen.use.backend).toBe('cpu');
    expect(chosen.takesAll).toBe(false);
  });
});

describe('a fit of many segments', () => {
  const STEPS = 12;
  /** Time enough for all segments at every step, even of a processor that plays a GPU. */
  const OPTIONS = { steps: STEPS, budgetSeconds: 36_000, threads: 1, seed: 3 } as const;
  let pair: { dry: Audio; wet: Audio };
  beforeAll(async () => {
    pair = await madeUpPair(26);
  });

  /** Computes as the exact scoring does until it is lost. */
  function losable(): Watched & { isLost: boolean } {
    let pool: ThreadPool | undefined;
    const gpu: Watched & { isLost: boolean } = Object.assign(
      connection(
        (segments) => {
          pool ??= new ThreadPool(module, segments, EXACT, 1, SEGMENTS);
          const objective = pool.objective(0, 1);
          return {
            evaluate: (...request) =>
              gpu.isLost ? Promise.reject(new GpuError('The GPU was lost.')) : objective.evaluate(...request),
          };
        },
        () => void pool?.end(),
      ),
      { isLost: false },
    );
    return gpu;
  }

  /** A fit on a GPU that is lost after some steps, and what was seen of it. */
  async function fitLosing(lostAfter: number) {
    const gpu = losable();
    const seen: FitProgress[] = [];
    const checkpoints: FitCheckpoint[] = [];
    const result = await fitPair(pair.dry, pair.wet, {
      ...OPTIONS,
      backend: 'webgpu',
      openGpu: () => Promise.resolve(gpu),
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.step === lostAfter) gpu.isLost = true;
      },
      onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
    });
    const steps = seen.filter(({ phase }) => phase === 'fit');
    return {
      result,
      /** Segments of each step. */
      sizes: steps.map(({ evaluations }, i) => evaluations - (steps[i - 1] ?? seen[0]!).evaluations),
      onGpu: Math.min(...steps.filter(({ use }) => use.backend === 'webgpu').map(({ loss }) => loss)),
      checkpoint: JSON.parse(JSON.stringify(checkpoints[0])) as FitCheckpoint,
    };
  }

  it('sees all at every step on a GPU, and goes on from there on the processor in batches', async () => {
    const { result, sizes, onGpu, checkpoint } = await fitLosing(Infinity);
    expect(sizes).toEqual(Array.from({ length: STEPS }, () => SEGMENTS));
    expect(result.use.backend).toBe('webgpu');
    expect(result.loss / onGpu).toBeCloseTo(1, 5);
    const evaluations: number[] = [];
    const resumed = await fitPair(pair.dry, pair.wet, {
      ...OPTIONS,
      resume: checkpoint,
      onProgress: (progress) => evaluations.push(progress.evaluations),
    });
    expect(evaluations[0]! - checkpoint.evaluations).toBe(BATCH);
    expect(resumed.loss).toBeLessThanOrEqual(checkpoint.trajectories[0]!.best.loss * (1 + 1e-6));
  });

  it('goes on in batches when the GPU is lost, and nothing that was found is', async () => {
    const lostAfter = 6;
    const { result, sizes, onGpu, checkpoint } = await fitLosing(lostAfter);
    // The step at which it is lost is repeated as it was.
    expect(sizes.slice(0, lostAfter + 1)).toEqual(Array.from({ length: lostAfter + 1 }, () => SEGMENTS));
    expect(Math.max(...sizes.slice(lostAfter + 1))).toBe(BATCH);
    expect(result.use.backend).toBe('cpu');
    expect(result.loss).toBeLessThanOrEqual(onGpu * (1 + 1e-6));
    const resumed = await fitPair(pair.dry, pair.wet, { ...OPTIONS, resume: checkpoint });
    expect(resumed.loss).toBeLessThanOrEqual(onGpu * (1 + 1e-6));
  });

  it('is one of batches where there is no time for more', async () => {
    const gpu = losable();
    const evaluations: number[] = [];
    await fitPair(pair.dry, pair.wet, {
      ...OPTIONS,
      steps: 3,
      budgetSeconds: 0.1,
      backend: 'webgpu',
      openGpu: () => Promise.resolve(gpu),
      onProgress: (progress) => evaluations.push(progress.evaluations),
    });
    expect(gpu.prepared).toEqual([BATCH]);
  });
});
