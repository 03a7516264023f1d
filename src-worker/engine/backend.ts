/**
 * Where the evaluations of a fit are made: on the processor, on a GPU, or where they are made faster. Trajectories and
 * batches are the same on both, so that a fit can go on elsewhere at any step, and ends at the same loss.
 */
import type { Backend, BackendUse } from '#core/backend.ts';
import type { CpuEvaluations } from './cpu-evaluations.ts';
import { GpuError, type AdapterFacts } from './gpu/device.ts';
import { GpuEvaluations } from './gpu-evaluations.ts';
import type { Objective, Segment } from './objective.ts';

/** Gives every trajectory of a fit its objective. */
export interface Evaluations {
  /** What evaluates at present. */
  readonly use: BackendUse;
  objective(trajectory: number): Objective;
  end(): Promise<void>;
}

/** A GPU and what is prepared on it. */
export interface GpuConnection {
  readonly adapter: AdapterFacts;
  /** The exact objective of these segments. Rejects with GpuError when they do not fit; so does it later, when the GPU fails. */
  prepare(segments: readonly Segment[]): Promise<Objective>;
  /** Gives everything on the GPU back; nothing the second time. */
  end(): void;
}

/** Opens a GPU that the host can reach; every host has its own way. Rejects with GpuError where there is none. */
export type OpenGpu = () => Promise<GpuConnection>;

/** How long each side is measured, at least; the first evaluation, which prepares, does not count. */
const MEASURING_MS = 100;
/** Largest relative difference between the two losses of the start; the GPU's arithmetic keeps within a tenth of it. */
const TOLERANCE = 1e-3;

/** What the choice is about. */
export interface BackendRequest {
  readonly backend: Backend;
  /** Absent where the host reaches no GPU. */
  readonly openGpu: OpenGpu | undefined;
  readonly cpu: CpuEvaluations;
  readonly segments: readonly Segment[];
  /** One of each trajectory, 152 raw values. */
  readonly starts: readonly Float64Array[];
  /** Segments that a step of the fit evaluates. */
  readonly batch: readonly number[];
  /** The exact loss of a setting on the first segment, on the processor. */
  readonly exactLoss: (raw: Float64Array) => Promise<number>;
  readonly warn: (message: string) => void;
}

/**
 * Decides where the evaluations of a fit are made. `webgpu` is granted wherever a GPU works at all, `auto` where it is no
 * software adapter, faster than the processor on this very problem, and right. Otherwise the processor's `use` says why.
 */
export async function openEvaluations(request: BackendRequest): Promise<Evaluations> {
  const { backend, cpu, warn } = request;
  if (backend === 'cpu') return cpu;
  // Drivers fail in more ways than are known; none of them is worth a fit.
  const gpu = await openOnGpu(request).catch(({ message }: Error) => message);
  if (typeof gpu !== 'string') return gpu;
  cpu.reason = gpu;
  if (backend === 'webgpu') warn(`${gpu} The fit runs on the processor instead.`);
  return cpu;
}

/** The evaluations on the GPU, or one sentence on why they are better made on the processor. */
async function openOnGpu(request: BackendRequest): Promise<GpuEvaluations | string> {
  const { backend, openGpu, segments, cpu, warn } = request;
  if (!openGpu) throw new GpuError('GPUs cannot be reached from here.');
  const connection = await openGpu();
  const { name, type } = connection.adapter;
  const software = `“${name}” is a GPU in software, slower than the processor itself.`;
  let chosen: GpuEvaluations | string | undefined;
  try {
    if (type === 'software' && backend === 'auto') return (chosen = software);
    const gpu = new GpuEvaluations(connection, await connection.prepare(segments), cpu, warn);
    if (type === 'software') warn(software);
    return (chosen = backend === 'webgpu' ? gpu : await ifFasterAndRight(gpu, name, request));
  } finally {
    if (!(chosen instanceof GpuEvaluations)) connection.end();
  }
}

/** The GPU, or one sentence on why not. */
async function ifFasterAndRight(
  gpu: GpuEvaluations,
  name: string,
  { cpu, starts, batch, exactLoss, warn }: BackendRequest,
): Promise<GpuEvaluations | string> {
  const onGpu = await evaluationsPerSecond(gpu, starts, batch);
  if (gpu.use.backend === 'cpu') return cpu.reason;
  const onCpu = await evaluationsPerSecond(cpu, starts, batch);
  const rates = (faster: number, slower: number): string =>
    `${rounded(faster)} evaluations a second, against ${rounded(slower)}`;
  if (onCpu >= onGpu) return `${rates(onCpu, onGpu)} on “${name}”.`;
  await cpu.end();
  const [start] = starts;
  const { total } = await gpu.objective(0).evaluate(start!, [0], 'eval', false);
  const expected = await exactLoss(start!);
  const difference = Math.abs(total - expected) / expected;
  if (difference < TOLERANCE) {
    gpu.reason = `${rates(onGpu, onCpu)} on the processor.`;
    return gpu;
  }
  const sentence = `“${name}” computes a loss of ${total.toPrecision(5)} where the processor computes ${expected.toPrecision(5)}; it is not used.`;
  warn(sentence);
  return sentence;
}

/** Gradients of one segment a second, all trajectories side by side. */
export async function evaluationsPerSecond(
  evaluations: Pick<Evaluations, 'objective'>,
  starts: readonly Float64Array[],
  batch: readonly number[],
): Promise<number> {
  const objectives = starts.map((_, i) => evaluations.objective(i));
  const step = () => Promise.all(starts.map((raw, i) => objectives[i]!.evaluate(raw, batch, 'train', true)));
  await step();
  const begin = performance.now();
  let steps = 0;
  let elapsedMs = 0;
  while (elapsedMs < MEASURING_MS) {
    await step();
    steps++;
    elapsedMs = performance.now() - begin;
  }
  return (1000 * steps * starts.length * batch.length) / elapsedMs;
}

const rounded = (rate: number): string => (rate < 10 ? rate.toFixed(1) : rate.toFixed(0));
