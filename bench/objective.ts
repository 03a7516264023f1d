/** Time of one forward and backward pass over a 12 s segment on one core, whole and by parts. */
import { loadKernelModule } from '#engine/kernel-module.ts';
import { Kernels } from '#engine/kernels.ts';
import { EXACT, FAST, Evaluator } from '#engine/cpu/evaluator.ts';
import { neutralRaw, DEFAULT_LOG_DAMP_RAW, parameterIndex } from '#core/chain/parameters.ts';

const LENGTH = 529_200;
const WARMUP = 220_500;

/** A made-up voice: harmonics of a gliding tone with an envelope, and breath. */
function madeUpVoice(length: number, seed: number): Float32Array {
  let state = seed;
  const noise = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) / 2 ** 31;
  let phase = 0;
  return Float32Array.from({ length }, (_, n) => {
    const t = n / 44_100;
    phase += (2 * Math.PI * (180 + 60 * Math.sin(t * 1.3))) / 44_100;
    let sum = 0;
    for (let k = 1; k <= 12; k++) sum += Math.sin(k * phase) / k;
    return 0.1 * Math.max(0, Math.sin(t * 4)) * sum + 0.002 * noise();
  });
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

export async function benchObjective(runs = 9): Promise<void> {
  const module = await loadKernelModule();
  const dry = madeUpVoice(LENGTH, 3);
  const wet = [madeUpVoice(LENGTH, 5), madeUpVoice(LENGTH, 8)] as const;
  const raw = new Float64Array(152);
  raw.set(neutralRaw());
  raw[151] = DEFAULT_LOG_DAMP_RAW;
  for (let i = 0; i < 12; i++) raw[parameterIndex('fdn.output.left.0') + i] = 0.1 * Math.sin(i);
  const cases = {
    'exact, 2^20 points': EXACT,
    'fast, drives the fit': FAST,
  };
  for (const [name, options] of Object.entries(cases)) {
    const evaluator = new Evaluator(new Kernels(module), LENGTH, options);
    evaluator.setSegment(0, { dry, wet, warmupSamples: WARMUP });
    const times: number[] = [];
    for (let i = 0; i < runs + 2; i++) {
      const start = performance.now();
      evaluator.evaluate(raw, [0], 'train', true);
      if (i >= 2) times.push(performance.now() - start);
    }
    console.log(`${name.padEnd(28)} ${median(times).toFixed(1)} ms (fastest ${Math.min(...times).toFixed(1)})`);
    if (process.env['PROFILE']) profile(evaluator, raw, runs);
  }
}

/** Milliseconds by kernel. */
function profile(evaluator: Evaluator, raw: Float64Array, runs: number): void {
  const call = (evaluator as unknown as { kernels: { call: Record<string, (...a: number[]) => number> } }).kernels;
  const spent = new Map<string, number>();
  const original = call.call;
  call.call = Object.fromEntries(
    Object.entries(original).map(([name, f]) => [
      name,
      typeof f !== 'function' ? f : (...args: number[]) => {
        const start = performance.now();
        const result = f(...args);
        spent.set(name, (spent.get(name) ?? 0) + performance.now() - start);
        return result;
      },
    ]),
  );
  const start = performance.now();
  for (let i = 0; i < runs; i++) evaluator.evaluate(raw, [0], 'train', true);
  const total = (performance.now() - start) / runs;
  let sum = 0;
  for (const [name, ms] of [...spent].sort((a, b) => b[1] - a[1])) {
    sum += ms / runs;
    console.log(`    ${name.padEnd(24)} ${(ms / runs).toFixed(2)}`);
  }
  console.log(`    ${'TypeScript'.padEnd(24)} ${(total - sum).toFixed(2)}`);
  call.call = original;
}
