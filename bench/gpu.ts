/**
 * `npm run bench:gpu [batch…]`: the objective on a GPU beside the processor, in one run, for batches of 12 s segments; then where
 * the time goes: every kernel with the bytes that are bound to it, against what this GPU copies and multiplies.
 */
import { Random } from '#core/optimise/random.ts';
import { EXACT, FAST } from '#engine/cpu/evaluator.ts';
import { GpuContext, GpuError, WORKGROUP, type KernelTimes } from '#engine/gpu/device.ts';
import { GpuEvaluator } from '#engine/gpu/evaluator.ts';
import { nodeGpu } from '#engine/gpu/node-gpu.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import type { Objective, Segment } from '#engine/objective.ts';
import { openStart, withDamping } from '#engine/start.ts';
import { ThreadPool } from '#engine/thread-pool.ts';
import { availableParallelism } from 'node:os';
import { madeUpVoice } from '../src-worker/test-support/made-up-voice.ts';
import { heading, median, row } from './timing.ts';

const BATCHES = [1, 4, 16, 35];
const SECONDS = 12;
const WARMUP_SAMPLES = 220_500;
const RUNS = 5;
const VOICES = 6;
const COPY_FLOATS = 2 ** 24;
const MULTIPLICATIONS = 4096;
const MULTIPLYING_THREADS = 2 ** 18;

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
    return await rate(pool.objective(0, threads), count, 1);
  } finally {
    await pool.end();
  }
}

/** Bytes a second of a plain copy, read and written. */
async function copyRate(context: GpuContext): Promise<number> {
  const [from, to] = [context.numbers('from', COPY_FLOATS), context.numbers('to', COPY_FLOATS)];
  const kernel = await context.kernel(
    'copy',
    /* wgsl */ `
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4f>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) { copied[id.x] = source[id.x]; }`,
  );
  const dispatch = kernel.on(from, to);
  const seconds = await secondsOf(context, to, (recording) => {
    recording.dispatch(dispatch, COPY_FLOATS / 4 / WORKGROUP);
  });
  return (8 * COPY_FLOATS) / seconds;
}

/** Multiplications and additions a second, each counted. */
async function arithmeticRate(context: GpuContext): Promise<number> {
  const out = context.numbers('out', MULTIPLYING_THREADS);
  const kernel = await context.kernel(
    'multiply',
    /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  var a = vec4f(f32(id.x));
  var b = a + 1.0;
  for (var i = 0u; i < ${MULTIPLICATIONS / 8}u; i++) { a = fma(a, vec4f(0.999), b); b = fma(b, vec4f(0.998), a); }
  out[id.x] = dot(a, b);
}`,
  );
  const dispatch = kernel.on(out);
  const seconds = await secondsOf(context, out, (recording) => {
    recording.dispatch(dispatch, MULTIPLYING_THREADS / WORKGROUP);
  });
  return (2 * MULTIPLICATIONS * MULTIPLYING_THREADS) / seconds;
}

async function secondsOf(
  context: GpuContext,
  buffer: GPUBuffer,
  record: Parameters<GpuContext['run']>[0],
): Promise<number> {
  const repeats = context.adapter.type === 'software' ? 2 : 64;
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    await context.read(buffer, 1);
    const start = performance.now();
    await context.read(buffer, 1, 0, (recording) => {
      for (let i = 0; i < repeats; i++) record(recording);
    });
    if (run > 0) times.push((performance.now() - start) / 1000 / repeats);
  }
  return median(times);
}

/** Where an evaluation's time goes; one line a kernel, the longest first. */
async function printKernels(context: GpuContext, count: number, copy: number): Promise<void> {
  const evaluator = await GpuEvaluator.make(context, segments(count));
  await rate(evaluator, count, 1);
  const times: KernelTimes = new Map();
  evaluator.times = times;
  await rate(evaluator, count, 0);
  evaluator.times = null;
  const total = [...times.values()].reduce((sum, { nanoseconds }) => sum + nanoseconds, 0);
  heading(
    `One evaluation of ${count} segments, ${evaluator.maxSegments} side by side, ${(evaluator.bytes / 2 ** 20).toFixed(0)} MB: ${(total / 1e6).toFixed(1)} ms in kernels`,
  );
  row('kernel', 'ms', 'dispatches · GB bound · GB/s · part of copying');
  for (const [label, { nanoseconds, dispatches, bytes }] of [...times].sort(
    ([, a], [, b]) => b.nanoseconds - a.nanoseconds,
  )) {
    const achieved = bytes / (nanoseconds / 1e9);
    row(
      label,
      (nanoseconds / 1e6).toFixed(2),
      `${dispatches} · ${(bytes / 1e9).toFixed(3)} · ${(achieved / 1e9).toFixed(1)} · ${((100 * achieved) / copy).toFixed(0)} %`,
    );
  }
  evaluator.end();
}

try {
  const batches = process.argv.slice(2).map(Number);
  const sizes = batches.length > 0 ? batches : BATCHES;
  const context = await GpuContext.open(await nodeGpu());
  const { name, type } = context.adapter;
  heading(`${name} (${type})`);
  const copy = await copyRate(context);
  row('copies', `${(copy / 1e9).toFixed(1)} GB/s`, 'read and written');
  row('multiplies and adds', `${((await arithmeticRate(context)) / 1e9).toFixed(0)} GFLOP/s`, 'float32');
  const module = await loadKernelModule();
  heading(`Segments of ${SECONDS} s a second, forward and backward; ${availableParallelism()} threads`);
  row('batch', 'GPU', 'processor, exact and fast · GPU against exact');
  for (const count of sizes) {
    const evaluator = await GpuEvaluator.make(context, segments(count));
    const onGpu = await rate(evaluator, count);
    evaluator.end();
    const exact = await rateOnProcessor(module, count, EXACT);
    const fast = await rateOnProcessor(module, count, FAST);
    row(
      String(count),
      onGpu.toFixed(1),
      `${exact.toFixed(1)} and ${fast.toFixed(1)} · ${(onGpu / exact).toFixed(2)} times · ${((1000 * count) / onGpu).toFixed(0)} ms a batch`,
    );
  }
  await printKernels(context, sizes.at(-1)!, copy);
  context.end();
} catch (error) {
  if (!(error instanceof GpuError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
