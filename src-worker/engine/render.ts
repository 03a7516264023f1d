/** Renders a whole recording with the chain in real-time form. */
import type { Bypassable } from '#core/protocol/schemas.ts';
import { ChainDesigner } from './chain-design.ts';
import { PieceRenderer } from './piece-renderer.ts';
import { RealtimeChain, openStreamKernels, type RealtimeStage } from './realtime-chain.ts';

export interface RenderOptions {
  readonly sampleRateHz: number;
  /** Sound after the end of the input, in seconds; 0 unless given. */
  readonly tailSeconds?: number;
  /** Where in the chain to listen; `final` unless given. */
  readonly stage?: RealtimeStage;
  /** Effects and bands of the EQ that are bypassed from the start. */
  readonly bypassed?: readonly Bypassable[];
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
  chain.setDesign(new ChainDesigner(sampleRateHz).design(raw, bypassed));
  chain.setBypassed(bypassed, true);
  const renderer = new PieceRenderer(chain, stage);
  const tailSamples = Math.round(tailSeconds * sampleRateHz);
  const output = Array.from(
    { length: chain.channelsOf(stage) },
    () => new Float32Array(input.length + tailSamples),
  );
  let done = 0;
  const keep = (pieces: Iterable<readonly Float32Array[]>): void => {
    for (const piece of pieces) {
      output.forEach((channel, c) => {
        channel.set(piece[c]!, done);
      });
      done += piece[0]!.length;
    }
  };
  keep(renderer.play(input));
  keep(renderer.end(tailSamples));
  return output;
}
