/**
 * Where the evaluations of a fit are made: on the processor, on a GPU, or where they are made faster. Trajectories are the
 * same on both, so that a fit can go on elsewhere at any step. So are batches, unless a GPU is fast enough for a whole song's
 * segments at every step.
 */
import { setTimeout } from 'node:timers/promises';
import type { Backend, BackendUse } from '#core/backend.ts';
import type { CpuEvaluations } from './cpu-evaluations.ts';
import { GpuError, answeredWithin, gpuProblem, type AdapterFacts } from './gpu/device.ts';
import { GpuEvaluations, SOFTWARE_PATIENCE_MS } from './gpu-evaluations.ts';
import { cosineOf, type Evaluation, type Objective, type Segment } from './objective.ts';
import { wandering } from './wandering.ts';

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
/** Segments that both compute for comparison: what is wrong with those side by side shows in two. */
const COMPARED = 2;
/** Largest relative difference between the two losses of the start; the GPU's arithmetic keeps within a tenth of it. */
const TOLERANCE = 1e-3;
/** Least cosine between the two gradients of the start. */
const LEAST_COSINE = 0.99;
/** So much more a second does a GPU compute, at most, when it has many segments side by side in place of few. */
const GAIN_OF_MANY = 4;
/** A GPU is given up whose step takes so many times as long as one of the processor. */
const TOO_SLOW = 3;
/** How long a GPU may take to answer at all, and to take the segments and compile its shaders. */
const OPENING_MS = 20_000;
const PREPARING_MS = 120_000;
/** How long `auto` may try a GPU in all. */
const TRIAL_MS = 60_000;

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
  /** The exact objective of these segments with its gradient, on the processor. */
  readonly exact: (raw: Float64Array, segments: readonly number[]) => Promise<Evaluation>;
  readonly warn: (message: string) => void;
  /** Told in a few words what takes a moment. */
  readonly onWork?: ((text: string) => void) | undefined;
  /** Ends the choice, in favour of the processor. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decides where the evaluations of a fit are made. `webgpu` is granted wherever a GPU computes what the processor computes,
 * `auto` where it moreover is no software adapter, faster than the processor on this very problem, and found to be so within
 * a minute. Otherwise the processor's `use` says why.
 * Resolves at once, whatever a driver does, when the signal is aborted.
 */
export async function openEvaluations(request: BackendRequest): Promise<Evaluations> {
  const { backend, cpu, warn, signal } = request;
  if (backend === 'cpu') return cpu;
  // Drivers fail in more ways than are known; none of them is worth a fit.
  const deadline = backend === 'auto' ? AbortSignal.timeout(TRIAL_MS) : undefined;
  const signals = [signal, deadline].filter((one) => one !== undefined);
  const gpu = await openOnGpu({ ...request, signal: AbortSignal.any(signals) }).catch(gpuProblem);
  if (typeof gpu !== 'string') return gpu;
  if (signal?.aborted) return cpu;
  cpu.reason = deadline?.aborted ? `The GPU was not ready within ${TRIAL_MS / 1000} seconds.` : gpu;
  if (backend === 'webgpu') warn(`${gpu} The fit runs on the processor instead.`);
  return cpu;
}

/** The evaluations on the GPU, or one sentence on why they are better made on the processor. */
async function openOnGpu(request: BackendRequest): Promise<GpuEvaluations | string> {
  const { backend, openGpu, segments, starts, batch, wholeStepSeconds, cpu, warn, onWork, signal } = request;
  if (!openGpu) throw new GpuError('GPUs cannot be reached from here.');
  const opening = openGpu();
  const connection = await answeredWithin(OPENING_MS, unlessAborted(signal, opening)).catch(
    (error: unknown) => {
      // One that comes too late is not wanted any more.
      void opening.then(
        (late) => {
          late.end();
        },
        () => undefined,
      );
      throw error;
    },
  );
  const { name, type } = connection.adapter;
  const software = `“${name}” is a GPU in software, slower than the processor itself.`;
  const gpu = new GpuEvaluations(connection, cpu, warn);
  let chosen: GpuEvaluations | string | undefined;
  try {
    if (type === 'software' && backend === 'auto') return (chosen = software);
    onWork?.(`Trying the GPU “${name}”`);
    await prepare(gpu, batch.length, connection, request);
    if (type === 'software') warn(software);
    if (backend === 'auto') return (chosen = await ifFasterAndRight(gpu, connection, request));
    if (type === 'hardware' && batch.length < segments.length) {
      const atMostMs = (1000 * GAIN_OF_MANY * wholeStepSeconds * batch.length) / segments.length;
      const perSecond = await evaluationsPerSecond(gpu, starts, batch, { signal, atMostMs });
      await takingAllIfFast(gpu, perSecond, connection, request);
    }
    return (chosen = (await whatIsWrong(gpu, name, request)) ?? gpu);
  } finally {
    if (chosen !== gpu) gpu.giveBack();
  }
}

const hasFailed = (gpu: GpuEvaluations): boolean => gpu.use.backend === 'cpu';

/** Prepares the GPU for so many segments side by side. */
async function prepare(
  gpu: GpuEvaluations,
  together: number,
  connection: GpuConnection,
  { segments, signal }: BackendRequest,
): Promise<void> {
  const patienceMs = connection.adapter.type === 'software' ? SOFTWARE_PATIENCE_MS : PREPARING_MS;
  const preparing = unlessAborted(signal, connection.prepare(segments, together));
  gpu.computeWith(await answeredWithin(patienceMs, preparing));
}

/** Lets the GPU take all segments at every step if it is fast enough for that; resolves with the rate that it has then. */
async function takingAllIfFast(
  gpu: GpuEvaluations,
  perSecond: number,
  connection: GpuConnection,
  request: BackendRequest,
): Promise<number> {
  const { segments, starts, batch, wholeStepSeconds, signal } = request;
  const needed = (segments.length * starts.length) / wholeStepSeconds;
  if (hasFailed(gpu) || batch.length === segments.length || GAIN_OF_MANY * perSecond < needed)
    return perSecond;
  await prepare(gpu, segments.length, connection, request);
  const all = segments.map((_, i) => i);
  const perSecondOfAll = await evaluationsPerSecond(gpu, starts, all, { signal });
  gpu.isFast = perSecondOfAll >= needed;
  if (gpu.isFast) return perSecondOfAll;
  if (!hasFailed(gpu)) await prepare(gpu, batch.length, connection, request);
  return perSecond;
}

/** The GPU, or one sentence on why not. */
async function ifFasterAndRight(
  gpu: GpuEvaluations,
  connection: GpuConnection,
  request: BackendRequest,
): Promise<GpuEvaluations | string> {
  const { cpu, segments, starts, batch, warn, signal } = request;
  const { name } = connection.adapter;
  const onCpu = await evaluationsPerSecond(cpu, starts, batch, { signal });
  const stepMs = (1000 * starts.length * batch.length) / onCpu;
  const slower = batch.length < segments.length ? GAIN_OF_MANY : TOO_SLOW;
  const onBatches = await evaluationsPerSecond(gpu, starts, batch, { signal, atMostMs: slower * stepMs });
  if (onBatches === 0 && !hasFailed(gpu))
    return `${rounded(onCpu)} evaluations a second, more than ${slower} times as many as on “${name}”.`;
  const onGpu = await takingAllIfFast(gpu, onBatches, connection, request);
  if (hasFailed(gpu)) return cpu.reason;
  const rates = (faster: number, slower: number): string =>
    `${rounded(faster)} evaluations a second, against ${rounded(slower)}`;
  if (onCpu >= onGpu) return `${rates(onCpu, onGpu)} on “${name}”.`;
  await cpu.end();
  const wrong = await whatIsWrong(gpu, name, request);
  if (hasFailed(gpu)) return cpu.reason;
  if (wrong !== undefined) {
    warn(wrong);
    return wrong;
  }
  gpu.reason = `${rates(onGpu, onCpu)} on the processor.`;
  return gpu;
}

/** One sentence on what a GPU computes otherwise than the processor, if it does; nothing of one that has failed. */
async function whatIsWrong(
  gpu: GpuEvaluations,
  name: string,
  { starts, batch, exact, signal }: BackendRequest,
): Promise<string | undefined> {
  const start = starts[0]!;
  const compared = batch.slice(0, COMPARED);
  const got = await unlessAborted(signal, gpu.objective(0).evaluate(start, compared, 'train', true));
  if (hasFailed(gpu)) return undefined;
  const expected = await unlessAborted(signal, exact(start, compared));
  if (!(Math.abs(got.total - expected.total) < TOLERANCE * expected.total))
    return `“${name}” computes a loss of ${got.total.toPrecision(5)} where the processor computes ${expected.total.toPrecision(5)}; it is not used.`;
  if (!(cosineOf(got.gradient!, expected.gradient!) > LEAST_COSINE))
    return `“${name}” computes another gradient than the processor; it is not used.`;
  return undefined;
}

/**
 * Gradients of one segment a second, all trajectories side by side, of settings that move as a fit's do, in the same way each
 * time; 0 if a step after the first takes longer than `atMostMs`. Rejects when the signal is aborted.
 */
export async function evaluationsPerSecond(
  evaluations: Pick<Evaluations, 'objective'>,
  starts: readonly Float64Array[],
  batch: readonly number[],
  { signal, atMostMs }: { readonly signal?: AbortSignal | undefined; readonly atMostMs?: number } = {},
): Promise<number> {
  const objectives = starts.map((_, i) => wandering(evaluations.objective(i)));
  const step = () =>
    unlessAborted(
      signal,
      Promise.all(starts.map((raw, i) => objectives[i]!.evaluate(raw, batch, 'train', true))),
    );
  await step();
  const begin = performance.now();
  let steps = 0;
  let elapsedMs = 0;
  while (elapsedMs < MEASURING_MS) {
    const going = step();
    if (!(atMostMs === undefined ? await going : await within(atMostMs, going))) return 0;
    steps++;
    elapsedMs = performance.now() - begin;
  }
  return (1000 * steps * starts.length * batch.length) / elapsedMs;
}

/** Undefined if the work takes longer. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([work, setTimeout(milliseconds, undefined, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

/** Rejects when the signal is aborted, whatever becomes of the work. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  const scope = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void => {
      reject(new GpuError('The choice was stopped.'));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { signal: scope.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    scope.abort();
  }
}

const rounded = (rate: number): string => (rate < 10 ? rate.toFixed(1) : rate.toFixed(0));
