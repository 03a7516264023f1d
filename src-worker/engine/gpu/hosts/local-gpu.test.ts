import { beforeAll, expect, it } from 'vitest';
import { Random } from '#core/optimise/random.ts';
import type { Audio } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { describeWithGpu } from '../../../test-support/gpu.ts';
import { madeUpPair } from '../../../test-support/made-up-pair.ts';
import { fitPair, type FitProgress } from '../../fit.ts';
import { cutSegments } from '../../segments.ts';
import { openStart, withDamping } from '../../start.ts';
import { GpuEvaluator } from '../evaluator.ts';
import { LocalGpu } from './local-gpu.ts';
import { nodeGpu } from './node-gpu.ts';

/** In software 2000 take some minutes. */
const EVALUATIONS = Number(process.env['VOXFIT_GPU_EVALUATIONS'] ?? 20);
/** From when on the process’s memory tells more than what libraries allocate once. */
const WARM = 100;
const MEMORY_SLACK_BYTES = 64 * 2 ** 20;
const STEPS = 4;
/** Software compiles every shader before its first use, on a busy machine for minutes. */
const PATIENCE_MS = 600_000;

/** Counts what a device has allocated and not given back. */
function liveBuffers(device: GPUDevice): Set<GPUBuffer> {
  const live = new Set<GPUBuffer>();
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    live.add(buffer);
    buffer.destroy = () => {
      live.delete(buffer);
      destroy();
    };
    return buffer;
  };
  return live;
}

let gpu: LocalGpu;
let live: Set<GPUBuffer>;
let pair: { dry: Audio; wet: Audio };

// The tests share a device and its shaders; the last one loses it.
describeWithGpu('a fit on a GPU', () => {
  beforeAll(async () => {
    gpu = await LocalGpu.open(await nodeGpu());
    live = liveBuffers(gpu.context.device);
    pair = await madeUpPair(1.5);
  });

  it(
    'takes no memory from evaluation to evaluation',
    async () => {
      const second = (samples: Float32Array) => samples.subarray(0, FIT_SAMPLE_RATE_HZ);
      const [left, right] = pair.wet.channels.map(second);
      const segments = cutSegments(second(pair.dry.channels[0]!), [left!, right!]);
      const objective = await GpuEvaluator.make(gpu.context, segments, { tailSeconds: 0.4 });
      const start = withDamping(openStart(new Random(1)));
      const evaluate = () => objective.evaluate(start, [0], 'train', true);
      const first = await evaluate();
      const buffers = live.size;
      let residentBytes = Infinity;
      for (let i = 1; i < EVALUATIONS; i++) {
        const { total } = await evaluate();
        expect(Math.abs(total / first.total - 1)).toBeLessThan(1e-5);
        expect(live.size).toBe(buffers);
        if (i === WARM) residentBytes = process.memoryUsage.rss();
      }
      expect(process.memoryUsage.rss()).toBeLessThan(residentBytes + MEMORY_SLACK_BYTES);
      objective.end();
    },
    2 * PATIENCE_MS,
  );

  it(
    'goes the processor’s way, and on it when its device is lost',
    async () => {
      const options = { steps: STEPS, threads: 1, seed: 3 } as const;
      const lossesOf = (seen: readonly FitProgress[]): number[] => seen.map(({ loss }) => loss);
      const onCpu: FitProgress[] = [];
      const expected = await fitPair(pair.dry, pair.wet, {
        ...options,
        onProgress: (progress) => onCpu.push(progress),
      });
      const seen: FitProgress[] = [];
      const result = await fitPair(pair.dry, pair.wet, {
        ...options,
        backend: 'webgpu',
        openGpu: () => Promise.resolve(gpu),
        onProgress: (progress) => {
          seen.push(progress);
          if (progress.step === STEPS / 2) gpu.context.device.destroy();
        },
      });
      expect(seen.map(({ use }) => use.backend)).toEqual(['webgpu', 'webgpu', 'webgpu', 'cpu', 'cpu', 'cpu']);
      lossesOf(seen).forEach((loss, i) => {
        expect(Math.abs(loss / lossesOf(onCpu)[i]! - 1)).toBeLessThan(0.01);
      });
      expect(Math.abs(result.loss / expected.loss - 1)).toBeLessThan(0.01);
      const warnings = result.warnings.filter((warning) => !/is a GPU in software/.test(warning));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(
        /^The GPU was lost .*\. The processor took over; nothing of the fit is lost\.$/,
      );
      expect(live.size).toBe(0);
    },
    PATIENCE_MS,
  );
});
