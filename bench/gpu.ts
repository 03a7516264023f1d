/**
 * `npm run bench:gpu [batch…]`: the objective on a GPU beside the processor, in one run, for batches of 12 s segments; then, for
 * each batch, where the time of one warm evaluation goes, kernel by kernel, against what this GPU copies and multiplies. No
 * evaluation is of the settings of the one before: the compressor's take the steps of a fit, the same for both.
 *
 * A kernel's line: milliseconds between the GPU's timestamps of all its dispatches; how many there were; the bytes they must at
 * least read and write, and how many of those a second; the float32 operations they must at least do, and a second; each also
 * as a part of the rate measured above (`copies`, with every byte read and every byte written counted; `multiplies and adds`, two
 * to a multiply-add); and which of both it is nearer to. What counts, as what, is said in src-worker/engine/gpu/work.ts, and how
 * much of it a kernel has beside its code. A part above 100 % means that the bytes came from a cache.
 *
 * The last lines: the sums; and the least time in which this GPU could do them, the greater of all bytes at the rate of copying and
 * all operations at that of multiplying. Zeroing and copying between kernels are in neither.
 */
import { Random } from '#core/optimise/random.ts';
import { EXACT, FAST } from '#engine/cpu/evaluator.ts';
import { GpuContext, GpuError, WORKGROUP, type KernelTime, type KernelTimes } from '#engine/gpu/device.ts';
import { GpuEvaluator } from '#engine/gpu/evaluator.ts';
import { nodeGpu } from '#engine/gpu/hosts/node-gpu.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import type { Objective, Segment } from '#engine/objective.ts';
import { openStart, withDamping } from '#engine/start.ts';
import { ThreadPool } from '#engine/thread-pool.ts';
import { wandering } from '#engine/wandering.ts';
import { availableParallelism } from 'node:os';
import { madeUpVoice } from '../src-worker/test-support/made-up-voice.ts';
import { heading, median, row } from './timing.ts';

const BATCHES = [1, 4, 16, 35];
const SECONDS = 12;
const WARMUP_SAMPLES = 220_500;
const RUNS = 5;
const VOICES = 6;
/** What a GPU copies and computes in one dispatch: large beside its caches and the gap between dispatches. */
const TRIALS = {
  hardware: { copiedFloats: 2 ** 28, multiplications: 2 ** 16, multiplyingThreads: 2 ** 20 },
  software: { copiedFloats: 2 ** 24, multiplications: 2 ** 12, multiplyingThreads: 2 ** 18 },
} as const;
/** Floats that a row of workgroups copies: no dimension has more than 65535 of them. */
const COPIED_ROW = 2 ** 24;
/** A trial repeats its dispatch for about as long. */
const TRIAL_SECONDS = 0.05;
const MOST_REPEATS = 64;

function segments(count: number): Segment[] {
  const voices = Array.from({ length: VOICES }, (_, seed) => madeUpVoice(SECONDS, seed + 1));
  return Array.from({ length: count }, (_, i) => ({
    dry: voices[i % VOICES]!,
    wet: [voices[(i + 1) % VOICES]!, voices[(i + 2) % VOICES]!],
    warmupSamples: WARMUP_SAMPLES,
  }));
}

/** Segments a second, forward and backward; the first evaluation, which prepares, does not count. */
async function rate(objective: Objective, count: number, runs = RUNS): Promise<number> {
  const raw = withDamping(openStart(new Random(1)));
  const all = Array.from({ length: count }, (_, i) => i);
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    await objective.evaluate(raw, all, 'train', true);
    if (run > 0) times.push(performance.now() - start);
  }
  return (1000 * count) / median(times);
}

async function rateOnProcessor(
  module: WebAssembly.Module,
  count: number,
  options: typeof EXACT,
): Promise<number> {
  const threads = Math.min(count, availableParallelism());
  const pool = new ThreadPool(module, segments(count), options, threads, Math.ceil(count / threads));
  try {
    return await rate(wandering(pool.objective(0, threads)), count, 1);
  } finally {
    await pool.end();
  }
}

/** Bytes a second of a plain copy, read and written: of the largest buffers up to 1 GiB that there are. */
async function copyRate(context: GpuContext): Promise<number> {
  const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
  const most = Math.min(maxBufferSize, maxStorageBufferBindingSize) / 4;
  let floats: number = TRIALS[context.adapter.type].copiedFloats;
  while (floats > Math.max(most, COPIED_ROW)) floats /= 2;
  for (;;) {
    const fork = context.fork();
    try {
      return await fork.allocating(() => copyRateOf(fork, floats));
    } catch (error) {
      if (!(error instanceof GpuError) || floats <= COPIED_ROW) throw error;
      floats /= 2;
    } finally {
      fork.end();
    }
  }
}

async function copyRateOf(context: GpuContext, floats: number): Promise<number> {
  const [from, to] = [context.numbers('from', floats), context.numbers('to', floats)];
  const kernel = await context.kernel(
    'copy',
    /* wgsl */ `
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4f>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * ${COPIED_ROW / 4}u + id.x;
  copied[i] = source[i];
}`,
    { items: floats, operations: 0, bytes: 8 },
  );
  const dispatch = kernel.on(from, to);
  const seconds = await secondsOf(context, to, (recording) => {
    recording.dispatch(dispatch, COPIED_ROW / 4 / WORKGROUP, floats / COPIED_ROW);
  });
  return (8 * floats) / seconds;
}

/** Multiplications and additions a second, each counted. */
async function arithmeticRate(context: GpuContext): Promise<number> {
  const { multiplications, multiplyingThreads } = TRIALS[context.adapter.type];
  const out = context.numbers('out', multiplyingThreads);
  // Both approach a bound, so that no adapter meets infinities or denormal numbers, which may cost it more.
  const kernel = await context.kernel(
    'multiply',
    /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = vec4f(1.0, 2.0, 3.0, 4.0) + f32(id.x % 7u);
  let d = c + 0.5;
  var a = c;
  var b = d;
  for (var i = 0u; i < ${multiplications / 8}u; i++) { a = fma(a, vec4f(0.999), c); b = fma(b, vec4f(0.998), d); }
  out[id.x] = dot(a, b);
}`,
    { items: multiplyingThreads, operations: 2 * multiplications, bytes: 4 },
  );
  const dispatch = kernel.on(out);
  const seconds = await secondsOf(context, out, (recording) => {
    recording.dispatch(dispatch, multiplyingThreads / WORKGROUP);
  });
  const [result] = await context.read(out, 1);
  if (!Number.isFinite(result)) throw new GpuError(`The GPU multiplied to ${result}.`);
  return (2 * multiplications * multiplyingThreads) / seconds;
}

/** Seconds of one dispatch, of as many in a row as make a trial; the first runs, which find how many, do not count. */
async function secondsOf(
  context: GpuContext,
  buffer: GPUBuffer,
  record: Parameters<GpuContext['run']>[0],
): Promise<number> {
  const secondsAtOnce = async (repeats: number): Promise<number> => {
    await context.read(buffer, 1);
    const start = performance.now();
    await context.read(buffer, 1, 0, (recording) => {
      for (let i = 0; i < repeats; i++) record(recording);
    });
    return (performance.now() - start) / 1000;
  };
  await secondsAtOnce(1);
  const repeats = Math.ceil(Math.min(MOST_REPEATS, TRIAL_SECONDS / (await secondsAtOnce(1))));
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) times.push((await secondsAtOnce(repeats)) / repeats);
  return median(times);
}

/** One evaluation's kernels: the objective is warm. */
async function kernelTimes(
  evaluator: GpuEvaluator,
  objective: Objective,
  count: number,
): Promise<KernelTimes> {
  const times: KernelTimes = new Map();
  evaluator.times = times;
  await rate(objective, count, 0);
  evaluator.times = null;
  return times;
}

/** What this GPU was seen to do in a second. */
interface Limits {
  readonly bytes: number;
  readonly operations: number;
}

/** Nanoseconds that work takes at the limits: to be moved and to be computed. */
function leastOf({ bytes, operations }: Limits, limits: Limits): { moving: number; computing: number } {
  return { moving: (1e9 * bytes) / limits.bytes, computing: (1e9 * operations) / limits.operations };
}

const ms = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(2);
const COLUMNS = [10, 9, 16, 9, 18, 12];
const columns = (...cells: readonly string[]): string =>
  cells.map((cell, i) => cell.padStart(COLUMNS[i]!)).join('');

/** A second, in 10^9; and which part of the limit that is, at which it would take `least` nanoseconds. */
function achieved(amount: number, nanoseconds: number, least: number): string {
  if (nanoseconds === 0) return '–';
  return `${(amount / nanoseconds).toFixed(2)} (${((100 * least) / nanoseconds).toFixed(0)} %)`;
}

function printWork(label: string, time: KernelTime, limits: Limits): void {
  const { nanoseconds, dispatches, bytes, operations } = time;
  const { moving, computing } = leastOf(time, limits);
  const nearer = bytes + operations === 0 ? '–' : moving >= computing ? 'memory' : 'arithmetic';
  row(
    label,
    ms(nanoseconds),
    columns(
      String(dispatches),
      (bytes / 1e6).toFixed(1),
      achieved(bytes, nanoseconds, moving),
      (operations / 1e6).toFixed(1),
      achieved(operations, nanoseconds, computing),
      nearer,
    ),
  );
}

/** Where an evaluation's time goes; one line a kernel, the longest first. */
function printKernels(times: KernelTimes, limits: Limits): void {
  const all: KernelTime = { nanoseconds: 0, dispatches: 0, operations: 0, bytes: 0 };
  let oneByOne = 0;
  for (const time of times.values()) {
    for (const key of Object.keys(all) as (keyof KernelTime)[]) all[key] += time[key];
    const { moving, computing } = leastOf(time, limits);
    oneByOne += Math.max(moving, computing);
  }
  row('kernel', 'ms', columns('dispatches', 'MB', 'GB/s (copies)', 'MFLOP', 'GFLOP/s (mult.)', 'nearer to'));
  for (const [label, time] of [...times].sort(([, a], [, b]) => b.nanoseconds - a.nanoseconds))
    printWork(label, time, limits);
  printWork('all', all, limits);
  if (all.nanoseconds === 0) row('', '', 'This GPU does not say how long a pass takes.');
  const { moving, computing } = leastOf(all, limits);
  row(
    'at the least',
    ms(Math.max(moving, computing)),
    `${ms(moving)} to move, ${ms(computing)} to compute; ${ms(oneByOne)} with each kernel at its own limit`,
  );
}

try {
  const batches = process.argv.slice(2).map(Number);
  const sizes = batches.length > 0 ? batches : BATCHES;
  const context = await GpuContext.open(await nodeGpu({ exactTimestamps: true }));
  const { name, type } = context.adapter;
  heading(`${name} (${type})`);
  const limits: Limits = { bytes: await copyRate(context), operations: await arithmeticRate(context) };
  row('copies', `${(limits.bytes / 1e9).toFixed(1)} GB/s`, 'read and written');
  row('multiplies and adds', `${(limits.operations / 1e9).toFixed(0)} GFLOP/s`, 'float32');
  const module = await loadKernelModule();
  heading(`Segments of ${SECONDS} s a second, forward and backward; ${availableParallelism()} threads`);
  row('batch', 'GPU', 'processor, exact and fast · GPU against exact');
  const profiles: { title: string; times: KernelTimes }[] = [];
  for (const count of sizes) {
    const evaluator = await GpuEvaluator.make(context, segments(count));
    const objective = wandering(evaluator);
    const onGpu = await rate(objective, count);
    const title = `One evaluation of ${count} segments, ${evaluator.maxSegments} side by side, ${(evaluator.bytes / 2 ** 20).toFixed(0)} MB`;
    profiles.push({ title, times: await kernelTimes(evaluator, objective, count) });
    evaluator.end();
    const exact = await rateOnProcessor(module, count, EXACT);
    const fast = await rateOnProcessor(module, count, FAST);
    row(
      String(count),
      onGpu.toFixed(1),
      `${exact.toFixed(1)} and ${fast.toFixed(1)} · ${(onGpu / exact).toFixed(2)} times · ${((1000 * count) / onGpu).toFixed(0)} ms a batch`,
    );
  }
  for (const { title, times } of profiles) {
    heading(title);
    printKernels(times, limits);
  }
  context.end();
} catch (error) {
  if (!(error instanceof GpuError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
