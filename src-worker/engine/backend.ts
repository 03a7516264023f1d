/**
 * Where the evaluations of a fit are made: on the processor, on a GPU, or where they are made faster. Trajectories are the
 * same on both, so that a fit can go on elsewhere at any step. So are batches, unless a GPU is fast enough for a whole song's
 * segments at every step.
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
  /** Whether it is at present so fast that every step is to see all segments, however many there are. */
  readonly takesAll: boolean;
  objective(trajectory: number): Objective;
  end(): Promise<void>;
}

/** A GPU and what is prepared on it. */
export interface GpuConnection {
  readonly adapter: AdapterFacts;
  /**
   * The exact objective of these segments, with memory to treat `together` of them side by side, all unless given. What was
   * prepared before is given back. Rejects with GpuError when they do not fit; so does the objective later, when the GPU fails.
   */
  prepare(segments: readonly Segment[], together?: number): Promise<Objective>;
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
/** So much more a second does a GPU compute, at most, when it has many segments side by side in place of few. */
const GAIN_OF_MANY = 4;
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
  /** Segments that a step of the fit evaluates, unless a GPU is fast enough for all. */
  readonly batch: readonly number[];
  /** In this time a GPU must be through with all segments for every trajectory, if a step is to see all of them. */
  readonly wholeStepSeconds: number;
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
  const { backend, openGpu, cpu, warn } = request;
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
    const gpu = await preparedFor(request.batch.length, connection, request);
    if (type === 'software') warn(software);
    const { batch, segments } = request;
    const isMeasured = backend === 'auto' || (type === 'hardware' && batch.length < segments.length);
    if (!isMeasured) return (chosen = gpu);
    const measured = await fastestUse(gpu, connection, request);
    if (measured.gpu.use.backend === 'cpu') return (chosen = backend === 'auto' ? cpu.reason : measured.gpu);
    return (chosen = backend === 'webgpu' ? measured.gpu : await ifFasterAndRight(measured, name, request));
  } finally {
    if (!(chosen instanceof GpuEvaluations)) connection.end();
  }
}

/** The GPU with memory for so many segments side by side. */
async function preparedFor(
  together: number,
  connection: GpuConnection,
  { segments, cpu, warn }: BackendRequest,
): Promise<GpuEvaluations> {
  const patienceMs = connection.adapter.type === 'software' ? SOFTWARE_PATIENCE_MS : PREPARING_MS;
  const prepared = await answeredWithin(patienceMs, connection.prepare(segments, together));
  return new GpuEvaluations(connection, prepared, cpu, warn);
}

/** A GPU, and how many evaluations it makes a second. */
interface MeasuredGpu {
  readonly gpu: GpuEvaluations;
  readonly perSecond: number;
}

/** Lets the GPU take all segments at every step if it is fast enough for that. It may have failed meanwhile. */
async function fastestUse(
  onBatches: GpuEvaluations,
  connection: GpuConnection,
  request: BackendRequest,
): Promise<MeasuredGpu> {
  const { segments, starts, batch, wholeStepSeconds } = request;
  const perSecond = await evaluationsPerSecond(onBatches, starts, batch);
  const needed = (segments.length * starts.length) / wholeStepSeconds;
  const hasFailed = onBatches.use.backend === 'cpu';
  if (hasFailed || batch.length === segments.length || GAIN_OF_MANY * perSecond < needed)
    return { gpu: onBatches, perSecond };
  const onAll = await preparedFor(segments.length, connection, request);
  const all = segments.map((_, i) => i);
  const perSecondOfAll = await evaluationsPerSecond(onAll, starts, all);
  onAll.isFast = perSecondOfAll >= needed;
  if (onAll.takesAll || onAll.use.backend === 'cpu') return { gpu: onAll, perSecond: perSecondOfAll };
  return { gpu: await preparedFor(batch.length, connection, request), perSecond };
}

/** The GPU, or one sentence on why not. */
async function ifFasterAndRight(
  { gpu, perSecond }: MeasuredGpu,
  name: string,
  { cpu, starts, batch, exact, warn }: BackendRequest,
): Promise<GpuEvaluations | string> {
  const onCpu = await evaluationsPerSecond(cpu, starts, batch);
  const rates = (faster: number, slower: number): string =>
    `${rounded(faster)} evaluations a second, against ${rounded(slower)}`;
  if (onCpu >= perSecond) return `${rates(onCpu, perSecond)} on “${name}”.`;
  await cpu.end();
  const [start] = starts;
  const got = await gpu.objective(0).evaluate(start!, [0], 'train', true);
  const expected = await exact(start!);
  const isRight = Math.abs(got.total - expected.total) < TOLERANCE * expected.total;
  if (isRight && cosineOf(got.gradient!, expected.gradient!) > LEAST_COSINE) {
    gpu.reason = `${rates(perSecond, onCpu)} on the processor.`;
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
