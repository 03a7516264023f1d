/** What this computer can run fits on, and how fast each is at what a fit does: loss and gradient of a 12 s segment. */
import { availableParallelism, cpus } from 'node:os';
import { Random } from '#core/optimise/random.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { evaluationsPerSecond } from './backend.ts';
import { CpuEvaluations } from './cpu-evaluations.ts';
import { adapterFacts, answeredWithin, gpuProblem, oneLine, type AdapterFacts } from './gpu/device.ts';
import { LocalGpu } from './gpu/hosts/local-gpu.ts';
import { SOFTWARE_PATIENCE_MS } from './gpu-evaluations.ts';
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
/** How long a GPU may take to answer at all, and to be measured, the compiling of its shaders included. */
const OPENING_MS = 20_000;
const MEASURING_MS = { hardware: 120_000, software: SOFTWARE_PATIENCE_MS } as const;

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
  return {
    backend: 'cpu',
    name: cpus()[0]?.model.trim() || 'unnamed processor',
    type: 'cpu',
    threads,
    ...(await measured(
      () => rateOnCpu(threads),
      (error) => `The processor failed: ${oneLine(error instanceof Error ? error.message : String(error))}`,
    )),
  };
}

async function rateOnCpu(threads: number): Promise<number> {
  const evaluations = new CpuEvaluations(await loadKernelModule(), [madeUpSegment()], threads, 1);
  try {
    return await evaluationsPerSecond(evaluations, Array.from({ length: threads }, start), [0]);
  } finally {
    await evaluations.end();
  }
}

/** What WebGPU tells of, or else one sentence on why it tells of nothing. */
export interface GpuDevices {
  readonly devices: readonly GpuDevice[];
  readonly problem: string | null;
}

/**
 * The adapters that WebGPU tells of, which are three at most: the fastest, the thriftiest, and one in software. Cards of one
 * name are one to it. A GPU that does not answer is given up after a while.
 *
 * @param onMeasuring told before each is measured, which takes from a moment to minutes
 */
export async function measureGpus(
  gpu: GPU,
  onMeasuring: (facts: AdapterFacts) => void = () => undefined,
): Promise<GpuDevices> {
  const wishes: GPURequestAdapterOptions[] = [
    { powerPreference: 'high-performance' },
    { powerPreference: 'low-power' },
    { forceFallbackAdapter: true },
  ];
  const devices: GpuDevice[] = [];
  for (const wish of wishes) {
    let adapter: GPUAdapter | null;
    try {
      adapter = await answeredWithin(OPENING_MS, gpu.requestAdapter(wish));
    } catch (error) {
      return { devices, problem: gpuProblem(error) };
    }
    if (!adapter) continue;
    const facts = adapterFacts(adapter);
    if (devices.some(({ name, type }) => name === facts.name && type === facts.type)) continue;
    onMeasuring(facts);
    devices.push({ backend: 'webgpu', ...facts, ...(await measureAdapter(adapter, facts)) });
  }
  return { devices, problem: devices.length > 0 ? null : 'No GPU that WebGPU can use was found.' };
}

function measureAdapter(adapter: GPUAdapter, { type }: AdapterFacts): Promise<Measured> {
  const opening = LocalGpu.openAdapter(adapter);
  return measured(async () => {
    try {
      const gpu = await answeredWithin(OPENING_MS, opening);
      return await answeredWithin(MEASURING_MS[type], rateOnGpu(gpu, SEGMENTS[type]));
    } finally {
      // One that comes too late is given back too.
      void opening.then(
        (gpu) => {
          gpu.end();
        },
        () => undefined,
      );
    }
  }, gpuProblem);
}

async function rateOnGpu(gpu: LocalGpu, count: number): Promise<number> {
  const segments = Array.from({ length: count }, madeUpSegment);
  const objective = await gpu.prepare(segments);
  const batch = segments.map((_, i) => i);
  return evaluationsPerSecond({ objective: () => objective }, [start()], batch);
}

async function measured(
  rate: () => Promise<number>,
  problemOf: (error: unknown) => string,
): Promise<Measured> {
  try {
    return { evaluationsPerSecond: await rate(), problem: null };
  } catch (error) {
    return { evaluationsPerSecond: null, problem: problemOf(error) };
  }
}
