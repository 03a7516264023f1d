/** Renders a whole recording with the chain in real-time form. */
import type { EffectId } from '#core/protocol/schemas.ts';
import { RealtimeChain, openStreamKernels, type RealtimeStage } from './realtime-chain.ts';

/** Samples given to the chain at once; any number gives the same result. */
const BLOCK_SAMPLES = 4096;

export interface RenderOptions {
  readonly sampleRateHz: number;
  /** Sound after the end of the input, in seconds; 0 unless given. */
  readonly tailSeconds?: number;
  /** Where in the chain to listen; `final` unless given. */
  readonly stage?: RealtimeStage;
  /** Effects that are bypassed from the start. */
  readonly bypassed?: readonly EffectId[];
}

/**
 * Channels of the chain's output for a mono input, aligned with it (latency taken out), as long as input and tail.
 * As in the training form, the compressor's gain after the end of the input is that of its last sample.
 */
export function renderRealtime(
  module: WebAssembly.Module,
  input: Float32Array,
  raw: Float64Array,
  { sampleRateHz, tailSeconds = 0, stage = 'final', bypassed = [] }: RenderOptions,
): Float32Array[] {
  const chain = new RealtimeChain(openStreamKernels(module), sampleRateHz);
  chain.setRaw(raw);
  chain.setBypassed(bypassed, true);
  const length = input.length + Math.round(tailSeconds * sampleRateHz);
  const latency = chain.latencyOf(stage);
  const output = Array.from({ length: chain.channelsOf(stage) }, () => new Float32Array(length));
  const block = output.map(() => new Float32Array(BLOCK_SAMPLES));
  const silence = new Float32Array(BLOCK_SAMPLES);

  let done = 0;
  const feed = (source: Float32Array, count: number): void => {
    chain.processStage(stage, [source], block, count);
    const skip = Math.max(latency - done, 0);
    if (skip < count)
      output.forEach((channel, c) => channel.set(block[c]!.subarray(skip, count), done + skip - latency));
    done += count;
  };
  while (done < input.length)
    feed(input.subarray(done, done + BLOCK_SAMPLES), Math.min(BLOCK_SAMPLES, input.length - done));
  chain.endInput();
  while (done < length + latency) feed(silence, Math.min(BLOCK_SAMPLES, length + latency - done));
  return output;
}
