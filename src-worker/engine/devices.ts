/** What this computer can run fits on, and how fast each is at what a fit does: loss and gradient of a 12 s segment. */
import { availableParallelism, cpus } from 'node:os';
import { Random } from '#core/optimise/random.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { evaluationsPerSecond } from './backend.ts';
import { CpuEvaluations } from './cpu-evaluations.ts';
import { adapterFacts, gpuProblem, type AdapterFacts } from './gpu/device.ts';
import { LocalGpu } from './gpu/hosts/local-gpu.ts';
import { loadKernelModule } from './kernel-module.ts';
import type { Segment } from './objective.ts';
import { openStart, withDamping } from './start.ts';

/** Null where it could not be measured; then `problem` says why in one sentence. */
interface Measured {
  readonly evaluationsPerSecond: number | null;
  readonly problem: string | null;
}

export interface GpuDevice extends AdapterFacts, Measured {
  readonly backend: 'webgpu';
}

export interface CpuDevice extends Measured {
  readonly backend: 'cpu';
  readonly name: string;
  readonly type: 'cpu';
  readonly threads: number;
}

const SEGMENT_SECONDS = 12;
const WARMUP_SECONDS = 5;
/** Side by side on a GPU, as the steps of a fit have them; software gains nothing from more than one. */
const SEGMENTS = { hardware: 4, software: 1 } as const;

/** Bursts of noise, and what two short echoes make of them: how they sound makes no difference to the time. */
function madeUpSegment(): Segment {
  const random = new Random(1);
  const length = SEGMENT_SECONDS * FIT_SAMPLE_RATE_HZ;
  const dry = Float32Array.from(
    { length },
    (_, n) => 0.15 * random.signed() * (1 - (((4 * n) / FIT_SAMPLE_RATE_HZ) % 1)),
  );
  const echo = (samples: number) => dry.map((x, n) => x + 0.5 * (dry[n - samples] ?? 0));
  return { dry, wet: [echo(3000), echo(5000)], warmupSamples: WARMUP_SECONDS * FIT_SAMPLE_RATE_HZ };
}

const start = () => withDamping(openStart(new Random(1)));

/** All threads, one segment each. */
export async function measureCpu(): Promise<CpuDevice> {
  const threads = availableParallelism();
  const evaluations = new CpuEvaluations(await loadKernelModule(), [madeUpSegment()], threads, 1);
  try {
    const starts = Array.from({ length: threads }, start);
    return {
      backend: 'cpu',
      name: cpus()[0]?.model.trim() || 'unnamed processor',
      type: 'cpu',
      threads,
      evaluationsPerSecond: await evaluationsPerSecond(evaluations, starts, [0]),
      problem: null,
    };
  } finally {
    await evaluations.end();
  }
}

/** Every adapter that WebGPU tells of: the fastest, the thriftiest, and one in software. */
export async function measureGpus(gpu: GPU): Promise<GpuDevice[]> {
  const wishes: GPURequestAdapterOptions[] = [
    { powerPreference: 'high-performance' },
    { powerPreference: 'low-power' },
    { forceFallbackAdapter: true },
  ];
  const devices: GpuDevice[] = [];
  for (const wish of wishes) {
    const adapter = await gpu.requestAdapter(wish);
    if (!adapter) continue;
    const facts = adapterFacts(adapter);
    if (devices.some(({ name, type }) => name === facts.name && type === facts.type)) continue;
    devices.push({ backend: 'webgpu', ...facts, ...(await measureAdapter(adapter, facts)) });
  }
  return devices;
}

async function measureAdapter(adapter: GPUAdapter, { type }: AdapterFacts): Promise<Measured> {
  let gpu: LocalGpu | undefined;
  try {
    gpu = await LocalGpu.openAdapter(adapter);
    const segments = Array.from({ length: SEGMENTS[type] }, madeUpSegment);
    const objective = await gpu.prepare(segments);
    const batch = segments.map((_, i) => i);
    return {
      evaluationsPerSecond: await evaluationsPerSecond({ objective: () => objective }, [start()], batch),
      problem: null,
    };
  } catch (error) {
    return { evaluationsPerSecond: null, problem: gpuProblem(error) };
  } finally {
    gpu?.end();
  }
}
