/**
 * Where the evaluations of a fit are made: on the processor, on a GPU, or where they are made faster. Trajectories and
 * batches are the same on both, so that a fit can go on elsewhere at any step, and ends at the same loss.
 */
import type { Backend, BackendUse } from '#core/backend.ts';
import type { CpuEvaluations } from './cpu-evaluations.ts';
import { GpuError, answeredWithin, gpuProblem, type AdapterFacts } from './gpu/device.ts';
import { GpuEvaluations, SOFTWARE_PATIENCE_MS } from './gpu-evaluations.ts';
import { cosineOf, type Evaluation, type Objective, type Segment } from './objective.ts';

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

/** Least cosine between the two gradients of the start. */
const LEAST_COSINE = 0.99;
/** How long a GPU may take to answer at all, and to take the segments and compile its shaders. */
const OPENING_MS = 20_000;
const PREPARING_MS = 120_000;

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
  /** The exact objective of the first segment with its gradient, on the processor. */
  readonly exact: (raw: Float64Array) => Promise<Evaluation>;
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
  const gpu = await openOnGpu(request).catch(gpuProblem);
  if (typeof gpu !== 'string') return gpu;
  cpu.reason = gpu;
  if (backend === 'webgpu') warn(`${gpu} The fit runs on the processor instead.`);
  return cpu;
}

/** The evaluations on the GPU, or one sentence on why they are better made on the processor. */
async function openOnGpu(request: BackendRequest): Promise<GpuEvaluations | string> {
  const { backend, openGpu, segments, cpu, warn } = request;
  if (!openGpu) throw new GpuError('GPUs cannot be reached from here.');
  const opening = openGpu();
  const connection = await answeredWithin(OPENING_MS, opening).catch((error: unknown) => {
    // One that comes too late is not wanted any more.
    void opening.then(
      (late) => {
        late.end();
      },
      () => undefined,
    );
    throw error;
  });
  const { name, type } = connection.adapter;
  const software = `“${name}” is a GPU in software, slower than the processor itself.`;
  let chosen: GpuEvaluations | string | undefined;
  try {
    if (type === 'software' && backend === 'auto') return (chosen = software);
    const preparing = connection.prepare(segments);
    const prepared = await answeredWithin(
      type === 'software' ? SOFTWARE_PATIENCE_MS : PREPARING_MS,
      preparing,
    );
    const gpu = new GpuEvaluations(connection, prepared, cpu, warn);
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
  { cpu, starts, batch, exact, warn }: BackendRequest,
): Promise<GpuEvaluations | string> {
  const onGpu = await evaluationsPerSecond(gpu, starts, batch);
  if (gpu.use.backend === 'cpu') return cpu.reason;
  const onCpu = await evaluationsPerSecond(cpu, starts, batch);
  const rates = (faster: number, slower: number): string =>
    `${rounded(faster)} evaluations a second, against ${rounded(slower)}`;
  if (onCpu >= onGpu) return `${rates(onCpu, onGpu)} on “${name}”.`;
  await cpu.end();
  const [start] = starts;
  const got = await gpu.objective(0).evaluate(start!, [0], 'train', true);
  const expected = await exact(start!);
  const isRight = Math.abs(got.total - expected.total) < TOLERANCE * expected.total;
  if (isRight && cosineOf(got.gradient!, expected.gradient!) > LEAST_COSINE) {
    gpu.reason = `${rates(onGpu, onCpu)} on the processor.`;
    return gpu;
  }
  const sentence = isRight
    ? `“${name}” computes another gradient than the processor; it is not used.`
    : `“${name}” computes a loss of ${got.total.toPrecision(5)} where the processor computes ${expected.total.toPrecision(5)}; it is not used.`;
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
