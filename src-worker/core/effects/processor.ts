/**
 * The real-time side of an effect: sound goes in and comes out in pieces of any length, and the result does not depend
 * on how it is cut. Runs in a Node process and in an AudioWorklet: nothing is allocated while processing.
 *
 * The loops are kernels over a memory of their own (kernels/stream.ts). A processor owns buffers in that memory; chained
 * processors share them, so that nothing is copied between effects.
 *
 * A setting is first made into a design (plain numbers and typed arrays; this may take milliseconds, and another thread),
 * which the processor then jumps or glides to. How things glide is in glide.ts.
 */

/** The kernels of kernels/stream.ts; addresses are byte offsets, buffers are f32 and have {@link SPARE_SAMPLES}. */
export interface StreamCalls {
  streamScale(x: number, gain: number, out: number, length: number): void;
  streamAdd(a: number, b: number, out: number, length: number): void;
  streamAddScaled(a: number, b: number, gain: number, out: number, length: number): void;
  streamMultiply(a: number, b: number, gain: number, out: number, length: number): void;
  streamRepeat(sample: number, out: number, length: number): void;
  streamSubtract(a: number, b: number, out: number, length: number): void;
  streamAddWeighted(a: number, b: number, weights: number, out: number, length: number): void;
  streamWeight(x: number, weights: number, out: number, length: number): void;
  streamCrossfade(a: number, b: number, falling: number, rising: number, out: number, length: number): void;
  streamLeast(x: number, least: number, length: number): void;
  streamRamp(ramp: number, phase: number, out: number, length: number): void;
  streamWriteRing(
    ring: number,
    size: number,
    guard: number,
    position: number,
    x: number,
    length: number,
  ): void;
  streamFir(window: number, taps: number, tapCount: number, out: number, length: number): void;
  streamSixFilters(filters: number, x: number, out: number, length: number): void;
  streamFourPairFilters(filters: number, left: number, right: number, length: number): void;
  streamGlidingFilters(
    filters: number,
    count: number,
    left: number,
    right: number,
    outLeft: number,
    outRight: number,
    scratch: number,
    length: number,
  ): void;
  streamGain(state: number, x: number, scratch: number, gain: number, length: number): void;
  streamGlidingGain(
    state: number,
    ramps: number,
    phase: number,
    x: number,
    scratch: number,
    gain: number,
    length: number,
  ): void;
  streamPingPong(
    state: number,
    x: number,
    odd: number,
    even: number,
    left: number,
    right: number,
    length: number,
  ): void;
  streamGlidingPingPong(
    ramps: number,
    phase: number,
    x: number,
    odd: number,
    even: number,
    left: number,
    right: number,
    length: number,
  ): void;
  streamReverbFilter(plan: number, position: number): void;
  streamReverbFilterAgain(plan: number, filters: number, out: number): void;
  streamReverbMix(
    plan: number,
    position: number,
    done: number,
    inLeft: number,
    inRight: number,
    outLeft: number,
    outRight: number,
    length: number,
  ): void;
  streamGlidingReverbMix(
    plan: number,
    steps: number,
    phase: number,
    position: number,
    done: number,
    inLeft: number,
    inRight: number,
    outLeft: number,
    outRight: number,
    length: number,
  ): void;
}

/** One instance of the compiled kernels and its memory; engine/kernels.ts has one. */
export interface StreamKernels {
  readonly call: StreamCalls;
  /** Reserves zeroed bytes for good; may detach views made before. */
  allocate(bytes: number): number;
  f32(address: number, length: number): Float32Array;
  f64(address: number, length: number): Float64Array;
  i32(address: number, length: number): Int32Array;
  /** Tables of the batched transform of n points; `places` tells where bin k is after a forward transform. */
  batch(n: number): { readonly twiddles: number; readonly places: Int32Array };
}

/** Longest piece the kernels are given at once. */
export const MAX_PIECE_SAMPLES = 256;
/** Vectors run over the end of a piece by less than this. */
export const SPARE_SAMPLES = 32;

/** f32 numbers in the kernels' memory, zero at first. */
export class Floats {
  readonly address: number;
  private view: Float32Array;

  constructor(
    private readonly kernels: StreamKernels,
    readonly length: number,
  ) {
    this.address = kernels.allocate(length * 4);
    this.view = kernels.f32(this.address, length);
  }

  /** A view stays valid until the memory grows, which it does only while processors are being made. */
  get numbers(): Float32Array {
    if (this.view.length === 0) this.view = this.kernels.f32(this.address, this.length);
    return this.view;
  }
}

/** f64 numbers in the kernels' memory, zero at first. */
export class Doubles {
  readonly address: number;
  private view: Float64Array;

  constructor(
    private readonly kernels: StreamKernels,
    readonly length: number,
  ) {
    this.address = kernels.allocate(length * 8);
    this.view = kernels.f64(this.address, length);
  }

  /** As {@link Floats.numbers}. */
  get numbers(): Float64Array {
    if (this.view.length === 0) this.view = this.kernels.f64(this.address, this.length);
    return this.view;
  }
}

/** Room for one piece of one channel. */
export class PieceBuffer extends Floats {
  constructor(kernels: StreamKernels) {
    super(kernels, MAX_PIECE_SAMPLES + SPARE_SAMPLES);
  }

  write(source: Float32Array, start: number, length: number): void {
    const { numbers } = this;
    for (let i = 0; i < length; i++) numbers[i] = source[start + i]!;
  }

  read(target: Float32Array, start: number, length: number): void {
    const { numbers } = this;
    for (let i = 0; i < length; i++) target[start + i] = numbers[i]!;
  }
}

/**
 * The last samples of one channel, kept so that windows of them are contiguous.
 * See kernels/stream.ts for the layout.
 */
export class Ring {
  readonly size: number;
  readonly address: number;
  private readonly guard: number;
  private position = 0;

  /** Holds at least `memorySamples` before the piece in hand; windows may be `windowSamples` longer than a piece. */
  constructor(
    private readonly kernels: StreamKernels,
    memorySamples: number,
    windowSamples: number,
  ) {
    this.guard = windowSamples + MAX_PIECE_SAMPLES + SPARE_SAMPLES;
    this.size = 2 ** Math.ceil(Math.log2(memorySamples + this.guard));
    this.address = kernels.allocate((this.size + this.guard) * 4);
  }

  /** Address of the window that starts `delaySamples` before the next sample to be written. */
  windowAt(delaySamples: number): number {
    return this.address + 4 * ((this.position - delaySamples) & (this.size - 1));
  }

  write(piece: number, length: number): void {
    this.kernels.call.streamWriteRing(this.address, this.size, this.guard, this.position, piece, length);
    this.position = (this.position + length) & (this.size - 1);
  }

  /** As if every sample ever written had been the one at `sample`. */
  fill(sample: number): void {
    this.kernels.call.streamRepeat(sample, this.address, this.size + this.guard);
  }

  reset(): void {
    this.kernels.f32(this.address, this.size + this.guard).fill(0);
    this.position = 0;
  }
}

const requireRoom = (
  channels: readonly Float32Array[],
  count: number,
  length: number,
  name: string,
): void => {
  if (channels.length !== count)
    throw new RangeError(`The ${name} has ${channels.length} channels, expected ${count}.`);
  for (let c = 0; c < count; c++)
    if (channels[c]!.length < length)
      throw new RangeError(`The ${name} has room for ${channels[c]!.length} samples, asked for ${length}.`);
};

/** An effect that processes a stream. Its settings are values of its table, in its order (DSP values, not physical units). */
export abstract class Processor<Design = unknown> {
  /** The output lags the input by this much, whatever the parameters are. */
  abstract readonly latencySamples: number;
  readonly inputs: readonly PieceBuffer[];
  readonly outputs: readonly PieceBuffer[];

  /** `inputs`: how many channels, or the buffers of the effect before. */
  constructor(
    protected readonly kernels: StreamKernels,
    inputs: number | readonly PieceBuffer[],
    outputChannels: number,
  ) {
    const buffers = (count: number) => Array.from({ length: count }, () => new PieceBuffer(kernels));
    this.inputs = typeof inputs === 'number' ? buffers(inputs) : inputs;
    this.outputs = buffers(outputChannels);
  }

  /** Everything the processor needs of a setting. Allocates, and may take milliseconds. */
  abstract design(values: ArrayLike<number>): Design;

  /** Takes a setting over at once: for the time before the sound. Ends a glide. */
  abstract setDesign(design: Design): void;

  /**
   * Lets the sound move to a setting within about 30 ms (see glide.ts). May be called at any time and as often as one
   * likes: the latest setting wins. Allocates nothing. Keeps the design, which must stay as it is until another has taken
   * its place; that one is compared with it.
   */
  abstract glideTo(design: Design): void;

  /** {@link setDesign} of values. */
  set(values: ArrayLike<number>): void {
    this.setDesign(this.design(values));
  }

  /** Forgets all sound; the setting stays, a glide to it is over. The output afterwards is that of a new processor. */
  abstract reset(): void;

  /** Processes one piece of at most {@link MAX_PIECE_SAMPLES} from `inputs` to `outputs`. */
  abstract run(length: number): void;

  /** Processes `length` ≥ 1 samples of every channel. Throws a RangeError if an array is too short. */
  process(input: readonly Float32Array[], output: readonly Float32Array[], length: number): void {
    this.stream(input, output, this.outputs, length);
  }

  protected stream(
    input: readonly Float32Array[],
    output: readonly Float32Array[],
    from: readonly PieceBuffer[],
    length: number,
  ): void {
    requireRoom(input, this.inputs.length, length, 'input');
    requireRoom(output, from.length, length, 'output');
    for (let start = 0; start < length; start += MAX_PIECE_SAMPLES) {
      const piece = Math.min(MAX_PIECE_SAMPLES, length - start);
      for (let c = 0; c < input.length; c++) this.inputs[c]!.write(input[c]!, start, piece);
      this.run(piece);
      for (let c = 0; c < output.length; c++) from[c]!.read(output[c]!, start, piece);
    }
  }
}
