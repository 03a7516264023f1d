/**
 * The six filters before the compressor, one sample after another, float64 state and coefficients.
 * The filters are those of the training form; there is no deviation at any sample rate other than that of the design.
 */
import { designBiquad } from '../../signal/biquad.ts';
import { Processor, type PieceBuffer, type StreamKernels } from '../processor.ts';
import { eqFilters } from './training.ts';

const FILTERS = 6;
/** b0 b1 b2 a1 a2 s1 s2; see kernels/stream.ts. */
const NUMBERS_PER_FILTER = 7;
const COEFFICIENTS = 5;

/** Mono in, mono out, no latency. */
export class EqProcessor extends Processor {
  readonly latencySamples = 0;
  private readonly filters: number;

  constructor(
    kernels: StreamKernels,
    private readonly sampleRateHz: number,
    input: number | readonly PieceBuffer[] = 1,
  ) {
    super(kernels, input, 1);
    this.filters = kernels.allocate(FILTERS * NUMBERS_PER_FILTER * 8);
  }

  set(values: ArrayLike<number>): void {
    const state = this.state();
    eqFilters(values).forEach((settings, filter) => {
      const { b0, b1, b2, a1, a2 } = designBiquad(settings.kind, settings, this.sampleRateHz);
      state.set([b0, b1, b2, a1, a2], filter * NUMBERS_PER_FILTER);
    });
  }

  reset(): void {
    const state = this.state();
    for (let filter = 0; filter < FILTERS; filter++)
      state.fill(0, filter * NUMBERS_PER_FILTER + COEFFICIENTS, (filter + 1) * NUMBERS_PER_FILTER);
  }

  run(length: number): void {
    this.kernels.call.streamSixFilters(
      this.filters,
      this.inputs[0]!.address,
      this.outputs[0]!.address,
      length,
    );
  }

  private state(): Float64Array {
    return this.kernels.f64(this.filters, FILTERS * NUMBERS_PER_FILTER);
  }
}
