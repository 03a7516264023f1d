import { beforeAll, expect, it } from 'vitest';
import type { Backend } from '#core/backend.ts';
import { Random } from '#core/optimise/random.ts';
import type { Audio } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { describeWithGpu } from '../../../test-support/gpu.ts';
import { madeUpPair } from '../../../test-support/made-up-pair.ts';
import type { GpuConnection } from '../../backend.ts';
import { fitPair, type FitProgress, type FitResult } from '../../fit.ts';
import { cosineOf, type Segment } from '../../objective.ts';
import { cutSegments } from '../../segments.ts';
import { openStart, withDamping } from '../../start.ts';
import { GpuEvaluator } from '../evaluator.ts';
import { LocalGpu } from './local-gpu.ts';
import { nodeGpu } from './node-gpu.ts';

/** In software 2000 take some minutes. */
const EVALUATIONS = Number(process.env['VOXFIT_GPU_EVALUATIONS'] ?? 20);
/** From when on the process’s memory tells more than what libraries allocate once. */
const WARM = Math.min(100, EVALUATIONS >> 1);
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

/** A GPU like the one of the tests, whose device is lost before its `count`-th submission, and what it was told so far. */
async function losing(count: number): Promise<{ gpu: LocalGpu; submissions: () => number }> {
  const gpu = await LocalGpu.open(await nodeGpu());
  const { device } = gpu.context;
  const submit = device.queue.submit.bind(device.queue);
  let submissions = 0;
  device.queue.submit = (commands) => {
    if (++submissions === count) device.destroy();
    submit(commands);
  };
  return { gpu, submissions: () => submissions };
}

const oneSecond = ({ dry, wet }: { dry: Audio; wet: Audio }): Segment[] => {
  const [mono, left, right] = [...dry.channels, ...wet.channels].map((samples) =>
    samples.subarray(0, FIT_SAMPLE_RATE_HZ),
  );
  return cutSegments(mono!, [left!, right!]);
};

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
      const objective = await GpuEvaluator.make(gpu.context, oneSecond(pair), { tailSeconds: 0.4 });
      const start = withDamping(openStart(new Random(1)));
      const evaluate = () => objective.evaluate(start, [0], 'train', true);
      const first = await evaluate();
      const buffers = live.size;
      let residentBytes = 0;
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
    'computes the same within the limits that every GPU has',
    async () => {
      const adapter = (await (await nodeGpu()).requestAdapter({ powerPreference: 'high-performance' }))!;
      const least = {
        info: adapter.info,
        features: new Set(),
        limits: { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 },
        requestDevice: adapter.requestDevice.bind(adapter),
      };
      const guaranteed = await LocalGpu.openAdapter(least as unknown as GPUAdapter);
      expect(guaranteed.context.limits).toMatchObject({
        ...least.limits,
        maxComputeWorkgroupStorageSize: 16_384,
        maxStorageBuffersPerShaderStage: 8,
      });
      const start = withDamping(openStart(new Random(1)));
      const [expected, got] = await Promise.all(
        [gpu, guaranteed].map(async ({ context }) => {
          const objective = await GpuEvaluator.make(context, oneSecond(pair), { tailSeconds: 0.4 });
          const evaluation = await objective.evaluate(start, [0], 'train', true);
          objective.end();
          return evaluation;
        }),
      );
      guaranteed.end();
      expect(Math.abs(got!.total / expected!.total - 1)).toBeLessThan(1e-5);
      expect(cosineOf(got!.gradient!, expected!.gradient!)).toBeGreaterThan(0.9999);
    },
    PATIENCE_MS,
  );

  it(
    'ends on the processor, at whatever submission its device is lost',
    async () => {
      const options = { steps: 2, threads: 1, seed: 3 } as const;
      const random = new Random(7);
      const onCpu = await fitPair(pair.dry, pair.wet, options);
      const fitOn = async (lost: LocalGpu, backend: Backend): Promise<[FitResult, FitProgress[]]> => {
        const seen: FitProgress[] = [];
        const connection: GpuConnection = {
          // So that it is measured.
          adapter: { ...lost.adapter, type: 'hardware' },
          prepare: (segments) => lost.prepare(segments),
          end: () => {
            lost.end();
          },
        };
        const result = await fitPair(pair.dry, pair.wet, {
          ...options,
          backend,
          openGpu: () => Promise.resolve(connection),
          onProgress: (progress) => seen.push(progress),
        });
        return [result, seen];
      };
      const lasting = await losing(Infinity);
      expect((await fitOn(lasting.gpu, 'webgpu'))[0].use.backend).toBe('webgpu');
      const all = lasting.submissions();
      expect(all).toBeGreaterThan(8);

      // The first ones fill the segment's slot; the start is scored before there are steps.
      for (const range of [
        [1, 4],
        [5, all],
      ] as const) {
        const at = range[0] + Math.floor(random.uniform() * (range[1] - range[0] + 1));
        const lost = await losing(at);
        const [result, seen] = await fitOn(lost.gpu, 'webgpu');
        const losses = seen.map(({ loss }) => loss);
        expect(result.use.backend, `lost at ${at} of ${all}`).toBe('cpu');
        expect(losses).toEqual([...losses].sort((a, b) => b - a));
        expect(Math.abs(result.loss / onCpu.loss - 1)).toBeLessThan(0.01);
        expect(result.warnings).toHaveLength(1);
        expect(result.warnings[0]).toMatch(/^The GPU was lost .*processor/);
        expect(lost.submissions()).toBeGreaterThanOrEqual(at);
      }

      // Measuring takes two evaluations at the least.
      const at = 1 + Math.floor(random.uniform() * 6);
      const [measured] = await fitOn((await losing(at)).gpu, 'auto');
      expect(measured.use.sentence, `lost at ${at}`).toMatch(/^On the processor .* The GPU was lost /);
      expect(measured.raw).toEqual(onCpu.raw);
    },
    PATIENCE_MS,
  );

  it(
    'has memory for as many segments side by side as are evaluated together, and gives back what it had before',
    async () => {
      const [left, right] = pair.wet.channels;
      const [segment] = cutSegments(pair.dry.channels[0]!, [left!, right!]);
      const segments = [segment!, segment!, segment!];
      const bytesFor = async (together?: number): Promise<number> => {
        await gpu.prepare(segments, together);
        return Array.from(live).reduce((sum, { size }) => sum + size, 0);
      };
      const bytesOfOne = await bytesFor(1);
      const bytesOfAll = await bytesFor();
      expect(bytesOfAll).toBeGreaterThan(1.5 * bytesOfOne);
      expect(await bytesFor(3)).toBe(bytesOfAll);
      expect(await bytesFor(1)).toBe(bytesOfOne);
    },
    PATIENCE_MS,
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
