/** Time of one forward and backward pass over a 12 s segment on one core, beside the float64 reference in the same run. */
import { Random } from '#core/optimise/random.ts';
import { trainingGradient } from '#core/chain/training-gradient.ts';
import { EXACT, FAST, Evaluator } from '#engine/cpu/evaluator.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { Kernels } from '#engine/kernels.ts';
import { openStart, withDamping } from '#engine/start.ts';
import { madeUpVoice } from '../src-worker/test-support/made-up-voice.ts';
import { heading, medianMs, row } from './timing.ts';

const SECONDS = 12;
const WARMUP_SAMPLES = 220_500;
const RUNS = 11;

export async function benchObjective(): Promise<void> {
  heading('One evaluation, forward and backward, of a 12 s segment on one core');
  const module = await loadKernelModule();
  const dry = madeUpVoice(SECONDS, 3);
  const wet = [madeUpVoice(SECONDS, 5), madeUpVoice(SECONDS, 8)] as const;
  const raw = withDamping(openStart(new Random(1)));
  const segment = { dry, wet, warmupSamples: WARMUP_SAMPLES };
  const measure = (options: typeof FAST): number => {
    const evaluator = new Evaluator(new Kernels(module), dry.length, options, dry.length - WARMUP_SAMPLES);
    evaluator.setSegment(0, segment);
    return medianMs(() => evaluator.evaluate(raw, [0], 'train', true), RUNS);
  };
  const fast = measure(FAST);
  const exact = measure(EXACT);
  const start = performance.now();
  trainingGradient(dry, wet, raw, { mode: 'train', warmupSamples: WARMUP_SAMPLES });
  const reference = performance.now() - start;
  row(
    'drives the fit',
    `${fast.toFixed(0)} ms`,
    `${(reference / fast).toFixed(0)} times faster than the float64 reference`,
  );
  row('exact', `${exact.toFixed(0)} ms`, `${(reference / exact).toFixed(0)} times`);
  row('float64 reference, plain TypeScript', `${reference.toFixed(0)} ms`);
}
