/** Position of the direct sound as a stream; see training.ts for the law. It is the position that glides. */
import { Glide, Ramps, type Gliding } from '../glide.ts';
import { Floats, PieceBuffer, Processor, type StreamKernels } from '../processor.ts';
import { panGains } from './training.ts';

/** Gains below this are 0: cos(π/2) is not quite. */
const NO_GAIN = 1e-12;

/** The pan law's gains of a position 0..1, with exact silence on the far side of a hard pan. */
export function streamPanGains(position: number): readonly [left: number, right: number] {
  const [left, right] = panGains(position);
  return [Math.abs(left) < NO_GAIN ? 0 : left, Math.abs(right) < NO_GAIN ? 0 : right];
}

/** Gain of channel 0 (left) or 1 (right) at a position; allocates nothing. */
export function streamPanGain(position: number, channel: number): number {
  const angle = (Math.PI / 2) * position;
  return Math.SQRT2 * (channel === 0 ? Math.cos(angle) : Math.sin(angle));
}

export interface PanDesign {
  readonly position: Float64Array;
  readonly gains: Float32Array;
}

/** What the processor needs, from values in the order of `panParameters`. */
export function designPan(values: ArrayLike<number>): PanDesign {
  const position = values[0]!;
  return { position: Float64Array.of(position), gains: Float32Array.from(streamPanGains(position)) };
}

/** Mono in, stereo out, no latency. */
export class PanProcessor extends Processor<PanDesign> implements Gliding {
  readonly latencySamples = 0;
  private readonly gains: Floats;
  private readonly weights: PieceBuffer;
  private readonly ramps: readonly [Ramps, Ramps];
  private readonly glide: Glide;
  private target: PanDesign | undefined;

  constructor(kernels: StreamKernels, sampleRateHz: number, input: number | readonly PieceBuffer[] = 1) {
    super(kernels, input, 2);
    this.gains = new Floats(kernels, 2);
    this.weights = new PieceBuffer(kernels);
    this.ramps = [new Ramps(kernels, 1), new Ramps(kernels, 1)];
    this.glide = new Glide(1, sampleRateHz);
  }

  design(values: ArrayLike<number>): PanDesign {
    return designPan(values);
  }

  setDesign(design: PanDesign): void {
    this.target = design;
    this.glide.jumpTo(design.position);
    this.endGlide();
  }

  glideTo(design: PanDesign): void {
    this.target = design;
    this.glide.moveTo(design.position);
  }

  reset(): void {
    if (this.target) this.setDesign(this.target);
  }

  run(length: number): void {
    this.glide.run(length, this);
  }

  beginGlide(): void {
    for (let c = 0; c < 2; c++) this.ramps[c]!.place(0, streamPanGain(this.glide.numbers[0]!, c));
  }

  planSegment(): void {
    for (let c = 0; c < 2; c++) this.ramps[c]!.rampTo(0, streamPanGain(this.glide.numbers[0]!, c));
  }

  endGlide(): void {
    this.gains.numbers.set(this.target!.gains);
  }

  runPart(start: number, length: number): void {
    const { call } = this.kernels;
    const { isMoving, phase } = this.glide;
    const input = this.inputs[0]!.address + 4 * start;
    for (let c = 0; c < 2; c++) {
      const output = this.outputs[c]!.address + 4 * start;
      if (isMoving) {
        call.streamRamp(this.ramps[c]!.address, phase, this.weights.address, length);
        call.streamWeight(input, this.weights.address, output, length);
      } else call.streamScale(input, this.gains.address + 4 * c, output, length);
    }
  }
}
