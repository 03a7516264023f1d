/** Position of the direct sound as a stream; see training.ts for the law. */
import { Processor, type PieceBuffer, type StreamKernels } from '../processor.ts';
import { panGains } from './training.ts';

/** Gains below this are 0: cos(π/2) is not quite. */
const NO_GAIN = 1e-12;

/** The pan law's gains of a position 0..1, with exact silence on the far side of a hard pan. */
export function streamPanGains(position: number): readonly [left: number, right: number] {
  const [left, right] = panGains(position);
  return [Math.abs(left) < NO_GAIN ? 0 : left, Math.abs(right) < NO_GAIN ? 0 : right];
}

/** Mono in, stereo out, no latency. */
export class PanProcessor extends Processor {
  readonly latencySamples = 0;
  private readonly gains: number;

  constructor(kernels: StreamKernels, input: number | readonly PieceBuffer[] = 1) {
    super(kernels, input, 2);
    this.gains = kernels.allocate(2 * 4);
  }

  set(values: ArrayLike<number>): void {
    this.kernels.f32(this.gains, 2).set(streamPanGains(values[0]!));
  }

  reset(): void {
    // Nothing is remembered.
  }

  run(length: number): void {
    const input = this.inputs[0]!.address;
    this.kernels.call.streamScale(input, this.gains, this.outputs[0]!.address, length);
    this.kernels.call.streamScale(input, this.gains + 4, this.outputs[1]!.address, length);
  }
}
