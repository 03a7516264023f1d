/** Plays a recording through a chain piece by piece; the output is aligned with the input (latency taken out). */
import type { RealtimeChain, RealtimeStage } from './realtime-chain.ts';

/** Samples given to the chain at once; any number gives the same result. */
const BLOCK_SAMPLES = 4096;

export class PieceRenderer {
  private readonly block: Float32Array[];
  /** Output that is still to be left out because it precedes the recording. */
  private lead: number;
  private readonly latency: number;

  /** `chain` has its settings and has not been played through. */
  constructor(
    private readonly chain: RealtimeChain,
    private readonly stage: RealtimeStage = 'final',
  ) {
    this.latency = this.lead = chain.latencyOf(stage);
    this.block = Array.from({ length: chain.channelsOf(stage) }, () => new Float32Array(BLOCK_SAMPLES));
  }

  /** What the next samples of the recording complete. Pieces are valid until the next is asked for. */
  *play(input: Float32Array): Generator<readonly Float32Array[]> {
    for (let start = 0; start < input.length; start += BLOCK_SAMPLES)
      yield* this.feed(input.subarray(start, start + BLOCK_SAMPLES));
  }

  /** The recording has ended: what it still gives, and `tailSamples` of what rings on after it. */
  *end(tailSamples: number): Generator<readonly Float32Array[]> {
    this.chain.endInput();
    const silence = new Float32Array(BLOCK_SAMPLES);
    for (let left = this.latency + tailSamples; left > 0; left -= BLOCK_SAMPLES)
      yield* this.feed(silence.subarray(0, left));
  }

  private *feed(input: Float32Array): Generator<readonly Float32Array[]> {
    this.chain.processStage(this.stage, [input], this.block, input.length);
    const skipped = Math.min(this.lead, input.length);
    this.lead -= skipped;
    if (skipped < input.length) yield this.block.map((channel) => channel.subarray(skipped, input.length));
  }
}
