/** How many times faster than real time the chain in real-time form runs: one thread, mono in, stereo out, 44.1 kHz. */
import { neutralRaw, parameterIndex, parametersUnder, rawToValues } from '#core/chain/parameters.ts';
import { CompProcessor } from '#core/effects/comp/realtime.ts';
import { DelayProcessor } from '#core/effects/delay/realtime.ts';
import { EqProcessor } from '#core/effects/eq/realtime.ts';
import { FdnProcessor } from '#core/effects/fdn/realtime.ts';
import { PanProcessor } from '#core/effects/pan/realtime.ts';
import type { Processor } from '#core/effects/processor.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { RealtimeChain, openStreamKernels } from '#engine/realtime-chain.ts';
import { heading, median, row } from './timing.ts';

const SAMPLE_RATE_HZ = 44_100;
/** An AudioWorklet's block. */
const BLOCK_SAMPLES = 128;
const SECONDS = 4;
/** A new setting 60 times a second, like a knob that is being turned. */
const BLOCKS_PER_GLIDE = 6;
const RUNS = 9;

export interface RealtimeSpeed {
  readonly name: string;
  /** Median over the runs. */
  readonly timesRealTime: number;
}

/** `before`: called ahead of every block. */
function measure(processor: Processor, before: (block: number) => void = () => undefined): number {
  const input = processor.inputs.map(() =>
    Float32Array.from({ length: BLOCK_SAMPLES }, (_, n) => 0.3 * Math.sin(n * n)),
  );
  const output = processor.outputs.map(() => new Float32Array(BLOCK_SAMPLES));
  const blocks = Math.round((SECONDS * SAMPLE_RATE_HZ) / BLOCK_SAMPLES);
  const run = (): number => {
    const start = performance.now();
    for (let block = 0; block < blocks; block++) {
      before(block);
      processor.process(input, output, BLOCK_SAMPLES);
    }
    return (1000 * SECONDS) / (performance.now() - start);
  };
  run();
  return median(Array.from({ length: RUNS }, run));
}

/** Measures the chain and every effect, and prints a line for each. */
export async function benchRealtime(): Promise<RealtimeSpeed[]> {
  heading('Real-time form on one core, stereo at 44.1 kHz, times faster than real time');
  const raw = neutralRaw();
  raw[parameterIndex('comp.lookahead')] = 3.3;
  for (const index of parametersUnder('fdn.output')) raw[index] = 0.3;
  const values = Array.from(rawToValues(raw));
  const valuesUnder = (selector: string) => parametersUnder(selector).map((index) => values[index]!);
  const kernels = openStreamKernels(await loadKernelModule());
  const processors: readonly (readonly [string, Processor, readonly number[]])[] = [
    ['chain', new RealtimeChain(kernels, SAMPLE_RATE_HZ), values],
    ['eq', new EqProcessor(kernels, SAMPLE_RATE_HZ), valuesUnder('eq')],
    ['comp', new CompProcessor(kernels, SAMPLE_RATE_HZ), valuesUnder('comp')],
    ['delay', new DelayProcessor(kernels, SAMPLE_RATE_HZ), valuesUnder('delay').slice(1)],
    ['fdn', new FdnProcessor(kernels, SAMPLE_RATE_HZ), valuesUnder('fdn')],
    ['pan', new PanProcessor(kernels, SAMPLE_RATE_HZ), valuesUnder('pan')],
  ];
  const report = (name: string, timesRealTime: number): RealtimeSpeed => {
    row(name, `${timesRealTime.toFixed(0)} ×`);
    return { name, timesRealTime };
  };
  const still = processors.map(([name, processor, settings]) => {
    processor.set(settings);
    return report(name, measure(processor));
  });
  const gliding = processors.map(([name, processor, settings]) => {
    const designs = [0.95, 1.02].map((factor) => processor.design(settings.map((value) => value * factor)));
    const glide = (block: number): void => {
      if (block % BLOCKS_PER_GLIDE === 0) processor.glideTo(designs[(block / BLOCKS_PER_GLIDE) % 2]);
    };
    return report(`${name}, always gliding`, measure(processor, glide));
  });
  return [...still, ...gliding];
}
